"""What a function takes and returns, for people and for `inspect`.

A calling convention gives kinds (`0rI_r`: a reference and an i64, returns a reference); the declaration, where the
module has one, gives names and MLIR types.
"""

from __future__ import annotations

import inspect
import keyword
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from .dtypes import dtype_of, element_type_named
from .uses import parse_uses

_SCALARS = {"i": "int", "I": "int", "f": "float", "F": "float"}
_DTYPES = {"i": "int32", "I": "int64", "f": "float32", "F": "float64"}
_TENSOR = re.compile(r"tensor<(?:([0-9?x]*)x)?([A-Za-z][A-Za-z0-9]*(?:<f(?:32|64)>)?)(?:,.*)?>")

Item = str | tuple[str, ...]
"""One argument's kind, or those of the tuples of a span."""


_ASYNC = "$async"
OUT = "out"
"""What no parameter of a module's function is called: where the caller wants results."""


def is_real(name: str, names: Container[str]) -> bool:
    """Whether an export is for callers: not a hook of the runtime, nor the asynchronous half of another one."""
    return not name.startswith("__") and not (name.endswith(_ASYNC) and name.removesuffix(_ASYNC) in names)


class Argument(NamedTuple):
    """An input or an output of a function."""

    name: str
    """As the model has it."""
    dtype: np.dtype[Any] | None
    """Of its elements; None where that is not known, or for what is no array or number."""
    shape: tuple[int | str | None, ...] | None
    """Sizes, with the name or None for one that is open; () for a number, None where it is not known."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON; the element type by its numpy name."""
        dtype = None if self.dtype is None else self.dtype.name
        return {"name": self.name, "dtype": dtype, "shape": None if self.shape is None else list(self.shape)}


class Declared(NamedTuple):
    """A function as its author wrote it; arguments and results are (name, MLIR type) pairs."""

    is_async: bool
    arguments: tuple[tuple[str, str], ...]
    results: tuple[tuple[str, str], ...]
    text: str = ""
    dims: tuple[tuple[str, ...], ...] = ()
    """Names of the dimensions of arguments and then of results, "" for those without one; empty where none has."""


class Convention(NamedTuple):
    """A parsed calling convention."""

    arguments: tuple[Item, ...]
    results: tuple[str, ...]


def parse_convention(text: str) -> Convention:
    """Parse a convention, which the verifier has found well-formed."""
    arguments, _, results = text[1:].partition("_")
    items: list[Item] = []
    for match in re.finditer(r"C([^D]*)D|([iIfFr])", arguments):
        items.append(match[2] or tuple(match[1]))
    return Convention(tuple(items), tuple(results.replace("v", "")))


def tensor_element_type(mlir: str) -> int | None:
    """The element type of a tensor type; None for other types."""
    match = _TENSOR.fullmatch(mlir)
    return element_type_named(match[2]) if match else None


def argument(name: str, kind: str, mlir: str, dims: tuple[str, ...] = ()) -> Argument:
    """What is known about a value of this kind and type, whose dimensions may have names."""
    if kind != "r":
        return Argument(name, np.dtype(_DTYPES[kind]), ())
    match, element_type = _TENSOR.fullmatch(mlir), tensor_element_type(mlir)
    if match is None or element_type is None:
        return Argument(name, None, None)
    sizes = [size for size in (match[1] or "").split("x") if size]
    named = dims if len(dims) == len(sizes) else ("",) * len(sizes)
    shape = tuple(int(size) if size != "?" else label or None for size, label in zip(sizes, named, strict=True))
    return Argument(name, dtype_of(element_type), shape)


def python_type(kind: str, mlir: str, *, result: bool = False) -> str:
    """The annotation for a value of this kind and declared type."""
    if kind != "r":
        return _SCALARS[kind]
    element_type = tensor_element_type(mlir)
    if element_type is None:
        return {"!vm.buffer": "VmBuffer", "!vm.list": "VmList"}.get(mlir.partition("<")[0], "Any")
    if not result:
        return "ArrayLike"
    dtype = dtype_of(element_type)
    known = dtype.kind in "biufc" and dtype.isbuiltin == 1
    return f"NDArray[np.{'bool_' if dtype.kind == 'b' else dtype.name}]" if known else "NDArray[Any]"


def identifiers(names: Iterable[str], taken: Sequence[str] = ()) -> list[str]:
    """Python identifiers for names that may be any text; all different, and none of `taken`."""
    used = set(taken)
    chosen: list[str] = []
    for name in names:
        base = re.sub(r"\W", "_", name, flags=re.ASCII) or "_"
        base = f"_{base}" if base[0].isdigit() else base
        candidate = f"{base}_" if keyword.iskeyword(base) or base in used else base
        count = 2
        while candidate in used:
            candidate, count = f"{base}_{count}", count + 1
        used.add(candidate)
        chosen.append(candidate)
    return chosen


class Shape(NamedTuple):
    """A function's parameters and results, as calls need them."""

    kinds: tuple[str, ...]
    """Of the values a caller passes."""
    types: tuple[str, ...]
    """Their declared MLIR types, "" where unknown."""
    results: tuple[str, ...]
    result_types: tuple[str, ...]
    fences: int
    """Null references to add after the caller's arguments: an async function's wait and signal fences."""
    names: tuple[str, ...]
    """The parameters' Python names."""
    inputs: tuple[Argument, ...]
    outputs: tuple[Argument, ...]

    def copied(self, uses: str, names: Sequence[str]) -> str:
        """Which arguments of these names a call copies first, in words; nothing if none is."""
        parsed = parse_uses(uses, len(self.kinds) + self.fences, len(self.results))
        of_memory = [name if kind == "r" else "" for name, kind in zip(names, self.kinds, strict=True)]
        return parsed.copied([*of_memory, *[""] * self.fences])

    def signature(self) -> inspect.Signature:
        """The signature `help` and `inspect` show."""
        parameters = [
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=python_type(kind, mlir))
            for name, kind, mlir in zip(self.names, self.kinds, self.types, strict=True)
        ]
        if self.takes_out:
            kind, annotation = inspect.Parameter.KEYWORD_ONLY, f"{self.return_type()} | None"
            parameters.append(inspect.Parameter(OUT, kind, default=None, annotation=annotation))
        return inspect.Signature(parameters, return_annotation=self.return_type())

    @property
    def takes_out(self) -> bool:
        """Whether results can be written to arrays of the caller."""
        return bool(self.outputs) and not any(self.without_array())

    def without_array(self) -> Iterator[str]:
        """The names of results that are not arrays."""
        for kind, item in zip(self.results, self.outputs, strict=True):
            if kind != "r" or item.dtype is None:
                yield item.name

    def return_type(self) -> str:
        """The annotation of what a call returns."""
        each = [
            python_type(kind, mlir, result=True) for kind, mlir in zip(self.results, self.result_types, strict=True)
        ]
        if len(each) > 1:
            return f"tuple[{', '.join(each)}]"
        return each[0] if each else "None"


def described(text: str, memory: str) -> str:
    """A docstring: what the module says of a function, and what becomes of the memory of its arguments."""
    return f"{text}\n\n{memory}" if memory else text


def shape_of(convention: str, declared: Declared | None) -> Shape:
    """Join convention and declaration; a declaration that does not fit the convention is ignored."""
    parsed = parse_convention(convention)
    kinds = tuple(item if isinstance(item, str) else "r" for item in parsed.arguments)
    results = parsed.results
    fences = 2 if declared and declared.is_async and kinds[-2:] == ("r", "r") else 0
    visible = kinds[: len(kinds) - fences]
    if not declared or len(declared.arguments) != len(visible) or len(declared.results) != len(results):
        declared = Declared(
            False,
            tuple((f"arg{k}", "") for k in range(len(kinds))),
            tuple((f"result{k}", "") for k in range(len(results))),
        )
        visible, fences = kinds, 0
    names = tuple(identifiers((name for name, _ in declared.arguments), (OUT,)))
    types = tuple(mlir for _, mlir in declared.arguments)
    result_types = tuple(mlir for _, mlir in declared.results)
    dims = declared.dims if len(declared.dims) == len(types) + len(results) else ((),) * (len(types) + len(results))
    described = [
        argument(name, kind, mlir, each)
        for (name, mlir), kind, each in zip(declared.arguments + declared.results, visible + results, dims, strict=True)
    ]
    arguments, made = tuple(described[: len(types)]), tuple(described[len(types) :])
    return Shape(visible, types, results, result_types, fences, names, arguments, made)
