"""Results into the caller's arrays: `out=`."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import transpile
from tests.hal.support import DATA, loaded
from tests.program.test_direct import DIGITS, IMAGE, crossings
from transpile.program import Declared, Program, VmError
from transpile.program.errors import ArgumentMismatch

X = np.arange(6, dtype=np.float32)
SEVERAL = DATA.parents[1] / "modules" / "v17" / "several_results.vmfb"
TABLE = np.arange(12, dtype=np.float32).reshape(3, 4)


@pytest.fixture(params=["c", "interpreter"])
def tensors(request: pytest.FixtureRequest) -> Program:
    return loaded("tensors") if request.param == "c" else transpile.load(DATA / "tensors.vmfb", engine="interpreter")


@pytest.fixture
def split() -> Any:
    return transpile.load(SEVERAL, engine="interpreter").split


@pytest.mark.parametrize("path", DIGITS, ids=lambda path: path.stem)
def test_results_are_written_there(path: Any) -> None:
    classify = transpile.load(path, engine="interpreter").classify
    y = np.full((1, 10), np.nan, np.float32)
    assert classify(IMAGE, out=y) is y
    assert y.tobytes() == classify(IMAGE).tobytes()
    assert classify([[0] * 64], out=y) is y  # the general way
    assert y.tobytes() == classify(np.zeros((1, 64), np.float32)).tobytes()


def test_no_array_is_made(tensors: Program) -> None:
    for size in (6, 200):  # results of open size are not copied unless they are to be written somewhere
        x, y = np.ones(size, np.float32), np.empty((size, size), np.float32)
        assert tensors.outer(x, x, out=y) is y and y.all()
    classify = transpile.load(DIGITS[0], engine="interpreter").classify
    assert "empty" in crossings(classify, (IMAGE,))[1]
    y = np.empty((1, 10), np.float32)
    names = type(classify).__call__.__globals__
    names["empty"] = None  # nobody calls it
    assert classify(IMAGE, out=y) is y


def test_several(split: Any) -> None:
    expected = split(TABLE)
    given = tuple(np.zeros_like(array) for array in expected)
    returned = split(TABLE, out=given)
    assert isinstance(returned, tuple) and all(a is b for a, b in zip(returned, given, strict=True))
    assert [a.tobytes() for a in given] == [a.tobytes() for a in expected]
    assert split(TABLE.tolist(), out=list(given))[0] is given[0]


@pytest.mark.parametrize("place", [slice(0, 6), slice(2, 8)])
def test_an_argument_may_be_where_the_result_goes(tensors: Program, place: slice) -> None:
    memory = np.arange(8, dtype=np.float32)
    x, y = memory[:6], memory[place]
    expected = x + x
    assert tensors.add(x, x, out=y) is y
    np.testing.assert_array_equal(y, expected)


def _read_only() -> Any:
    array = np.empty((1, 10), np.float32)
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("out", "message"),
    [
        (np.empty((1, 10)), "out for result 'output0' of classify: expected dtype float32, got float64"),
        (np.empty((10,), np.float32), r"expected shape \(1, 10\), got \(10,\)"),
        (np.empty((10, 1), np.float32).T[:, ::-1], "not C-contiguous"),
        (_read_only(), "read-only"),
        (np.ma.zeros((1, 10), np.float32), "expected a numpy array, got MaskedArray"),
        ([0] * 10, "must be a numpy array, got 10"),
        ([None], "expected a numpy array, got NoneType"),
        ((), "must be a numpy array, got 0"),
        ("y", "must be a numpy array$"),
    ],
)
@pytest.mark.parametrize("image", [IMAGE, IMAGE.tolist()], ids=["direct", "general"])
def test_what_a_result_cannot_be_written_to(out: Any, message: str, image: Any) -> None:
    classify = transpile.load(DIGITS[0], engine="interpreter").classify
    with pytest.raises(ArgumentMismatch, match=message) as caught:
        classify(image, out=out)
    assert caught.value.__context__ is None


def test_arrays_that_share_memory(split: Any) -> None:
    a, b, c = (np.zeros_like(array) for array in split(TABLE))
    with pytest.raises(ArgumentMismatch, match="share memory"):
        split(TABLE, out=(a, a, c))
    with pytest.raises(ArgumentMismatch, match="tuple of 3 numpy arrays, got 2"):
        split(TABLE, out=(a, b))


def test_a_size_that_only_the_call_knows(tensors: Program) -> None:
    y = np.full(5, 7, np.float32)
    with pytest.raises(ArgumentMismatch, match=r"float32 of shape \(6,\) does not fit in float32 of shape \(5,\)"):
        tensors.add(X, X, out=y)
    assert y.tolist() == [7] * 5


def test_a_call_that_fails_writes_nothing(tensors: Program) -> None:
    y = np.full(6, 7, np.float32)
    with pytest.raises(VmError):
        tensors.add(X, X[:5], out=y)
    assert y.tolist() == [7] * 6


def test_functions_that_take_none(tensors: Program, program: Program) -> None:
    with pytest.raises(ArgumentMismatch, match="both takes no out: its result 'output2' is not an array"):
        tensors.both(np.zeros(8, np.int32), out=np.zeros(8))
    with pytest.raises(ArgumentMismatch, match="add takes no out"):
        program.add(1, 2, out=np.zeros(1))
    assert not program.add.takes_out and not program.poke.takes_out and program.square.takes_out


def test_the_signature_says_so(program: Program) -> None:
    expected = "(x: 'ArrayLike', *, out: 'NDArray[np.float32] | None' = None) -> 'NDArray[np.float32]'"
    assert str(inspect.signature(program.square)) == expected
    assert repr(program.square) == "<function square(x: 'ArrayLike') -> 'NDArray[np.float32]'>"
    assert "out" not in inspect.signature(program.add).parameters


def test_a_parameter_of_that_name_gets_another(library: Any) -> None:
    declared = {"square": Declared(False, (("out", "tensor<?xf32>"),), (("y", "tensor<?xf32>"),))}
    square = Program(library, declared, {"host.twice": int}).square
    assert square.inputs[0].name == "out" and square(out_=[3]).tolist() == [9]
