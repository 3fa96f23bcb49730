"""Calls that cross into C once: the same results and errors as the general way, in one frame of Python."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

import transpile
from tests.hal.support import DATA
from tests.hal.support import loaded as loaded_tensors
from tests.support.modules import build_module, function, imported
from transpile.loader import Engine
from transpile.program import Declared, Function, Program, VmError
from transpile.program.errors import ArgumentMismatch
from transpile.program.uses import Passing

ROOT = Path(__file__).parents[2]
DIGITS = [ROOT / "examples" / "digits" / f"{name}.vmfb" for name in ("digits", "digits_vmvx")]
KEEP = ROOT / "tests" / "effects" / "data" / "keep.vmfb"
IMAGE = np.random.default_rng(1).random((1, 64), np.float32)
X, Y = np.arange(6, dtype=np.float32), np.linspace(-1, 1, 5, dtype=np.float32)

CALLS: list[tuple[str, tuple[Any, ...]]] = [
    ("add", (X, X[::-1].copy())),
    ("mm", (X.reshape(2, 3), X.reshape(3, 2))),
    ("square_f64", (np.arange(3.0),)),
    ("square_f64", (np.empty(0),)),
    ("both", (np.arange(8, dtype=np.int32),)),
    ("splat", (4, 2.5)),
    ("outer", (X, Y)),
    ("outer", (np.linspace(0, 1, 400, dtype=np.float32), np.linspace(0, 1, 300, dtype=np.float32))),  # not copied
]


@pytest.fixture(params=["c", "interpreter"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def tensors(engine: Engine) -> Program:
    return loaded_tensors("tensors") if engine == "c" else transpile.load(DATA / "tensors.vmfb", engine=engine)


def is_direct(called: Function) -> bool:
    """Whether a function that has been called has a call made for it."""
    return type(called).__call__ is not Function.__call__


def general(called: Function, *arguments: Any) -> Any:
    return called._general(arguments, None, {})


def same(one: Any, other: Any) -> None:
    assert type(one) is type(other)
    for a, b in zip(*((x if isinstance(x, tuple) else (x,)) for x in (one, other)), strict=True):
        assert type(a) is type(b)
        if isinstance(a, np.ndarray):
            assert (a.dtype, a.shape, a.flags.writeable) == (b.dtype, b.shape, b.flags.writeable)
            assert a.tobytes() == b.tobytes()
        else:
            assert a == b


@pytest.mark.parametrize(("name", "arguments"), CALLS, ids=[name for name, _ in CALLS])
def test_same_results_as_the_general_way(tensors: Program, name: str, arguments: tuple[Any, ...]) -> None:
    kept = [np.copy(a) for a in arguments]
    same(tensors[name](*arguments), general(tensors[name], *arguments))
    same(tensors[name](*arguments), general(tensors[name], *arguments))
    assert is_direct(tensors[name])
    for before, after in zip(kept, arguments, strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("path", DIGITS, ids=lambda path: path.stem)
def test_both_flavours(path: Path, engine: Engine) -> None:
    classify = transpile.load(path, engine=engine, optimize="none").classify
    same(classify(IMAGE), general(classify, IMAGE))
    assert is_direct(classify)


@pytest.mark.parametrize(
    "x",
    [
        np.arange(12, dtype=np.float32).reshape(3, 4).T,
        np.arange(12, dtype=np.float32).reshape(4, 3)[::2],
        np.frombuffer(bytes(1) + np.arange(6, dtype=np.float32).tobytes(), np.uint8)[1:].view("f4").reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
        np.arange(6, dtype=">f4").reshape(2, 3),
        np.ma.array(np.ones((2, 3), np.float32)),
        [[1, 2, 3], [4, 5, 6]],
        np.float32([[1, 2], [3, 4]]).view(type("Sub", (np.ndarray,), {})),
    ],
    ids=["transposed", "strided", "unaligned", "fortran", "big-endian", "masked", "list", "subclass"],
)
def test_what_is_no_plain_array_goes_the_general_way(tensors: Program, x: Any) -> None:
    y = np.eye(np.shape(x)[1], dtype=np.float32)
    np.testing.assert_array_equal(tensors.mm(x, y), np.asarray(x, np.float32))


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        (X,),
        (X, X, X),
        (X.astype(np.float64), X.astype(np.float64)),
        (X, Y),
        (X.reshape(2, 3), X),
        (X, None),
        (X, np.array(["a"])),
        (X, np.ma.array(X, mask=X > 2)),
    ],
)
def test_same_errors_as_the_general_way(tensors: Program, arguments: tuple[Any, ...]) -> None:
    raised = []
    for call in (tensors.add, lambda *a: general(tensors.add, *a)):
        with pytest.raises(VmError) as caught:
            call(*arguments)
        raised.append((type(caught.value), str(caught.value)))
    assert raised[0] == raised[1]
    np.testing.assert_array_equal(tensors.add(X, X), X + X)  # and afterwards all is well


@pytest.mark.parametrize("size", [True, np.int64(3), 2**63, -1, 2.0, "2"])
def test_numbers_that_are_no_plain_numbers(tensors: Program, size: Any) -> None:
    outcomes = []
    for call in (tensors.splat, lambda *a: general(tensors.splat, *a)):
        try:
            outcomes.append(call(size, 1.5).tolist())
        except VmError as problem:
            outcomes.append((type(problem), str(problem)))
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("said", ["3xf32", "6xf64", "?xf64", "?x?xf32", "6xi32", "3x?xf32", "f32"])
def test_a_declaration_that_is_wrong(engine: Engine, said: str) -> None:
    """C looks at what comes back before it copies anything."""
    library = transpile.load(DATA / "tensors.vmfb", engine=engine, optimize="none").library
    arguments = (("x", "tensor<?xf32>"), ("y", "tensor<?xf32>"))
    add = Program(library, {"add": Declared(False, arguments, (("z", f"tensor<{said}>"),))}).add
    for _ in range(2):
        same(add(X, X), X + X)
    assert is_direct(add)
    dtype = np.dtype({"f32": "f4", "f64": "f8", "i32": "i4"}[said[-3:]])
    place = np.full([3 if size == "?" else int(size) for size in said.split("x")[:-1]], 7, dtype)
    with pytest.raises(ArgumentMismatch, match="does not fit"):
        add(X, X, out=place)
    assert (place == 7).all()
    same(add(X, X), X + X)


def test_arguments_by_name(tensors: Program) -> None:
    first, second = (item.name for item in tensors.add.inputs)
    np.testing.assert_array_equal(tensors.add(X, **{second: X}), X + X)
    with pytest.raises(ArgumentMismatch, match="missing a required argument"):
        tensors.add(**{first: X})


def crossings(called: Function, arguments: tuple[Any, ...]) -> tuple[list[str], list[str], int]:
    """(frames of Python, functions of C, calls of the library) of one call."""
    called(*arguments)
    frames: list[str] = []
    builtins: list[str] = []
    names = type(called).__call__.__globals__
    count, call = 0, names["call"]

    def counted(plan: Any) -> Any:
        nonlocal count
        count += 1
        return call(plan)

    def note(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            frames.append(frame.f_code.co_name)
        elif event == "c_call":
            builtins.append(argument.__name__)

    sys.setprofile(note)
    called(*arguments)
    sys.setprofile(None)
    names["call"] = counted
    called(*arguments)
    names["call"] = call
    return frames, builtins[:-1], count


@pytest.mark.parametrize("path", DIGITS, ids=lambda path: path.stem)
def test_a_call_is_one_frame_and_one_crossing(path: Path) -> None:
    classify = transpile.load(path, engine="interpreter").classify
    frames, builtins, count = crossings(classify, (IMAGE,))
    assert frames == ["direct"] and count == 1
    assert sorted(builtins) == ["__exit__", "append", "empty", "from_buffer", "from_buffer", "pop"]
    assert "classify" in vars(transpile.load(path, engine="interpreter"))  # found without __getattr__


def test_no_frame_for_each_argument(tensors: Program) -> None:
    frames, builtins, count = crossings(tensors.outer, (X, Y))
    assert frames == ["direct"] and count == 1 and builtins.count("from_buffer") == 3


def test_nothing_is_left_behind(tensors: Program) -> None:
    def blocks(argument: Any) -> int:
        for _ in range(300):
            tensors.both(argument)
            with pytest.raises(VmError):
                tensors.add(X, Y)
        gc.collect()
        return sys.getallocatedblocks()

    argument = np.arange(8, dtype=np.int32)
    blocks(argument)
    assert abs(blocks(argument) - blocks(argument)) < 200
    held = weakref.ref(argument)
    del argument
    assert held() is None


def test_results_are_their_own(tensors: Program) -> None:
    first = tensors.both(np.arange(8, dtype=np.int32))[0]
    kept = first.copy()
    tensors.both(np.full(8, 7, np.int32))
    np.testing.assert_array_equal(first, kept)


def test_threads_take_turns(tensors: Program) -> None:
    wrong: list[int] = []

    def work(k: int) -> None:
        x = np.full(8, k, np.int32)
        expected = general(tensors.both, x)[0].tobytes()
        wrong.extend(k for _ in range(300) if tensors.both(x)[0].tobytes() != expected)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_call_within_a_call(engine: Engine) -> None:
    """An import calls the function that has called it: the outer call's plan is not touched."""
    call = [function("entry", ("call", imported(0), (0,), (1,)), ("return", (1,)), convention="0i_i", export="f")]

    def twice(n: int) -> int:
        return n if n >= 100 else int(program.f(2 * n)) + n

    module = build_module(call, imports=[("host.twice", "0i_i")])
    program = transpile.load(module, engine=engine, optimize="none", imports={"host.twice": twice})
    assert program.f(30) == 30 + 60 + 120 and is_direct(program.f)


@pytest.fixture
def keeping(engine: Engine) -> Iterator[Function]:
    """A function that keeps its argument, with the analysis of that switched off."""
    library = transpile.load(KEEP, engine=engine, optimize="none").library
    program = Program(library, {"put": Declared(False, (("x", "tensor<5xf32>"),), ())})
    program.put._passings = (Passing.SHOWN,)
    yield program.put


def test_what_is_kept_after_all_stays_alive(keeping: Function) -> None:
    """Nothing relies on the analysis alone: what the module still holds when the call ends is kept, and not reused."""
    program = keeping._program
    x = np.arange(5, dtype=np.float32)
    held = weakref.ref(x)
    keeping(x)
    assert is_direct(keeping)
    del x
    assert held() is not None and program.get().tolist() == [0, 1, 2, 3, 4]
    keeping(np.ones(5, np.float32))
    assert program.get().tolist() == [1] * 5
    program.get()  # what is no longer used goes with the next call
    assert held() is None
