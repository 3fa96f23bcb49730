"""Arguments keep their values, results and state are nobody else's memory, in both engines and at each level."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import transpile
from transpile.loader import Engine
from transpile.native.toolchain import Optimize
from transpile.program import Program

DATA = Path(__file__).parent / "data"
ways = pytest.mark.parametrize(
    ("engine", "optimize"), [("c", "none"), ("c", "size"), ("c", "speed"), ("interpreter", "speed")]
)


def _load(name: str, engine: Engine, optimize: Optimize, devices: int = 1) -> Program:
    return transpile.load(DATA / f"{name}.vmfb", engine=engine, optimize=optimize, devices=devices)


@ways
def test_one_array_for_all_arguments(engine: Engine, optimize: Optimize) -> None:
    program = _load("matmul_into", engine, optimize)
    a = np.arange(16, dtype=np.float32).reshape(4, 4)
    kept, expected = a.copy(), a @ a + a
    np.testing.assert_array_equal(program.h(a, a, a), expected)
    np.testing.assert_array_equal(a, kept)
    donated = a.copy()
    result = program.h.donate("input2")(a, a, donated)
    np.testing.assert_array_equal(result, expected)
    assert np.shares_memory(result, donated)


@ways
def test_overlapping_views(engine: Engine, optimize: Optimize) -> None:
    program = _load("matmul_into", engine, optimize)
    whole = np.arange(24, dtype=np.float32)
    a, b = whole[:16].reshape(4, 4), whole[8:].reshape(4, 4)
    np.testing.assert_array_equal(program.h(a, b, b), a @ b + b)
    np.testing.assert_array_equal(whole, np.arange(24, dtype=np.float32))


@ways
def test_a_result_is_not_the_argument(engine: Engine, optimize: Optimize) -> None:
    program = _load("matmul_into", engine, optimize)
    x = np.zeros(4, np.float32)
    result = program.id(x)
    x[:] = 9
    assert not result.any()


@ways
def test_read_only_arrays_may_be_passed(engine: Engine, optimize: Optimize) -> None:
    program = _load("matmul_into", engine, optimize)
    a = np.eye(4, dtype=np.float32)
    a.flags.writeable = False
    np.testing.assert_array_equal(program.h(a, a, a), 2 * a)


@ways
def test_two_results_of_one_memory(engine: Engine, optimize: Optimize) -> None:
    program = _load("accumulate", engine, optimize)
    x, y = np.ones((4, 8), np.float32), np.zeros(4, np.float32)
    part, whole = program.f(x, y)
    part[:] = -1
    assert whole.tolist() == [8, 8, 8, 8] and not y.any()


@ways
def test_state_is_the_modules_own(engine: Engine, optimize: Optimize) -> None:
    program = _load("keep", engine, optimize)
    x = np.arange(5, dtype=np.float32)
    program.put(x)
    x[:] = -1
    result = program.get()
    assert result.tolist() == [0, 1, 2, 3, 4]
    result[:] = 7
    assert program.get().tolist() == [0, 1, 2, 3, 4]


@ways
def test_a_constant_that_is_written(engine: Engine, optimize: Optimize) -> None:
    program = _load("insert", engine, optimize)
    expected = [[1, 2, 3, 4], [5, 6, -1, -2], [9, 10, -3, -4], [13, 14, 15, 16]]
    for instance in (program, program, program.new_instance()):
        assert instance.insert().tolist() == expected


@ways
def test_devices(engine: Engine, optimize: Optimize) -> None:
    x = np.ones(4, np.float32)
    for devices in (2, 3):
        program = _load("two_devices", engine, optimize, devices)
        assert program.f(x).tolist() == [4, 4, 4, 4]
        assert program.new_instance().f(x).tolist() == [4, 4, 4, 4]
    with pytest.raises(transpile.VmError, match="HAL device `two` not found"):
        _load("two_devices", engine, optimize)
    with pytest.raises(transpile.VmError, match="65 devices, at most 64"):
        _load("two_devices", engine, optimize, 65)
