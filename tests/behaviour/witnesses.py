"""What runs a module: IREE's interpreter, and our C.

Both take and give bits: `i` and `I` as signed integers, `f` and `F` as the signed integer with the same bits.  A call
ends in a tuple of such numbers or in the name of a status code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import pytest

from tests.behaviour.edges import signed, to_bits, to_float
from transpile import container
from transpile.emit import EmitOptions, emit
from transpile.errors import Status
from transpile.native.build import Options, compile_library
from transpile.native.cdef import runtime_cdef
from transpile.native.toolchain import Optimize
from transpile.program import Library, Program, open_library
from transpile.verify import check

Outcome = tuple[int, ...] | str
Imports = Mapping[str, tuple[str, Callable[..., Any]]]
"""By "module.function": the convention, and a function that takes and gives Python numbers."""

LEVELS: tuple[Optimize, ...] = ("none", "size", "speed")
_WIDTH = {"i": 32, "I": 64}
_KIND = {"f": "f32", "F": "f64"}
_FIELD = {"i": "i32", "I": "i64", "f": "f32", "F": "f64"}
_STATUS = re.compile(r"^[^;]*:\d+: ([A-Z_]*);")


class Witness(Protocol):
    """Something that runs one module."""

    def reset(self) -> None:
        """Starts over with fresh state."""

    def call(self, name: str, arguments: Sequence[int]) -> Outcome:
        """Calls an export."""


def split(convention: str) -> tuple[str, str]:
    """Kinds of the arguments and of the results."""
    arguments, _, results = convention[1:].partition("_")
    return arguments.replace("v", ""), results.replace("v", "")


def _number(kind: str, bits: int) -> int | float:
    return to_float(bits, _KIND[kind]) if kind in _KIND else signed(bits, _WIDTH[kind])


def _bits(kind: str, value: Any) -> int:
    return to_bits(float(value), _KIND[kind]) if kind in _KIND else signed(int(value), _WIDTH[kind])


class Interpreter:
    """IREE's runtime."""

    def __init__(self, image: bytes, conventions: Mapping[str, str], imports: Imports | None = None) -> None:
        self.runtime = pytest.importorskip("iree.runtime")
        self.conventions = conventions
        self.instance = self.runtime.VmInstance()
        self.module = self.runtime.VmModule.copy_buffer(self.instance, image)
        self.imports = imports or {}
        self.functions: dict[str, Any] = {}
        self.reset()

    def reset(self) -> None:
        modules = [self._embedder(name) for name in sorted({full.split(".")[0] for full in self.imports})]
        self.context = self.runtime.VmContext(self.instance, [*modules, self.module])

    def _embedder(self, name: str) -> Any:
        members: dict[str, Any] = {"__init__": lambda self, interface: None}
        interface_members = {}
        for full, (convention, function) in self.imports.items():
            module, local = full.split(".")
            if module == name:
                members[local] = lambda self, *values, function=function: function(*values)
                interface_members[local] = convention
        made = type(name, (), members)
        interface = self.runtime.PyModuleInterface(name, made)
        for local, convention in interface_members.items():
            interface.export(local, convention, members[local])
        return interface.create()

    def call(self, name: str, arguments: Sequence[int]) -> Outcome:
        kinds, result_kinds = split(self.conventions[name])
        given = self.runtime.VmVariantList(len(kinds))
        for kind, bits in zip(kinds, arguments, strict=True):
            (given.push_float if kind in _KIND else given.push_int)(_number(kind, bits))
        taken = self.runtime.VmVariantList(len(result_kinds))
        if name not in self.functions:
            self.functions[name] = self.module.lookup_function(name)
        try:
            self.context.invoke(self.functions[name], given, taken)
        except Exception as problem:
            return _status(str(problem))
        return tuple(_bits(kind, taken.get_variant(k)) for k, kind in enumerate(result_kinds))


def _status(text: str) -> str:
    found = _STATUS.match(text.removeprefix("Error invoking function: "))
    assert found, text
    return found[1]


class Emitted:
    """Our C, compiled."""

    def __init__(
        self,
        image: bytes,
        conventions: Mapping[str, str],
        level: Optimize,
        imports: Imports | None = None,
        options: EmitOptions | None = None,
        build: Options | None = None,
    ) -> None:
        module = container.load(image)
        check(module)
        output = emit(module, options or EmitOptions(optimize=level))
        path = compile_library(output, build or Options(optimize=level, target_cpu="baseline", openmp=False))
        self.library: Library = open_library(path, runtime_cdef(), output.prefix)
        self.conventions = conventions
        self.callables = {name: function for name, (_, function) in (imports or {}).items()}
        ffi = self.library.ffi
        self.arguments, self.results = ffi.new("vm_value[]", 64), ffi.new("vm_value[]", 64)
        self.reset()

    def reset(self) -> None:
        self.program = Program(self.library, imports=self.callables)
        text = self.library.text
        self.functions = {text(item.name): item for item in self.library.exports()}

    def call(self, name: str, arguments: Sequence[int]) -> Outcome:
        kinds, result_kinds = split(self.conventions[name])
        for place, (kind, bits) in enumerate(zip(kinds, arguments, strict=True)):
            value = self.arguments[place]
            if kind in ("i", "f"):  # by its bits: a float on its way through Python would lose a signalling NaN
                value.i32 = signed(bits, 32)
            else:
                value.i64 = signed(bits, 64)
        status = self.library.lib.vm_invoke(self.program._instance, self.functions[name], self.arguments, self.results)
        if status:
            return Status(status).name if status in set(Status) else ""
        return tuple(
            self.results[k].i32 if kind in ("i", "f") else self.results[k].i64 for k, kind in enumerate(result_kinds)
        )
