"""Inputs and outputs of a program in the syntax of `iree-run-module`, and results printed as it prints them.

    4xf32=1,2,3,4      2x2xf32=[1 2][3 4]      4xf32=7      f32=1.2      123      (null)
    @a.npy  +a.npy (the next array)  *a.npy (all)      2x2xf32=@raw.bin      &4xf32 (storage for a result)

Outputs: `-` prints, `@o.npy` and `@o.bin` write, `+o.npy` and `+o.bin` append, an empty one drops the result.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import numpy as np

from transpile.elements import codec, format_element_type, parse_float, parse_integer
from transpile.errors import Status
from transpile.npy import at_end, read_exactly, read_tensor
from transpile.program import Storage, Tensor, VmBuffer, VmError, VmList, dtype_of, error_class
from transpile.program.dtypes import bit_count
from transpile.tensors import dense_length, parse_tensor, split_tensor

_PRIMITIVES = {"i": "i32", "I": "i64", "f": "f32", "F": "f64"}
MAX_ELEMENTS = 1024
"""Elements of a tensor that are printed unless asked for more."""


def parse_inputs(specs: Sequence[str], kinds: Sequence[str]) -> list[Any]:
    """Values for a function whose parameters are of these kinds; raise `VmError` with the tool's words."""
    with _Files() as files:
        values: list[Any] = []
        for spec in map(str.strip, specs):
            try:
                for value in _parse(spec, kinds, len(values), files):
                    values.append(value)
            except VmError as problem:
                problem.message = f"{problem.message}; " if problem.message else ""
                problem.message += f"parsing input `{spec}`; parsing function inputs"
                raise
        return values


def print_results(results: Sequence[Any], kinds: Sequence[str], limit: int = MAX_ELEMENTS) -> Iterator[str]:
    """Lines for results, each with its number."""
    for index, (value, kind) in enumerate(zip(results, kinds, strict=True)):
        yield f"result[{index}]: {format_value(value, kind, limit)}"


def write_results(
    results: Sequence[Any], kinds: Sequence[str], specs: Sequence[str], limit: int = MAX_ELEMENTS
) -> Iterator[str]:
    """Send each result where its specification says; yields the lines to print."""
    if len(specs) != len(results):
        message = f"{len(specs)} outputs specified but the provided variant list only has {len(results)} elements"
        raise error_class(Status.OUT_OF_RANGE)(message)
    for value, kind, spec in zip(results, kinds, specs, strict=True):
        if spec == "-":
            yield format_value(value, kind, limit)
        elif spec:
            _write(value, kind, spec)


def format_value(value: Any, kind: str = "r", limit: int = MAX_ELEMENTS) -> str:
    """One value as text; a reference has its type on a line of its own."""
    if kind != "r":
        return f"{_PRIMITIVES[kind]}={_format_primitive(value, kind)}"
    if value is None:
        return "(null)"
    if isinstance(value, Tensor):
        return f"hal.buffer_view\n{format_tensor(value, limit)}"
    if isinstance(value, VmList):
        lines = [f"child_list[{k}]: {format_value(item, _variant_kind(item), limit)}" for k, item in enumerate(value)]
        return "\n".join(["vm.list", *lines]) + "\n"
    name = "vm.buffer" if isinstance(value, VmBuffer) else value.type_name.removeprefix("!")
    return f"{name}\n(no printer)"


def format_tensor(tensor: Tensor, limit: int = MAX_ELEMENTS) -> str:
    """A tensor as `2x2xf32=[1 2][3 4]`, at most `limit` elements of it."""
    shape = "".join(f"{size}x" for size in tensor.shape)
    text = f"{shape}{format_element_type(tensor.element_type)}="
    size = (bit_count(tensor.element_type) + 7) // 8
    write = codec(tensor.element_type).write
    data = tensor.data
    left = limit

    def elements(start: int, dims: tuple[int, ...]) -> str:
        nonlocal left
        if len(dims) > 1:
            step = math.prod(dims[1:]) * size
            return "".join(f"[{elements(start + k * step, dims[1:])}]" for k in range(dims[0]))
        count = min(left, dims[0])
        left -= count
        shown = " ".join(write(data[start + k * size : start + (k + 1) * size].tobytes()) for k in range(count))
        return shown + ("..." if count < dims[0] else "")

    return text + elements(0, tensor.shape or (1,))


class _Files:
    """Files by the name they were given: `@` starts over, `+` goes on where the last one stopped."""

    def __init__(self) -> None:
        self._open: dict[str, IO[bytes]] = {}
        self._stack = ExitStack()

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def open(self, path: str, *, restart: bool) -> IO[bytes]:
        try:
            if path not in self._open:
                self._open[path] = self._stack.enter_context(Path(path).open("rb"))  # noqa: SIM115
        except OSError as problem:
            raise error_class(Status.UNKNOWN)(f"unable to open file `{path}`: {problem.strerror}") from None
        if restart:
            self._open[path].seek(0)
        return self._open[path]


def _parse(spec: str, kinds: Sequence[str], at: int, files: _Files) -> Iterator[Any]:
    if not spec:
        raise _invalid("no value specified for input")
    if spec[0] in "@+*":
        yield from _load_npy(spec, kinds, at, files)
        return
    if at >= len(kinds):
        raise _invalid("function expected fewer input values")
    kind = kinds[at]
    if spec in ("(null)", "(ignored)"):
        yield None if kind == "r" else 0
    elif spec[0] == "&":
        _expect_ref(kinds, at)
        yield Storage(_parse_tensor(spec[1:], files).data)
    elif kind != "r":
        yield _parse_primitive(spec, kind)
    elif "=" not in spec and "x" not in spec:
        raise _invalid("invalid tensor specification, requires at least a shape/type (`4x2xf32=...`)")
    else:
        yield _parse_tensor(spec, files)


def _expect_ref(kinds: Sequence[str], at: int) -> None:
    if at >= len(kinds):
        raise _invalid("function expected fewer input values")
    if kinds[at] != "r":
        message = f"function signature mismatch: expected cconv type `r` but provided type `{kinds[at]}`"
        raise _invalid(message)


def _parse_primitive(text: str, kind: str) -> int | float:
    value: int | float | None
    if kind in "iI":
        value = parse_integer(text, 32 if kind == "i" else 64)
    else:
        value = parse_float(text, 32 if kind == "f" else 64)
    if value is None:
        raise _invalid(f"parsing value `{text}` as {_PRIMITIVES[kind]}")
    return value


def _parse_tensor(text: str, files: _Files) -> Tensor:
    metadata, _, contents = text.partition("=")
    if contents[:1] not in ("@", "+") or not contents:
        return parse_tensor(text)
    element_type, shape, _ = split_tensor(metadata, excess=Status.OUT_OF_RANGE)
    file = files.open(contents[1:], restart=contents[0] == "@")
    length = dense_length(element_type, shape)
    data = read_exactly(file, length, f"a tensor of {length} bytes")
    return Tensor(np.frombuffer(bytearray(data), np.uint8), element_type, shape)


def _load_npy(spec: str, kinds: Sequence[str], at: int, files: _Files) -> Iterator[Tensor]:
    """The next array of a file, or all that are left (`*`)."""
    path = spec[1:]
    if not path.endswith(".npy"):
        message = "only numpy (.npy) files are supported for metadata-less variant I/O"
        raise error_class(Status.UNIMPLEMENTED)(message)
    file = files.open(path, restart=spec[0] == "@")
    while spec[0] != "*" or not at_end(file):
        _expect_ref(kinds, at)
        yield read_tensor(file)
        at += 1
        if spec[0] != "*":
            return


def _write(value: Any, kind: str, spec: str) -> None:
    if spec[0] not in "@+":
        raise error_class(Status.UNIMPLEMENTED)(f"unsupported output mode specification '{spec}'")
    array = _as_array(value, kind)
    try:
        with Path(spec[1:]).open("wb" if spec[0] == "@" else "ab") as file:
            if spec.endswith(".npy"):
                np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)
            else:
                file.write(array.tobytes())
    except OSError as problem:
        raise error_class(Status.UNKNOWN)(f"unable to write file `{spec[1:]}`: {problem.strerror}") from None


def _as_array(value: Any, kind: str) -> np.ndarray[Any, Any]:
    """What a file holds of a value: primitives as arrays of rank 0, buffers as bytes, null as no bytes."""
    if kind != "r":
        return np.array(value, {"i": np.int32, "I": np.int64, "f": np.float32, "F": np.float64}[kind])
    if value is None:
        return np.empty(0, np.int8)
    if isinstance(value, VmBuffer):
        return np.frombuffer(bytes(value), np.int8)
    if isinstance(value, Tensor):
        if value.element_type & 7:
            return value.data
        return value.data.view(dtype_of(value.element_type)).reshape(value.shape)
    message = "unsupported output source type; expected: !hal.buffer, !hal.buffer_view, !vm.buffer"
    raise _invalid(message)


def _format_primitive(value: int | float, kind: str) -> str:
    if kind in "iI":
        return str(value)
    if math.isnan(value) and math.copysign(1.0, value) < 0:
        return "-nan"
    return f"{value:g}"


def _variant_kind(value: Any) -> str:
    return "I" if isinstance(value, int) else "F" if isinstance(value, float) else "r"


def _invalid(message: str) -> VmError:
    return error_class(Status.INVALID_ARGUMENT)(message)
