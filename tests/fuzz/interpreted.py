"""Accepted modules in an interpreter that reports its coverage: what the fuzzing target `interpreter` runs."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache

from tests.fuzz import bundle
from tests.fuzz.guard import LATE, compile_guard, guarded
from tests.fuzz.trial import behaviour, stand_ins
from transpile.container import Module
from transpile.interp import open_module
from transpile.interp.library import compile_interpreter
from transpile.loader import check_bound
from transpile.native.build import Options
from transpile.native.toolchain import find_compiler
from transpile.program import Program
from transpile.signatures import declarations

BUDGET = 0.05
FLAGS = "-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined -g"


def run(module: Module) -> None:
    """Call the module's exports, if all calls come to an end."""
    if not _late(module):
        behaviour(lambda: _program(module))


def _late(module: Module) -> bool:
    """Whether a call takes too long: tried in another process, since none can be left.

    What else befalls that process befalls this one next, which is the one that reports it.
    """
    number = os.fork()
    if number == 0:
        with suppress(BaseException):
            behaviour(lambda: _program(module, BUDGET))
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) == LATE


def _program(module: Module, seconds: float | None = None) -> Program:
    imports = stand_ins(module)
    check_bound(module, imports)
    library = open_module(module, instrumented())
    return Program(guarded(library, seconds) if seconds else library, declarations(module), imports)


@lru_cache(maxsize=1)
def instrumented() -> Options:
    """Flags with which the interpreter is instrumented; the sanitizers' library is the fuzzer's."""
    return replace(bundle.OPTIONS, compiler=find_compiler({"CC": f"clang {FLAGS}"}))


def compile_instrumented() -> None:
    """Compile what `run` needs, in a process without the sanitizers' libraries."""
    compile_guard()
    compile_interpreter(instrumented())
