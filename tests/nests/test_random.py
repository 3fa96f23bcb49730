"""Some random nests; `python -m tests.nests.random` runs as many as there is time for."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.nests.random import Counts, batch, run
from transpile.toolchain import find_compiler

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
