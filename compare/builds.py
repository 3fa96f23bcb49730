"""Libraries that legs run, and what making them costs."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from compare import iree_tools
from compare.engines import ByHand, Compiled, StaticForm, Unavailable
from compare.leg import Facts
from compare.machine import processor
from compare.placement import shift_source
from transpile.container import Module
from transpile.emit import EmitOptions, Output, emit
from transpile.emit.static import emit_static
from transpile.errors import TranspileError
from transpile.host.static import Static
from transpile.native.build import Options, compile_library
from transpile.native.cache import Cache, digest
from transpile.native.cdef import runtime_cdef
from transpile.native.toolchain import DISPATCH, Compiler, Optimize, find_compiler, flags, nest_target
from transpile.nests.plan.target import Target
from transpile.program.dtypes import dtype_of
from transpile.signatures import declarations


@dataclass(frozen=True)
class Level:
    """How C is generated and how it is compiled.

    `literal` is the C without loop transformations, compiled as fast code is; `relaxed` need not have the reference's
    bits.
    """

    emitted: Optimize
    compiled: Optimize
    relaxed: bool = False

    @property
    def name(self) -> str:
        """As it is shown."""
        name = self.emitted if self.emitted == self.compiled else "literal"
        return f"{name}, relaxed" if self.relaxed else name


LEVELS: tuple[Level, ...] = (Level("speed", "speed"), Level("size", "size"), Level("none", "none"))
RELAXED = Level("speed", "speed", relaxed=True)
LITERAL = Level("size", "speed")
_SHIFT = "shift.c"


def emitted(module: Module, level: Level, target_cpu: str, compiler: Compiler | None = None) -> Output:
    """The module as C, with vectors as wide as those of the processor it is for, as `transpile.load` makes it."""
    target = nest_target(compiler or find_compiler(), target_cpu).name
    return emit(module, EmitOptions(optimize=level.emitted, target=target, dispatch=target_cpu == DISPATCH))


def compiled(
    module: Module,
    level: Level,
    facts: Facts,
    target_cpu: str = "native",
    compiler: Compiler | None = None,
    shift: int = 0,
) -> Compiled:
    """The module as a library, its code so many bytes further on; the time is noted if it was not in the cache."""
    options = Options(optimize=level.compiled, target_cpu=target_cpu, relaxed=level.relaxed, compiler=compiler)
    started = time.perf_counter()
    try:
        output = emitted(module, level, target_cpu, compiler)
        if shift:
            files, sources = {**output.files, _SHIFT: shift_source(shift)}, (_SHIFT, *output.sources)
            output = replace(output, files=files, sources=sources)
        library = compile_library(output, options)
    except TranspileError as problem:
        raise Unavailable(str(problem)) from problem
    facts.compile_seconds = time.perf_counter() - started
    return Compiled(library, runtime_cdef(), output.prefix, declarations(module))


def static_target(level: Optimize) -> Target | None:
    """What loops of a static program are planned for: this machine, or nothing."""
    return nest_target(find_compiler(), "native") if level == "speed" else None


def static_form(module: Module, program: Static, level: Optimize, facts: Facts) -> StaticForm:
    """A static program as a library for this machine, or found in the cache; the threads of the facts are those that it
    was planned for."""
    compiler, target = find_compiler(), static_target(level)
    vectors = bool(target and target.vectors)
    written = emit_static([program], "model", module.name, {}, vectors=vectors, threads=facts.threads)
    files, (entry,) = written.files, written.interface.entries
    chosen = flags(compiler, level)
    key = digest(["static", *files.values(), str(compiler), *chosen.compile, *chosen.link, processor()])

    def compile_there(folder: Path) -> None:
        started = time.perf_counter()
        for name, text in files.items():
            (folder / name).write_text(text)
        command = [*compiler.command, *chosen.compile, *chosen.module, "-fvisibility=default", "model.c"]
        subprocess.run([*command, "-o", "model.so", *chosen.link], check=True, cwd=folder)
        (folder / "seconds").write_text(f"{time.perf_counter() - started}")

    library = Cache().fetch(key, "model.so", compile_there)
    facts.compile_seconds = float(library.with_name("seconds").read_text())
    schedule = program.schedule
    numbers = tuple(dtype_of(view.element_type).str if view.is_number else "" for view in schedule.inputs)
    results = tuple((dtype_of(view.element_type).str, view.shape) for view in schedule.outputs)
    state = (entry.state.bytes, entry.state.init) if entry.state else (0, "")
    return StaticForm(library, entry.symbol, program.arena.bytes, numbers, results, *state)


def by_hand(source: Path, prototype: str, results: tuple[str, ...], shift: int) -> ByHand:
    """A C file compiled with the compiler and the flags that literal C gets, its code so many bytes further on."""
    compiler = find_compiler()
    chosen = flags(compiler, LITERAL.compiled)
    digest = hashlib.sha256(source.read_bytes() + repr((compiler, chosen, shift)).encode()).hexdigest()[:16]
    library = Path(tempfile.gettempdir(), f"compare-{digest}.so")
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        before = Path(folder, _SHIFT)
        before.write_text(shift_source(shift))
        command = [*compiler.command, *chosen.compile, "-fvisibility=default", str(before), str(source)]
        subprocess.run([*command, "-o", str(library), *chosen.link], check=True)
    return ByHand(library, prototype, prototype.partition("(")[0].split()[-1], results)


def iree_compile(source: Path, target: Path, flags: tuple[str, ...]) -> float:
    """Compile an MLIR source with IREE's compiler; seconds it took."""
    try:
        from iree.compiler.tools import CompilerToolError, compile_file  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        raise Unavailable("iree-base-compiler is not installed") from None
    started = time.perf_counter()
    try:
        compile_file(str(source), output_file=str(target), extra_args=list(flags))
    except CompilerToolError as problem:
        raise Unavailable(f"iree-compile failed: {str(problem).strip()[:300]}") from None
    return time.perf_counter() - started


def native(source: Path, facts: Facts) -> Path:
    """An MLIR source compiled by IREE for this machine's processor, or found in the cache; the time is that of the
    compilation in either case."""
    parts = ("native", *iree_tools.NATIVE, iree_tools.compiler_version() or "", processor())
    key = digest([*parts, source.read_bytes()])

    def compile_there(folder: Path) -> None:
        took = iree_compile(source, folder / "native.vmfb", iree_tools.NATIVE)
        (folder / "seconds").write_text(f"{took}")

    path = Cache().fetch(key, "native.vmfb", compile_there)
    facts.compile_seconds = float(path.with_name("seconds").read_text())
    return path
