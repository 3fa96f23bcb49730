"""Runs modules in both engines, in a process with the sanitizers' libraries: `Runner` starts it and talks to it.

The process forks one child for a job, which ends with it, so that nothing piles up.  If the child dies of a module or
is late with it, the rest of the job goes on in a new child.
"""

from __future__ import annotations

import copy
import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from tests.fuzz import bundle
from tests.fuzz.guard import compile_guard, guarded
from tests.fuzz.trial import behaviour, stand_ins
from tests.fuzz.worker import Died, Late, Worker
from transpile import container
from transpile.container import Module
from transpile.interp import open_module
from transpile.interp.library import compile_interpreter, interpreter_cdef
from transpile.loader import check_bound
from transpile.native.toolchain import find_compiler
from transpile.program import Library, Program, open_library
from transpile.signatures import declarations
from transpile.verify import check

BUDGET, PATIENCE = 0.05, 2.0
"""Seconds of processor time for a call; the second when the other engine has come to an end."""
ENGINES = ("interpreter", "c")
INTERPRETER = replace(bundle.OPTIONS, optimize="speed", sanitize=True, defines={"INTERP_THREADED": 1})
"""As `tests.interp.balance` compiles it, which then need not be done twice."""
ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "tests/modules/v17/softmax_vmvx.vmfb"


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

    def lines(self, place: int, engine: str, seconds: float) -> list[str]:
        """What a module does in an engine; the process ends if a call takes too long."""
        if engine == "c" and self.library is None:
            return ["refused before it was compiled"]
        module = self.module(place)
        return behaviour(lambda: self._program(module, place, engine, seconds))

    def _program(self, module: Module, place: int, engine: str, seconds: float) -> Program:
        imports = stand_ins(module)
        check_bound(module, imports)
        library = self._library(module, place, engine)
        return Program(guarded(library, seconds), declarations(module), imports)

    def _library(self, module: Module, place: int, engine: str) -> Library:
        if engine == "interpreter":
            return open_module(module, INTERPRETER)
        library = copy.copy(open_library(str(self.library), bundle.cdef(), bundle.PREFIX))
        library.module = library.lib.fuzz_modules[place]
        return library


class Runner:
    """The process, seen from the one that makes the modules."""

    def __init__(self) -> None:
        compile_guard()
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
    worker = Worker(job.lines)
    for place in range(len(job.images)):
        yield _verdict(worker, place)
    worker.close()


def _verdict(worker: Worker, place: int) -> Verdict:
    """Run a module in both engines and compare."""
    found: dict[str, list[str]] = {}
    engine = ""
    try:
        for seconds in (BUDGET, PATIENCE):
            for engine in ENGINES:
                if engine not in found:
                    with suppress(Late):
                        found[engine] = worker.ask(place, engine, seconds)
            if not found:
                return Verdict("endless", [])
    except Died as end:
        return Verdict("crash", [f"{engine}: {end.args[0]}", *end.args[1:]])
    if len(found) < len(ENGINES):
        ended = next(iter(found))
        return Verdict("endless in one engine", [f"only {ended} ends", *found[ended]])
    return _compared(*(found[engine] for engine in ENGINES))


def _compared(mine: list[str], emitted: list[str]) -> Verdict:
    if mine == emitted or (mine[0].startswith("refused") and emitted[0].startswith("refused")):
        return Verdict("equal", mine)
    pairs = [*zip(mine, emitted, strict=False), (f"{len(mine)} lines", f"{len(emitted)} lines")]
    different = next((a, b) for a, b in pairs if a != b)
    return Verdict("different", [f"interpreter: {different[0]}", f"C: {different[1]}"])


def main() -> None:
    open_library(compile_interpreter(INTERPRETER), interpreter_cdef(), "interp")
    Job(None, [EXAMPLE.read_bytes()]).lines(0, "interpreter", PATIENCE)  # what cffi parses for it no child parses again
    for line in sys.stdin:
        with open(line.strip(), "rb") as file:
            job = pickle.load(file)
        print(json.dumps(list(_verdicts(job))), flush=True)


if __name__ == "__main__":
    from tests.fuzz import runner  # jobs name their class by this module, not by __main__

    runner.main()
