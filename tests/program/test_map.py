"""One function over many elements: `Function.map`."""

from __future__ import annotations

import signal
import sys
import threading
import time
from typing import Any

import numpy as np
import pytest

import transpile
from tests.hal.support import DATA, loaded
from tests.program.test_direct import DIGITS, ROOT
from tests.support.modules import build_module, function, imported
from transpile.program import Program, VmError
from transpile.program.errors import ArgumentMismatch

IMAGES = np.load(ROOT / "examples" / "digits" / "test_images.npy").astype(np.float32).reshape(-1, 64)[:50]
STATE = build_module(
    [
        function(
            "entry",
            ("global.load.i32", 0, 1),
            ("add.i32", 0, 1, 1),
            ("global.store.i32", 0, 1),
            ("return", (1,)),
            convention="0i_i",
            export="total",
        )
    ],
    global_bytes=4,
)
CALLBACK = build_module(
    [function("entry", ("call", imported(0), (0,), (1,)), ("return", (1,)), convention="0i_i", export="f")],
    imports=[("host.f", "0i_i")],
)


@pytest.fixture(params=["c", "interpreter"])
def tensors(request: pytest.FixtureRequest) -> Program:
    return loaded("tensors") if request.param == "c" else transpile.load(DATA / "tensors.vmfb", engine="interpreter")


@pytest.mark.parametrize("workers", [None, 1, 3, 100])
@pytest.mark.parametrize("path", DIGITS, ids=lambda path: path.stem)
def test_same_bits_as_one_call_after_another(path: Any, workers: int | None) -> None:
    classify = transpile.load(path, engine="interpreter").classify
    expected = np.stack([classify(image[np.newaxis]) for image in IMAGES])
    stacked = classify.map(IMAGES[:, np.newaxis], max_workers=workers)
    assert stacked.shape == (50, 1, 10) and stacked.tobytes() == expected.tobytes()
    joined = classify.map(input0=IMAGES, max_workers=workers)
    assert joined.shape == (50, 10) and joined.tobytes() == expected.tobytes()


def test_arguments_of_all_kinds(tensors: Program) -> None:
    x, y = np.arange(12, dtype=np.float32).reshape(4, 3), np.arange(8, dtype=np.float32).reshape(4, 2)
    expected = np.stack([tensors.outer(a, b) for a, b in zip(x, y, strict=True)])
    np.testing.assert_array_equal(tensors.outer.map(x, y, max_workers=2), expected)
    np.testing.assert_array_equal(tensors.outer.map(x.tolist(), y[:, ::-1], max_workers=2), expected[:, :, ::-1])
    np.testing.assert_array_equal(tensors.splat.map(3, x[:, 0]), np.repeat(x[:, :1], 3, axis=1))
    flags, doubled, count = tensors.both.map(np.arange(32, dtype=np.int32).reshape(4, 8))
    one = tensors.both(np.arange(8, 16, dtype=np.int32))
    assert (flags.shape, doubled.shape, count.shape) == ((4, 8), (4, 8), (4,))
    assert [flags[1].tolist(), doubled[1].tolist(), count[1]] == [one[0].tolist(), one[1].tolist(), one[2]]
    assert (flags.dtype, doubled.dtype, count.dtype) == (np.int32, np.bool_, np.int32)


def test_batches_of_the_functions_own_size(tensors: Program) -> None:
    joined = tensors.both.map(np.arange(32, dtype=np.int32))
    stacked = tensors.both.map(np.arange(32, dtype=np.int32).reshape(4, 8))
    assert joined[0].tolist() == stacked[0].reshape(32).tolist() and joined[2].shape == (4,)
    with pytest.raises(ArgumentMismatch, match="map takes a multiple of 8 elements, not 30"):
        tensors.both.map(np.arange(30, dtype=np.int32))


def test_no_elements() -> None:
    classify = transpile.load(DIGITS[0], engine="interpreter").classify
    assert classify.map(np.empty((0, 1, 64), np.float32)).shape == (0, 1, 10)
    with pytest.raises(ArgumentMismatch, match="the shape of 'output0' is not known"):
        loaded("tensors").add.map(np.empty((0, 3), np.float32), np.empty((0, 3), np.float32))


def test_what_cannot_be_cut(tensors: Program) -> None:
    x = np.zeros((4, 3), np.float32)
    for arguments, message in (
        ((x, x[:3]), "different numbers of elements: 'input0' has 4, 'input1' has 3"),
        ((x[0, 0], x), "'input0' of add: map takes an array of 2 dimensions, not 0"),
        ((x[np.newaxis], x), "map takes an array of 2 dimensions, not 3"),
        ((x,), "expected 2 arguments"),
    ):
        with pytest.raises(ArgumentMismatch, match=message):
            tensors.add.map(*arguments)
    with pytest.raises(ArgumentMismatch, match="at least one worker, not 0"):
        tensors.add.map(x, x, max_workers=0)
    with pytest.raises(ArgumentMismatch, match="needs an array with elements"):
        tensors.splat.map(3, 1.5)


def test_the_lowest_element_that_fails_is_named() -> None:
    def refuse(n: int) -> int:
        if n in (0, 37, 38, 90):
            time.sleep(0.05 if n == 37 else 0)
            raise KeyError(n)
        return n

    program = transpile.load(CALLBACK, engine="interpreter", imports={"host.f": refuse})
    with pytest.raises(VmError, match="element 36: KeyError: 37") as caught:
        program.f.map(np.arange(1, 100), max_workers=4)
    assert isinstance(caught.value.__cause__, KeyError)
    with pytest.raises(VmError, match="element 0: KeyError: 0"):
        program.f.map(np.arange(100))


def test_errors_of_direct_calls_name_the_element(tensors: Program) -> None:
    """All pieces have one shape, so a wrong one is wrong from the first on."""
    with pytest.raises(ValueError, match="element 0: input0 element type mismatch"):
        tensors.square_f64.map(np.zeros((4, 3), np.float32))
    divide = build_module([function("entry", ("div.i32.s", 0, 1, 2), ("return", (2,)), convention="0ii_i", export="f")])
    with pytest.raises(VmError, match="element 2: ") as caught:
        transpile.load(divide, engine="interpreter").f.map(12, np.array([1, 2, 0, 4]), max_workers=1)
    assert caught.value.frames
    splat = tensors.splat.map
    with pytest.raises(ArgumentMismatch, match=r"element 1: result 'output0' has shape \(3,\), that of the first"):
        splat(np.array([2, 3]), 1.5)


def test_each_worker_has_its_own_state() -> None:
    program = transpile.load(STATE, engine="interpreter")
    program.total(1000)
    assert program.total.map(np.ones(4, int), max_workers=1).tolist() == [1, 2, 3, 4]
    results = program.total.map(np.ones(40, int), max_workers=4)
    assert results[0] == 1 and results.max() <= 40 and program.total(0) == 1000


def test_workers_run_at_the_same_time() -> None:
    meeting = threading.Barrier(3, timeout=20)
    seen = set()

    def meet(n: int) -> int:
        seen.add(threading.get_ident())
        if n:
            meeting.wait()
        return 2 * n

    program = transpile.load(CALLBACK, engine="interpreter", imports={"host.f": meet})
    assert program.f.map(np.array([0, 1, 2, 3]), max_workers=3).tolist() == [0, 2, 4, 6]
    assert len(seen) == 4  # the first element is the caller's


def test_python_goes_on(tensors: Program) -> None:
    """A run of elements lets go of the interpreter's lock, so a thread of Python gets on while it lasts."""
    x = np.ones((30000, 40), np.float32)
    turns, going = 0, True

    def count() -> None:
        nonlocal turns
        while going:
            turns += 1
            time.sleep(0)

    thread = threading.Thread(target=count)
    before = sys.getswitchinterval()
    sys.setswitchinterval(100)  # nobody is made to let go
    try:
        thread.start()
        tensors.add.map(x, x, max_workers=1)
        during = turns
    finally:
        going = False
        sys.setswitchinterval(before)
        thread.join()
    assert during > 10


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="signals of POSIX")
def test_it_can_be_interrupted() -> None:
    loop = function("entry", ("br", "again", ()), "again", ("br", "again", ()), convention="0i_i", export="f")
    wait = build_module([loop])
    program = transpile.load(wait, engine="interpreter")
    with pytest.raises(KeyboardInterrupt):
        previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        try:
            program.f.map(np.arange(4), max_workers=2)
        finally:
            signal.signal(signal.SIGALRM, previous)
