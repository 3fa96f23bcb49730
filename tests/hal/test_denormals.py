"""Denormals are flushed in dispatches of the module hal and nowhere else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import transpile
from tests.behaviour.flushing import numbers
from tests.csupport.support import COMPILERS
from tests.hal.support import DATA, loaded, ours, witness
from transpile.loader import load
from transpile.native.build import Options
from transpile.native.toolchain import LEVELS, Optimize, find_compiler

TINY = np.array([1e-38, -1e-38, 1e-45, 3.0], np.float32)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", ["halve", "halve_async", "halve_variants"])
def test_dispatches_flush(name: str, threads: int) -> None:
    result = loaded(name, threads).halve(TINY)
    assert np.array_equal(result.view(np.uint32), np.array([0, -0.0, 0, 1.5], np.float32).view(np.uint32))


@pytest.mark.parametrize("name", ["halve_inline", "halve_dynamic"])
def test_programs_without_a_device_do_not(name: str) -> None:
    result = loaded(name).halve(TINY)
    assert result[0] == np.float32(5e-39) and result[1] == np.float32(-5e-39)


@pytest.mark.parametrize("name", ["halve", "halve_inline", "halve_dynamic"])
def test_iree_does_the_same(name: str, tmp_path: Path) -> None:
    assert ours(loaded(name), "halve", [TINY]) == witness(name, "halve", [TINY], tmp_path)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_caller_s_mode_is_restored(threads: int) -> None:
    loaded("tensors", threads).outer(TINY, np.ones(300, np.float32))
    assert TINY[0] * np.float32(0.5) == np.float32(5e-39)


def test_it_is_restored_behind_a_failure() -> None:
    assert ours(loaded("tensors"), "add", [TINY, TINY[:2]]).status == "OUT_OF_RANGE"
    assert TINY[0] * np.float32(0.5) == np.float32(5e-39)


def _pairs(kind: str) -> list[np.ndarray]:
    values = np.array(numbers(kind), f"i{int(kind[1:]) // 8}").view(f"f{int(kind[1:]) // 8}")
    return [np.repeat(values, len(values)), np.tile(values, len(values))]


CHOSEN = {
    "larger": _pairs("f32"),
    "maximum": _pairs("f32"),
    "clip": _pairs("f32")[:1],
    "relu": _pairs("f32")[1:],
    "smaller_f64": _pairs("f64"),
    "largest": [_pairs("f32")[1].reshape(30, 30)],
}


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("level", LEVELS)
def test_what_is_chosen_keeps_its_bits(level: Optimize, compiler: str, tmp_path: Path) -> None:
    """`a > b ? a : b` is no maximum in a dispatch: the processor's flushes what it picks."""
    options = Options(level, compiler=find_compiler({"CC": compiler}))
    program = load(DATA / "chosen.vmfb", options)
    for function, arguments in CHOSEN.items():
        assert ours(program, function, arguments) == witness("chosen", function, arguments, tmp_path), function


def test_what_is_chosen_in_the_interpreter(tmp_path: Path) -> None:
    program = transpile.load(DATA / "chosen.vmfb", engine="interpreter")
    for function, arguments in CHOSEN.items():
        assert ours(program, function, arguments) == witness("chosen", function, arguments, tmp_path), function
