"""The test modules in the interpreter under the address and undefined-behaviour sanitizers, counting allocations."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.interp.balance import Counter, counted
from tests.interp.engines import ENGINES
from tests.support.modules import build_module, function
from transpile import container
from transpile.interp import open_module
from transpile.native.toolchain import find_compiler
from transpile.program import VmError

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("engine", ["threaded", pytest.param("switch", marks=pytest.mark.slow)])
def test_clean_under_the_sanitizers(engine: str) -> None:
    compiler = find_compiler()
    found = subprocess.run(
        [*compiler.command, "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
    )
    library = found.stdout.strip()
    if compiler.kind != "gcc" or not Path(library).is_file():
        pytest.skip("gcc's address sanitizer is not installed")
    # Python itself leaks; the counting allocator finds what our code does not give back.
    options = {"LD_PRELOAD": library, "ASAN_OPTIONS": "detect_leaks=0", "PYTHONMALLOC": "malloc"}
    command = [sys.executable, "-m", "tests.interp.balance", engine]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **options}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]


def test_every_allocation_of_a_recursion_may_fail() -> None:
    """Frames come in pieces; whichever cannot be had, the call fails and nothing is lost."""
    code = ["entry", ("const.i32", 1, 2), ("cond_br", 0, "deeper", (), "end", ()), "deeper", ("sub.i32", 0, 2, 0)]
    code += [("call", 0, (0,), (3,)), ("return", (3,)), "end", ("return", (0,))]
    module = container.load(build_module([function(*code, convention="0i_i", words=200, export="f")]))
    library = open_module(module, ENGINES[0].options())
    counter = Counter(library)
    program = counted(library, {}, counter)
    before = counter.live
    assert program["f"](600) == 0
    assert counter.live == before
    needed = counter.made
    for number in range(1, 50):
        counter.made, counter.fail_at = 0, number
        try:
            program["f"](600)
        except VmError as problem:
            assert problem.status_name == "RESOURCE_EXHAUSTED"
        else:
            assert number > 1
            break
        finally:
            assert counter.live == before
    assert needed > 1
