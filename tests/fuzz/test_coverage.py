"""Short runs of the coverage-guided targets; the commands run as long as one likes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.fuzz import coverage, native

SECONDS = 3


@pytest.mark.parametrize("target", native.TARGETS)
def test_the_runtime(target: str) -> None:
    if not native.can_fuzz():
        pytest.skip("clang with libFuzzer and its sanitizers is not installed")
    done = native.fuzz(target, SECONDS, optimize="-O0")  # compiling takes longer than running
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Done" in done.stderr


def test_the_seed_is_an_archive_of_iree(tmp_path: Path) -> None:
    runtime = pytest.importorskip("iree.runtime")
    path = tmp_path / "a.irpa"
    path.write_bytes(native.archive())
    index = runtime.ParameterIndex()
    index.load(str(path))
    assert [name for name, _ in index.items()] == ["w", "v"]


# The interpreter is slow: it is compiled for this alone, by clang with coverage and sanitizers, in a minute or more.
@pytest.mark.parametrize("target", ["reader", pytest.param("interpreter", marks=pytest.mark.slow)])
def test_modules(target: str) -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed")
    if target == "interpreter" and not native.can_fuzz():
        pytest.skip("clang with libFuzzer and its sanitizers is not installed")
    done = coverage.fuzz(target, SECONDS)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Done" in done.stderr
