"""A module as a set of C files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from transpile.c.literals import comment, string
from transpile.c.names import Names, chosen_prefix, prefix_for
from transpile.c.render import render
from transpile.c.types import Types
from transpile.container import Module
from transpile.emit import embedder, exports, kernels
from transpile.emit.calls import Calls
from transpile.emit.directives import Directives, Lines, resolved
from transpile.emit.function import KERNEL_NAMES, FunctionEmitter, parameters
from transpile.emit.interface import Interface
from transpile.emit.lines import Offsets, Printed, PrintedNest, sources
from transpile.emit.nest_functions import NestFunctions, Version
from transpile.emit.rodata import RodataEmitter
from transpile.emit.static import emit_static
from transpile.host.static import static
from transpile.imports import check_imports
from transpile.ir import Registers
from transpile.ir.callgraph import recursive
from transpile.ir.locations import changes
from transpile.nests.find.place import Place
from transpile.nests.plan.target import Target, for_vectors, row_of, wider_than
from transpile.pipeline import Lowered, lower
from transpile.program.signature import Declared
from transpile.resources import CSUPPORT
from transpile.signatures import declarations

Optimize = Literal["speed", "size", "none"]


@dataclass(frozen=True)
class EmitOptions:
    """What to generate.

    prefix: of every public symbol and file (default: from the module's name; one with underscores is followed by
    `_x`); rodata: where large constants go;
    split_bytes: how much C text a file may hold before functions are spread over several; vector_bytes: width of the
    vectors that loop nests are written for (16, 32 or 64; the C compiles everywhere, but suits processors with these);
    target: the kind of processor instead, by its name in `transpile/nests/plan/target.py`;
    dispatch: whether to add versions for wider vectors, of which a processor runs the widest that it supports;
    lines: whether source locations are comments, or `#line` directives that lead a debugger to the source or to a
    disassembly that is written next to the C;
    supplied: names of imports that the embedding program supplies, because the runtime does not;
    static: whether to evaluate the host of the program ahead of time, which makes two files that need no runtime;
    shapes: of inputs of such a program whose sizes are open, by name;
    threads: how many do a call of such a program together, where the C is compiled with OpenMP.
    """

    prefix: str | None = None
    optimize: Optimize = "speed"
    rodata: Literal["incbin", "file", "array"] = "incbin"
    split_bytes: int = 1 << 20
    vector_bytes: int = 16
    target: str | None = None
    dispatch: bool = False
    lines: Lines = "comment"
    supplied: frozenset[str] = frozenset()
    static: bool = False
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    threads: int = 1

    @property
    def targets(self) -> tuple[Target, ...]:
        """What loop nests are written for, that which needs least first; empty if there are no optimised nests."""
        if self.optimize != "speed":
            return ()
        first = row_of(self.target) if self.target else for_vectors(self.vector_bytes)
        return (first, *wider_than(first)) if self.dispatch else (first,)


@dataclass(frozen=True)
class Output:
    """Generated files by name, and which of them are to be compiled; `places` are the loops that each function of a
    raised nest was made from, by symbol: nests that are alike share theirs."""

    prefix: str
    files: dict[str, str | bytes | memoryview]
    sources: tuple[str, ...]
    constants: str = ""  # the file that instances need at run time, if there is one
    places: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)
    uses: Mapping[str, str] = field(default_factory=dict)
    """What becomes of the memory of each export's arguments and results, as `vm_export.uses`."""
    optimize: Optimize = "speed"
    interface: Interface | None = None
    """Of a static program."""
    loops: Mapping[str, str] = field(default_factory=dict)
    """The C functions of its loops by name, each behind those that it calls."""


def emit(module: Module, options: EmitOptions | None = None) -> Output:
    """C for a verified module; UnsupportedError if it needs something that cannot be translated."""
    options = options or EmitOptions()
    check_imports(module, options.supplied)
    prefix = chosen_prefix(options.prefix) if options.prefix else prefix_for(module.name)
    if options.static:
        return _static(module, options, prefix)
    lowered = lower(module, options.targets)
    for nested in lowered.executables.values():
        check_imports(nested.module)
    return _Emission(lowered, options, prefix).output()


def _static(module: Module, options: EmitOptions, prefix: str) -> Output:
    """Two files of C."""
    declared = declarations(module)
    target = options.targets[0] if options.targets else None
    lowered = lower(module)
    for nested in lowered.executables.values():
        check_imports(nested.module)
    programs = static(lowered, target, options.shapes, declared, options.threads)
    vectors = bool(target and target.vectors)
    written = emit_static(programs, prefix, module.name, declared, vectors=vectors, threads=options.threads)
    return Output(
        prefix,
        dict(written.files),
        (f"{prefix}.c",),
        optimize=options.optimize,
        interface=written.interface,
        loops=written.loops,
    )


@dataclass(frozen=True)
class Shown:
    """The C of a module function by function, for people: nothing here is compiled.

    `nests` are the functions of raised nests by symbol, `places` the loops that each was made from; `executables` are
    the nested modules by the segment they are in.
    """

    functions: tuple[Printed, ...]
    nests: Mapping[str, PrintedNest]
    places: Mapping[str, tuple[Place, ...]]
    executables: Mapping[int, Shown]


def show(lowered: Lowered, options: EmitOptions) -> Shown:
    """What `emit` prints for a module that was lowered for the options' vectors."""
    prefix = chosen_prefix(options.prefix) if options.prefix else prefix_for(lowered.module.name)
    return _Emission(lowered, options, prefix).shown()


def runtime_sources() -> tuple[Path, ...]:
    """The C files of the runtime that every module is linked with."""
    return tuple(sorted(CSUPPORT.glob("*.c")))


class _Emission:
    """One module.  The nested ones of a program are emissions of their own, without anything public."""

    def __init__(self, lowered: Lowered, options: EmitOptions, prefix: str) -> None:
        self.lowered = lowered
        self.module = module = lowered.module
        self.options = options
        self.names = Names(prefix)
        self.registers = Registers(module)
        self.calls = Calls(module, self.names, self.registers, lowered.nested, lowered.kernels)
        self.types = Types(module, self.names)
        self.locations = lowered.locations
        self.directives = Directives(module, options.lines, f"{prefix}.vmasm")
        self.nests = NestFunctions(self.names, options.targets, lowered.loops)
        self.functions = lowered.functions
        self.effects = lowered.effects

    @cached_property
    def executables(self) -> dict[int, _Emission]:
        """The nested modules by the segment they are in."""
        return {
            number: _Emission(lowered, self._nested_options, f"{self.names.prefix}_k{number}")
            for number, lowered in self.lowered.executables.items()
        }

    @property
    def _nested_options(self) -> EmitOptions:
        """Constants of kernels are few: they stay in the library when the program's are in a file."""
        return replace(self.options, rodata="incbin") if self.options.rodata == "file" else self.options

    @cached_property
    def rodata(self) -> RodataEmitter:
        unread = kernels.unread(self.functions, self.calls, set(self.executables))
        mode = "incbin" if self.calls.nested and self.options.rodata == "file" else self.options.rodata
        return RodataEmitter(self.module, self.names, mode, unread, self.effects.constants)

    def output(self) -> Output:
        prefix = self.names.prefix
        bodies, _, held = self._bodies()
        parts = [(part, False) for part in self._split({n: text for n, text in bodies.items() if n not in held})]
        parts += [(part, True) for part in self._split({n: bodies[n] for n in sorted(held)})]
        files: dict[str, str | bytes | memoryview] = {
            f"{prefix}.h": self._header(),
            f"{prefix}_internal.h": self._internal(),
            f"{prefix}.c": self._tables(),
        }
        for version in self.nests.versions:
            files |= self._nest_files(version)
        for number, (part, is_held) in enumerate(parts):
            name = f"{prefix}_{number}.c"
            files[name] = resolved(name, self._render("c/functions.c.j2", functions=part, held=is_held))
        if self.options.lines == "bytecode":
            files[self.directives.listing] = self.directives.listing_text()
        if self.rodata.blob:
            files[self.rodata.blob] = self.rodata.blob_bytes()
        if self.rodata.header:
            files[self.rodata.header] = self._blob_header()
        places = dict(self.nests.places)
        for nested in (executable.output() for executable in self.executables.values()):
            files |= nested.files
            places |= nested.places
        constants = self.rodata.blob if self.rodata.mapped else ""
        uses = {export.name: self.effects.uses[export.ordinal] for export in reversed(self.module.exports)}
        return Output(prefix, files, tuple(name for name in files if name.endswith(".c")), constants, places, uses)

    def shown(self) -> Shown:
        """The functions, instead of the files with them."""
        bodies, made_from, _ = self._bodies()
        functions = tuple(Printed(self.calls.function(n), text, made_from[n]) for n, text in bodies.items())
        lines = {name: each for version in self.nests.versions for name, each in version.printed().items()}
        nests = {name: PrintedNest("\n".join(each), sources(each)) for name, each in lines.items()}
        inner = {number: executable.shown() for number, executable in self.executables.items()}
        return Shown(functions, nests, self.nests.places, inner)

    def _nest_files(self, version: Version) -> dict[str, str]:
        hidden = self.names.own("hidden")
        wider = [other for other in self.nests.versions if other.target and version in (other, self.nests.versions[0])]
        prototypes = [line for other in wider for line in other.prototypes(hidden)]
        mark = f"_{version.mark}_" if version.mark else ""
        return {
            f"{self.names.prefix}_nests{mark}{number}.c": self._render(
                "c/nests.c.j2",
                nests=part,
                tiles="\n".join(version.tile_prototypes(hidden)),
                wider=prototypes,
                width=version.width if version.target else 0,
            )
            for number, part in enumerate(version.files(self.options.split_bytes))
        }

    def _header(self) -> str:
        template = "c/executable.h.j2" if self.calls.nested else "c/module.h.j2"
        names = self.names
        wanted = embedder.members(self.calls)
        return self._render(
            template,
            guard=names.own("header_h"),
            code=names.own("code"),
            imports=wanted,
            import_count=len(self.module.imports),
        )

    def _bodies(self) -> tuple[dict[int, str], dict[int, dict[int, Offsets]], set[int]]:
        """The text of each function, what its lines were made from, and those whose values are not on the C stack."""
        emitter = FunctionEmitter(
            self.module,
            self.calls,
            self.types.pointer,
            self.rodata.place,
            recursive(self.functions),
            self._argument_names,
            self.locations.at,
            self.directives.place,
            self.nests,
            self.options.optimize != "none",
        )
        bodies = emitter.texts(self.functions, f"{self.names.own('hidden')} ")
        return bodies, emitter.made_from, emitter.held

    def _argument_names(self, index: int) -> list[str]:
        if index in self.calls.kernels:
            return KERNEL_NAMES
        count = len(self.registers.functions[index].arguments)
        return exports.safe_names(exports.argument_names(self._declared_by_index.get(index), count))

    def _split(self, bodies: dict[int, str]) -> list[list[str]]:
        """Functions over files by a stable hash of their names, so that a change in one touches one file."""
        files = 1 + sum(map(len, bodies.values())) // self.options.split_bytes
        parts: list[list[str]] = [[] for _ in range(files)]
        for index, body in bodies.items():
            digest = hashlib.sha256(self.calls.function(index).encode()).digest()
            parts[int.from_bytes(digest[:4], "little") % files].append(body)
        return [part for part in parts if part]

    def _internal(self) -> str:
        hidden = self.names.own("hidden")
        lines = [
            f"{hidden} vm_status {self.calls.function(index)}({', '.join(map(str, parameters(self.calls, index)))});"
            for index in (fn.index for fn in self.functions)
        ]
        return self._render(
            "c/internal.h.j2",
            guard=self.names.own("internal_h"),
            hidden=hidden,
            prototypes=[
                *self.rodata.declarations(hidden),
                *(f"{hidden} extern const hal_executable_code {name};" for name in self._codes.values()),
                *lines,
                *self.calls.arrays.declarations(hidden),
                *(line for version in self.nests.versions[:1] for line in version.prototypes(hidden)),
                *embedder.prototypes(self.calls),
            ],
        )

    def _blob_header(self) -> str:
        symbol = self.names.own("blob")
        return self._render("c/rodata.h.j2", blob=self.rodata.blob, symbol=symbol, text=self.rodata.header_text())

    def _tables(self) -> str:
        return self._render(
            "c/module.c.j2",
            own=self.names.own,
            hidden=self.names.own("hidden"),
            name=string(self.module.name),
            type_definitions=self.types.definitions(),
            types=self.types.symbols(),
            blob="" if self.rodata.mapped else self.rodata.blob,
            blob_header=self.rodata.header,
            arrays=self.rodata.arrays(),
            rodata=self.rodata.table(),
            constant_arrays=self.calls.arrays.definitions(),
            imports=embedder.describe(self.calls),
            locations=[row for row in self._locations if row["rows"]],
            functions=self._function_infos(),
            widest=self.options.targets[-1].vector_bytes if self.options.dispatch and self.options.targets else 0,
            global_bytes=self.module.global_bytes,
            global_refs=self.module.global_refs,
            initialize=exports.hook(self.module, self.calls, "__init"),
            deinitialize=exports.hook(self.module, self.calls, "__deinit"),
            executables=self._executable_table(),
            nested=self.calls.nested,
            kernels=kernels.table(self.functions, self.calls) if self.calls.nested else [],
        )

    def _executable_table(self) -> list[str]:
        """The code of each segment, NULL for those that are no modules; empty if none is."""
        if not self.executables:
            return []
        return [f"&{self._codes[n]}" if n in self._codes else "NULL" for n in range(len(self.module.rodata))]

    @cached_property
    def _declared(self) -> dict[str, Declared]:
        return {} if self.calls.nested else declarations(self.module)

    @cached_property
    def _declared_by_index(self) -> dict[int, Declared]:
        known = ((export.ordinal, self._declared.get(export.name)) for export in reversed(self.module.exports))
        return {ordinal: declared for ordinal, declared in known if declared}

    @cached_property
    def _codes(self) -> dict[int, str]:
        """Symbols of the nested modules' tables, by segment."""
        return {number: executable.names.own("code") for number, executable in self.executables.items()}

    @cached_property
    def _locations(self) -> list[dict[str, Any]]:
        """Source locations of the instructions that may fail, by function."""
        found: list[dict[str, Any]] = []
        for fn in self.functions:
            offsets = {op.offset for op in fn.ops()} | {block.end.offset for block in fn.blocks}
            offsets |= {get.offset for get in self.calls.kernels.get(fn.index, ())}
            places = changes((offset, self.locations.at(fn.index, offset)) for offset in sorted(offsets))
            rows = [(offset, "NULL" if text is None else string(text)) for offset, text in places]
            found.append({"symbol": self.names.own(f"locations{fn.index}"), "rows": rows})
        return found

    def _function_infos(self) -> list[dict[str, Any]]:
        return [
            {
                "name": string(fn.name),
                "locations": places["symbol"] if places["rows"] else "NULL",
                "count": len(places["rows"]),
            }
            for fn, places in zip(self.functions, self._locations, strict=True)
        ]

    @cached_property
    def _exports(self) -> list[dict[str, Any]]:
        return exports.describe(self.module, self.calls, self.effects, self._declared)

    def _render(self, template: str, **context: Any) -> str:
        all_exports = self._exports
        title = comment(self.module.name)[3:-3]
        listed = all_exports if template == "c/module.c.j2" else [e for e in all_exports if e["public"]]
        return render(
            template,
            prefix=self.names.prefix,
            module_symbol=self.names.own("module") if self.calls.nested else f"{self.names.prefix}_module",
            title=title,
            visible="VM_EXPORT",
            exports=listed,
            **context,
        )
