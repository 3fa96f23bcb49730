"""Runs modules in both engines, in a process with the sanitizers' libraries: `Runner` starts it and talks to it.

The process forks one child for a job.  A child that dies tells, by the module it was at and by the signal, what
happened: SIGPROF is the end of a module's budget of processor time, anything else is a crash.  The rest of the job goes
on in a new child.
"""

from __future__ import annotations

import copy
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from tests.fuzz import bundle
from tests.fuzz.trial import behaviour, stand_ins
from transpile import container
from transpile.container import Module
from transpile.errors import TranspileError
from transpile.interp import open_interpreter, open_module
from transpile.interp.library import compile_interpreter, interpreter_cdef
from transpile.loader import check_bound, declarations
from transpile.program import Program, open_library
from transpile.toolchain import find_compiler
from transpile.verify import check

BUDGET, PATIENCE = 0.15, 2.0
"""Seconds of processor time for a module in an engine; the second when the other engine has come to an end."""
ENGINES = ("interpreter", "c")
INTERPRETER = replace(bundle.OPTIONS, optimize="speed", sanitize=True)
ROOT = Path(__file__).parents[2]


class Verdict(NamedTuple):
    """What became of a module: equal, endless (in both engines), different or crash; and its lines or their reason."""

    kind: str
    lines: list[str]


@dataclass(frozen=True)
class Job:
    """Modules, and a library with all of them in this order; None where they were refused before they were compiled."""

    library: Path | None
    images: list[bytes]

    def module(self, place: int) -> Module:
        """A module, verified."""
        module = container.load(self.images[place])
        check(module)
        return module

    def program(self, module: Module, place: int, engine: str) -> Callable[[], Program]:
        """What makes an instance; decoding is behind it."""
        imports = stand_ins(module)
        if engine == "c":
            return lambda: self._compiled(module, place, imports)
        with suppress(TranspileError):
            open_module(module, INTERPRETER)
        return lambda: open_interpreter(module, imports=imports, options=INTERPRETER)

    def _compiled(self, module: Module, place: int, imports: dict[str, Callable[..., object]]) -> Program:
        check_bound(module, imports)
        library = copy.copy(open_library(str(self.library), bundle.cdef(), bundle.PREFIX))
        library.module = library.lib.fuzz_modules[place]
        return Program(library, declarations(module), imports)


class Runner:
    """The process, seen from the one that makes the modules."""

    def __init__(self) -> None:
        compile_interpreter(INTERPRETER)  # here, where the compiler does not get the sanitizers' libraries as well
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.runner"],
            cwd=ROOT,
            env={**os.environ, **_sanitized()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def run(self, job: Job) -> list[Verdict]:
        """The verdicts on a job's modules."""
        assert self.process.stdin and self.process.stdout
        with tempfile.NamedTemporaryFile(suffix=".job") as file:
            pickle.dump(job, file)
            file.flush()
            self.process.stdin.write(f"{file.name}\n".encode())
            self.process.stdin.flush()
            return [Verdict(*row) for row in json.loads(self.process.stdout.readline())]

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def sanitizer_library() -> Path | None:
    """The address sanitizer's library, where the compiler is gcc and has it."""
    compiler = find_compiler()
    if compiler.kind != "gcc":
        return None
    command = [*compiler.command, "-print-file-name=libasan.so"]
    path = Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
    return path if path.is_file() else None


def _sanitized() -> dict[str, str]:
    """The environment of a process whose libraries are instrumented.

    Python itself leaks.  One allocation is limited, so that what the system would grant does not matter.
    """
    options = "detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=64:handle_segv=0:abort_on_error=1"
    preload = str(sanitizer_library() or "")
    return {
        "LD_PRELOAD": preload,
        "ASAN_OPTIONS": options,
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONMALLOC": "malloc",
    }


# ---- the process ---------------------------------------------------------------------------------------------------


def _verdicts(job: Job) -> Iterator[Verdict]:
    place = 0
    while place < len(job.images):
        child = _Child(job, range(place, len(job.images)), ENGINES, BUDGET)
        for lines in child.finished():
            yield _compared(*lines)
            place += 1
        if place < len(job.images):
            yield _after_death(job, place, child)
            place += 1


def _compared(mine: list[str], emitted: list[str]) -> Verdict:
    if mine == emitted or (mine[0].startswith("refused") and emitted[0].startswith("refused")):
        return Verdict("equal", mine)
    pairs = [*zip(mine, emitted, strict=False), (f"{len(mine)} lines", f"{len(emitted)} lines")]
    different = next((a, b) for a, b in pairs if a != b)
    return Verdict("different", [f"interpreter: {different[0]}", f"C: {different[1]}"])


def _after_death(job: Job, place: int, child: _Child) -> Verdict:
    """What to say of the module a child was at when it died."""
    if child.signal != signal.SIGPROF:
        return Verdict("crash", [f"{child.engine}: signal {child.signal}", *child.errors()])
    other = next(engine for engine in ENGINES if engine != child.engine)
    found = {other: _alone(job, place, other, BUDGET)}
    if found[other] == "endless":
        return Verdict("endless", [])
    found[child.engine] = _alone(job, place, child.engine, PATIENCE)
    if found[child.engine] == "endless":
        return Verdict("endless in one engine", [f"{child.engine} does not end, {other} does", str(found[other])])
    crashed = [f"{engine}: {value}" for engine, value in found.items() if isinstance(value, str)]
    if crashed:
        return Verdict("crash", crashed)
    return _compared(*(found[engine] for engine in ENGINES))  # type: ignore[arg-type]


def _alone(job: Job, place: int, engine: str, budget: float) -> list[str] | str:
    """A module's lines in one engine; "endless" or a signal if it does not come so far."""
    child = _Child(job, range(place, place + 1), (engine,), budget)
    for (lines,) in child.finished():
        return lines
    return "endless" if child.signal == signal.SIGPROF else f"signal {child.signal} {' '.join(child.errors())}"


class _Child:
    """A forked process that goes through modules."""

    def __init__(self, job: Job, places: range, engines: tuple[str, ...], budget: float) -> None:
        self.log = tempfile.TemporaryFile()
        self.engine, self.signal = "", 0
        reading, writing = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            os.close(reading)
            os.dup2(self.log.fileno(), 2)
            with os.fdopen(writing, "w") as out:
                _work(job, places, engines, budget, lambda value: print(json.dumps(value), file=out, flush=True))
            os._exit(0)
        os.close(writing)
        self.pipe = os.fdopen(reading)

    def finished(self) -> Iterator[list[list[str]]]:
        """The lines of each module that was finished, by engine."""
        for line in self.pipe:
            if not line.endswith("\n"):
                break
            value = json.loads(line)
            if isinstance(value, str):
                self.engine = value
            else:
                yield value
        self.pipe.close()
        _, status = os.waitpid(self.process, 0)
        self.signal = os.waitstatus_to_exitcode(status)
        self.signal = -self.signal if self.signal < 0 else self.signal

    def errors(self) -> list[str]:
        """The first lines that the child has written to its standard error."""
        self.log.seek(0)
        return self.log.read(6000).decode(errors="replace").splitlines()[:40]


def _work(job: Job, places: range, engines: tuple[str, ...], budget: float, tell: Callable[[object], None]) -> None:
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    for place in places:
        module, found = job.module(place), []
        for engine in engines:
            tell(engine)
            found.append(_within(budget, job, module, place, engine))
        tell(found)


def _within(budget: float, job: Job, module: Module, place: int, engine: str) -> list[str]:
    """A module's lines; the end of the process if they take longer."""
    if engine == "c" and job.library is None:
        return ["refused before it was compiled"]
    program = job.program(module, place, engine)
    signal.setitimer(signal.ITIMER_PROF, budget)
    lines = behaviour(program)
    signal.setitimer(signal.ITIMER_PROF, 0)
    return lines


def main() -> None:
    open_library(compile_interpreter(INTERPRETER), interpreter_cdef(), "interp")
    for line in sys.stdin:
        with open(line.strip(), "rb") as file:
            job = pickle.load(file)
        print(json.dumps(list(_verdicts(job))), flush=True)


if __name__ == "__main__":
    from tests.fuzz import runner  # jobs name their class by this module, not by __main__

    runner.main()
