"""The interpreter as a compiled library, and decoded modules as libraries for `Program`.

The interpreter is compiled once for a set of flags.  A module is data: tables in memory that C reads.  Like a compiled
library it stays as long as the process, since objects of it may live anywhere; the same module again is found again.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from transpile.c.render import render
from transpile.c.types import KNOWN
from transpile.container import Module
from transpile.effects import lifted_effects
from transpile.faults import reported
from transpile.imports import NATIVE, check_imports
from transpile.interp.cases import case
from transpile.interp.encode import Code, encode
from transpile.interp.forms import forms, places
from transpile.interp.lower import Lowered, Lowering
from transpile.interp.natives import columns, natives
from transpile.interp.opcodes import opcodes
from transpile.ir.callgraph import cyclic
from transpile.ir.locations import Locations
from transpile.native.build import Options, compile_library
from transpile.native.cache import digest
from transpile.native.cdef import HEADERS, header_cdef, runtime_cdef
from transpile.nested import declared_counts, nested_modules
from transpile.opening import open_compiled
from transpile.program.library import CData, Library
from transpile.resources import CSUPPORT

PREFIX = "interp"
SOURCES = ("interp.c", "frame.c", "natives.c")
_FOLDER = CSUPPORT / "interp"


@dataclass(frozen=True)
class Generated:
    """The interpreter's C: its own files and those that follow from the tables."""

    prefix: str
    files: Mapping[str, str]
    sources: tuple[str, ...]
    constants: str = ""


@lru_cache(maxsize=1)
def generate() -> Generated:
    """All files of the interpreter."""
    files = {path.name: path.read_text(encoding="utf-8") for path in sorted(_FOLDER.iterdir())}
    cases = [case(opcode) for opcode in opcodes()]
    (at,), end = places((forms()["call_function"],))
    files["cases.inc"] = render("interp/cases.inc.j2", cases=cases, call={**at, "end": end})
    files["handlers.inc"] = render("interp/handlers.inc.j2", cases=cases)
    context = {"natives": natives(), "columns": columns(), "headers": _headers(), "types": known_types()}
    files["natives.c"] = render("interp/natives.c.j2", **context)
    return Generated(PREFIX, files, SOURCES)


def known_types() -> dict[str, str]:
    """The C names of the types that the runtime defines, by their names in modules."""
    return {**KNOWN, "!vm.list": "vm_type_list"}


def _headers() -> list[str]:
    """What declares the runtime's imports."""
    return [name for name in ("hal.h", "hal_module.h", "io_parameters.h") if (CSUPPORT / name).is_file()]


def compile_interpreter(options: Options | None = None) -> Path:
    """The interpreter's shared library, from the cache if it has been compiled before."""
    with reported("the interpreter cannot be compiled", "transpile doctor tries the compiler"):
        return compile_library(generate(), options)


def interpreter_cdef() -> str:
    """Declarations of the runtime and the interpreter for cffi."""
    headers = (CSUPPORT / "hal_executable.h", _FOLDER / "interp.h")
    own = [header_cdef(path.read_text(encoding="utf-8")) for path in headers]
    return "\n".join([runtime_cdef(HEADERS), "typedef struct vm_span vm_span;", *own])


class InterpretedLibrary(Library):
    """The interpreter's library with the description of one module."""

    memory: list[Any]
    """What the description points to."""

    def sizes(self) -> dict[str, int]:
        """Bytes of the module's constants: the library itself is for all modules."""
        return {"constants": super().sizes()["constants"]}


_open: dict[str, InterpretedLibrary] = {}


def open_module(module: Module, options: Options | None = None, *, fused: bool = True) -> InterpretedLibrary:
    """Decode a verified module for the interpreter, or find it decoded."""
    path = compile_interpreter(options)
    key = digest([str(path), str(fused), module.archive.flatbuffer, module.archive.rodata])
    if key not in _open:
        library = copy.copy(open_compiled(path, interpreter_cdef(), PREFIX))
        library.__class__ = InterpretedLibrary
        assert isinstance(library, InterpretedLibrary)
        library.memory = []
        library.module = _Description(module, library, fused).write()
        _open[key] = library
    return _open[key]


class _Description:
    """Writes a module's tables as C sees them."""

    def __init__(self, module: Module, library: InterpretedLibrary, fused: bool) -> None:
        self.module = module
        self.library = library
        self.ffi = library.ffi
        self.fused = fused
        self.memory = library.memory
        self.nested = nested_modules(module)
        self.effects = lifted_effects(module, self.nested)

    def write(self) -> CData:
        """The address of the `vm_module`."""
        lowering = Lowering(self.module)
        functions = [lowering.function(index) for index in range(len(self.module.functions))]
        table = self._functions(functions)
        program = self._new("interp_program *")
        program.functions = table
        program.natives = self._natives()
        program.strings = self._bytes(bytes(lowering.strings) or b"\0")
        program.scratch_count = max((lowered.longest_list for lowered in functions), default=0)
        for name, hook in (("__init", "initialize"), ("__deinit", "deinitialize")):
            export = self.module.export_named(name)
            if export is not None:
                setattr(program, hook, table + export.ordinal)
                setattr(program.module, hook, getattr(self.library.lib, f"interp_{hook}"))
        self._describe(program.module, table)
        return self.ffi.addressof(program, "module")

    # ---- memory ----------------------------------------------------------------------------------------------------

    def _new(self, ctype: str, *value: Any) -> CData:
        made = self.ffi.new(ctype, *value)
        self.memory.append(made)
        return made

    def _array(self, ctype: str, rows: list[Any]) -> CData:
        return self._new(f"{ctype}[]", rows or 1)

    def _bytes(self, data: Any) -> CData:
        held = self.ffi.from_buffer("uint8_t[]", data)
        self.memory.append(held)
        return self.ffi.cast("uint8_t *", held)

    def _text(self, text: str) -> CData:
        return self._new("char[]", text.encode("utf-8", "surrogateescape").partition(b"\0")[0])

    # ---- code ------------------------------------------------------------------------------------------------------

    def _functions(self, functions: list[Lowered]) -> CData:
        cyclic_ones = cyclic({index: lowered.callees for index, lowered in enumerate(functions)})
        codes = [encode(lowered, fused=self.fused) for lowered in functions]
        data = np.concatenate([code.data for code in codes]) if codes else np.zeros(1, np.uint64)
        self._link(data, codes)
        offsets = np.concatenate([code.offsets for code in codes]) if codes else np.zeros(1, np.uint32)
        first, places = self._bytes(data), self.ffi.cast("uint32_t *", self._bytes(offsets))
        rows, unit = [], 0
        for index, (lowered, code) in enumerate(zip(functions, codes, strict=True)):
            rows.append({
                "code": first + 8 * unit,
                "offsets": places + unit,
                "arguments": self._array("interp_place", [list(pair) for pair in lowered.arguments]),
                "argument_count": len(lowered.arguments),
                "word_bytes": 4 * lowered.words + -4 * lowered.words % 16,
                "ref_count": lowered.refs,
                "frame_bytes": lowered.frame_bytes if index in cyclic_ones else 0,
                "index": index,
            })  # fmt: skip
            unit += len(code.data)
        return self._array("interp_function", rows)

    def _link(self, data: Any, codes: list[Code]) -> None:
        """Put handlers where the encoder has put opcodes."""
        count = len(opcodes())
        raw = self.ffi.buffer(self.library.lib.interp_handlers(), count * self.ffi.sizeof("uintptr_t"))
        handlers = np.frombuffer(raw, np.dtype(f"u{self.ffi.sizeof('uintptr_t')}")).astype(np.uint64)
        unit = 0
        for code in codes:
            starts = code.starts + unit
            data[starts] = handlers[data[starts].astype(np.int64)]
            unit += len(code.data)

    # ---- tables ----------------------------------------------------------------------------------------------------

    def _describe(self, described: CData, table: CData) -> None:
        module = self.module
        described.name = self._text(module.name)
        described.exports = self._exports(table)
        described.imports = self._imports()
        described.rodata = self._rodata()
        described.types = self._array("vm_type *", [self._type(name or "") for name in module.types])
        described.functions = self._function_infos()
        described.export_count, described.import_count = len(module.exports), len(module.imports)
        described.rodata_count, described.type_count = len(module.rodata), len(module.types)
        described.function_count = len(module.functions)
        described.global_bytes, described.global_ref_count = module.global_bytes, module.global_refs
        described.executables = self._executables()

    def _exports(self, table: CData) -> CData:
        rows = []
        for export in self.module.exports:
            signature = self.module.signatures[export.ordinal]
            attributes = sorted(signature.attrs.items()) if signature else []
            rows.append({
                "name": self._text(export.name),
                "convention": self._text(signature.calling_convention if signature else ""),
                "uses": self._text(self.effects.uses[export.ordinal]),
                "invoke": self.library.lib.interp_invoke,
                "data": table + export.ordinal,
                "attributes": self._array("vm_attribute", [[self._text(k), self._text(v)] for k, v in attributes]),
                "attribute_count": len(attributes),
            })  # fmt: skip
        return self._array("vm_export", rows)

    def _imports(self) -> CData:
        rows = []
        for item in self.module.imports:
            convention = item.signature.calling_convention if item.signature else ""
            native = (item.full_name, convention) in NATIVE
            rows.append([self._text(item.full_name), self._text(convention), int(item.optional), int(native)])
        return self._array("vm_import", rows)

    def _natives(self) -> CData:
        numbers = {key: number for number, key in enumerate(NATIVE)}
        rows = []
        for item in self.module.imports:
            number = numbers.get((item.full_name, item.signature.calling_convention if item.signature else ""))
            rows.append(self.ffi.NULL if number is None else self.library.lib.interp_natives[number])
        return self._array("interp_native_fn", rows)

    def _rodata(self) -> CData:
        rows = [
            [self._bytes(segment.data) if len(segment.data) else self.ffi.NULL, len(segment.data), 0,
             int(number in self.effects.constants)]
            for number, segment in enumerate(self.module.rodata)
        ]
        return self._array("vm_rodata", rows)

    def _executables(self) -> CData:
        """Nested modules, interpreted as well: their exports are called with the objects IREE's loader makes."""
        nested = self.nested
        if not nested:
            return self.ffi.NULL
        rows = [self._executable(nested[n]) if n in nested else self.ffi.NULL for n in range(len(self.module.rodata))]
        return self._array("hal_executable_code *", rows)

    def _executable(self, nested: Module) -> CData:
        check_imports(nested)
        null, ordinals = self.ffi.NULL, [export.ordinal for export in nested.exports]
        kernels = [[null, *declared_counts(nested, ordinal), null, 0, ordinal] for ordinal in ordinals]
        described = _Description(nested, self.library, self.fused).write()
        return self._new("hal_executable_code *", [described, self._array("hal_kernel", kernels), len(kernels)])

    def _type(self, name: str) -> CData:
        known = known_types()
        name = "!vm.list" if name.startswith("!vm.list") else name
        if name in known:
            return self.library.lib.interp_types[list(known).index(name)]
        return self._new("vm_type *", {"name": self._text(name), "kind": self.library.lib.VM_TYPE_REF})

    def _function_infos(self) -> CData:
        locations = Locations(self.module)
        rows = []
        for index in range(len(self.module.functions)):
            places = locations.rows(index)
            found = [[offset, self.ffi.NULL if text is None else self._text(text)] for offset, text in places]
            name = self._text(self.module.function_name(index))
            rows.append([name, self._array("vm_location", found) if found else self.ffi.NULL, len(found)])
        return self._array("vm_function_info", rows)
