"""Some random nests; `python -m tests.nests.random` runs as many as there is time for."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.nests.engines import Literal, answer
from tests.nests.kernel import Kernel, Store, number, op
from tests.nests.random import Counts, batch, run
from tests.nests.suite import Call, Case, Suite, slots
from transpile.native.toolchain import find_compiler

COUNT = 30


@pytest.mark.parametrize("width", [16, 32, 64])
def test_random_nests(width: int) -> None:
    counts = Counts()
    run(batch(f"tests {width}", 0, COUNT), counts, (width,))
    assert not counts.mismatches
    assert counts.raised > COUNT // 2, "most of the families are there to be raised"
    assert counts.taken > COUNT
    assert counts.failing > COUNT // 2
    assert counts.interpreted > 2 * COUNT


def test_which_nan_it_is_does_not_count_but_that_it_is_one() -> None:
    nothing = number(0.0, "f32")
    nan = op("div.f32", nothing, nothing)
    values = {"one": nan, "other": op("neg.f32", nan), "number": number(1.0, "f32")}
    made = Suite("nans", [])
    call = Call((slots("f32", 64, mutable=True)[0],), ())
    for name, value in values.items():
        made.cases.append(Case(Kernel(name, 1, (), (Store(0, "f32", number(3), value),)), (call,)))
    literal = Literal(made.image(), made.conventions)
    assert len({answer(literal, name, call) for name in values}) == 3
    one, other, plain = (answer(literal, name, call, canonical=True) for name in values)
    assert one == other != plain


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sanitizer's library is preloaded")
def test_sanitized() -> None:
    """In a process of its own, whose allocator is the sanitizer's from the beginning."""
    compiler = find_compiler()
    library = subprocess.run(
        [*compiler.command, "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
    ).stdout.strip()
    if compiler.kind != "gcc" or not os.path.isabs(library):
        pytest.skip("needs gcc's address sanitizer")
    command = [sys.executable, "-m", "tests.nests.random", "--sanitize", "--level=none", "--widths=32"]
    environment = {**os.environ, "LD_PRELOAD": library, "ASAN_OPTIONS": "detect_leaks=0"}
    done = subprocess.run(
        [*command, "--seed=sanitized", f"--count={COUNT}"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fast version taken 0 of" not in done.stdout
