"""Calls into a module, value by value."""

from __future__ import annotations

import array
import copy
import functools
import gc
import inspect
import math
import shutil
import sys
import threading
import time
import weakref
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.program.conftest import DECLARATIONS
from transpile.native.cdef import runtime_cdef
from transpile.program import Program, Ref, Storage, VmBuffer, VmError, VmList, open_library
from transpile.program.errors import ArgumentMismatch
from transpile.program.library import _CTYPES

Make = Callable[..., Program]


def test_scalars_wrap_like_the_vm(program: Program) -> None:
    assert program.add(1, 2) == 3
    assert program.add(2**31 - 1, 1) == -(2**31)
    assert program.add(2**32 - 1, 0) == -1
    assert program.add(np.int8(-1), True) == 0
    assert program.scalars(-1, 2**64 - 1, 0.1, 0.1) == (-1, -1, float(np.float32(0.1)), 0.1)
    assert program.scalars(0, -(2**63), float("inf"), 5)[1:] == (-(2**63), float("inf"), 5.0)


@pytest.mark.parametrize(
    "arguments",
    [
        (2**32, 0, 0, 0),
        (-(2**31) - 1, 0, 0, 0),
        (0, 2**64, 0, 0),
        (1.0, 0, 0, 0),
        ("1", 0, 0, 0),
        (0, 0, 3.5e38, 0),
        (0, 0, 0, 10**400),
        (0, 0, None, 0),
        (np.zeros(2, np.int32), 0, 0, 0),
    ],
)
def test_scalars_that_do_not_fit(program: Program, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(ArgumentMismatch, match="argument 'arg"):
        program.scalars(*arguments)


def test_the_largest_f32_fits(program: Program) -> None:
    largest = float(np.finfo(np.float32).max)
    assert program.scalars(0, 0, np.nextafter(largest, np.inf), 0)[2] == largest


def test_wrong_number_of_arguments(program: Program) -> None:
    message = "input list and function mismatch; expected 2 arguments but passed 1"
    for builtin in (TypeError, ValueError):
        with pytest.raises(builtin, match=message):
            program.add(1)
    with pytest.raises(TypeError, match="unexpected keyword"):
        program.square(np.zeros(1, np.float32), y=1)


def test_names_and_documentation(program: Program) -> None:
    assert program.name == "handmade"
    assert "add" in dir(program) and next(iter(program)) == "add"
    assert repr(program.square) == "<function square(x: 'ArrayLike') -> 'NDArray[np.float32]'>"
    assert str(inspect.signature(program.add)) == "(arg0: 'int', arg1: 'int') -> 'int'"
    assert program.square.__doc__ == "squares x"
    assert program.square.attributes["iree.abi.declaration"].startswith("sync func @square")
    assert program.square(x=[3]).tolist() == [9]
    assert program["exports"](1, 2) == 3 and "add" in program.exports
    with pytest.raises(AttributeError, match="exports no function 'nothing'"):
        _ = program.nothing
    with pytest.raises(KeyError):
        program["nothing"]


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 4), (1, 1, 1, 1, 2)])
def test_tensors_keep_their_shape(program: Program, shape: tuple[int, ...]) -> None:
    x = np.arange(np.prod(shape, dtype=int), dtype=np.float32).reshape(shape)
    y = program.square(x)
    assert y.dtype == np.float32 and y.shape == shape
    np.testing.assert_array_equal(y, x * x)


@pytest.mark.parametrize(
    "x",
    [
        np.arange(12, dtype=np.float32).reshape(3, 4).T,
        np.arange(12, dtype=np.float32)[::-2],
        np.arange(4, dtype=">f4"),
        np.frombuffer(np.arange(4, dtype=np.float32).tobytes(), np.float32),
        np.frombuffer(b"?" + np.arange(4, dtype=np.float32).tobytes(), np.uint8)[1:].view(np.float32),
        [[1, 2], [3, 4]],
        7,
    ],
    ids=["transposed", "strided", "big-endian", "read-only", "unaligned", "list", "number"],
)
def test_what_is_no_plain_array_is_copied(program: Program, x: Any) -> None:
    np.testing.assert_array_equal(program.square(x), np.square(np.asarray(x, np.float32)))


def test_wrong_element_type_is_the_modules_error(program: Program) -> None:
    with pytest.raises(ValueError, match="input0 element type mismatch"):
        program.square(np.zeros(2))


@pytest.mark.parametrize("dtype", "? i1 u1 i2 u2 i4 u4 i8 u8 f2 f4 f8 c8 c16".split())
def test_element_types_survive(program: Program, dtype: str) -> None:
    x = np.array([[0, 1, 2]], dtype)
    y = program.identity(x)
    assert y.dtype == x.dtype
    np.testing.assert_array_equal(x, y)


def test_extended_element_types(program: Program) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    for scalar in (ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2):
        x = np.array([1, 2, 0.5], scalar)
        y = program.identity(x)
        assert y.dtype == x.dtype and y.tolist() == x.tolist()


@pytest.mark.parametrize("x", [np.array(["a"]), np.array([object()]), np.array(1, "M8[s]")])
def test_element_types_no_module_has(program: Program, x: Any) -> None:
    with pytest.raises(NotImplementedError, match="cannot be passed"):
        program.identity(x)


@pytest.mark.parametrize("pack", [lambda array: array, VmBuffer], ids=["tensor", "buffer"])
def test_a_mask_is_not_ignored(program: Program, pack: Callable[[Any], Any]) -> None:
    with pytest.raises(ArgumentMismatch, match="filled"):
        program.identity(pack(np.ma.array([1.0, 2.0], mask=[False, True])))
    assert len(program.identity(pack(np.ma.array([1.0, 2.0], mask=[False, False]))))


@pytest.mark.parametrize(
    "x",
    [
        [np.ma.array([1.0, 2.0], mask=[False, True]), np.ma.array([1.0, 2.0])],
        [1.0, np.ma.masked],
        ([[np.ma.masked, 1.0]],),
    ],
)
def test_a_mask_in_a_list_is_not_ignored(program: Program, x: Any) -> None:
    with pytest.raises(ArgumentMismatch, match="filled"):
        program.identity(x)


def test_lists_of_arrays_without_masked_elements_go_in(program: Program) -> None:
    x = [np.ma.array([1.0, 2.0], mask=False), np.array([3.0, 4.0])]
    assert program.identity(x).tolist() == [[1, 2], [3, 4]]


class Nullable:
    """What a Series of pandas with a type of its own looks like."""

    def __init__(self, values: list[float], missing: list[bool], na_value: object) -> None:
        self.values, self.missing = values, missing
        self.dtype = self.dtypes = SimpleNamespace(na_value=na_value)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        return np.array(self.values, dtype)

    def isna(self) -> np.ndarray[Any, Any]:
        return np.array(self.missing)


def test_missing_values_of_pandas_are_no_values(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    pandas = SimpleNamespace(NA=object())
    monkeypatch.setitem(sys.modules, "pandas", pandas)
    values = [1.0, math.nan]
    with pytest.raises(ArgumentMismatch, match=r"a Nullable with missing values \(pandas.NA\).*fillna"):
        program.identity(Nullable(values, [False, True], pandas.NA))
    for same in (Nullable(values, [False, False], pandas.NA), Nullable(values, [False, True], math.nan)):
        np.testing.assert_array_equal(program.identity(same), values)


def test_pandas(program: Program) -> None:
    pandas = pytest.importorskip("pandas")
    for dtype in ("Float32", "Int32", "boolean"):
        for holder in (pandas.array, pandas.Series):
            with pytest.raises(ArgumentMismatch, match="fillna"):
                program.identity(holder([1, None], dtype=dtype))
            assert program.identity(holder([1, 0], dtype=dtype)).tolist() == [1, 0]
    with pytest.raises(ArgumentMismatch, match="a DataFrame with missing values"):
        program.identity(pandas.DataFrame({"a": [1.0, 2.0], "b": pandas.array([1, None], dtype="Int32")}))
    assert np.isnan(program.identity(pandas.Series([1, None], dtype="float32"))[1])  # NaN is a value


class OnlyDlpack:
    """What another library's tensor looks like."""

    def __init__(self, array: np.ndarray[Any, Any], device: tuple[int, int] = (1, 0)) -> None:
        self._array = array
        self._device = device

    def __dlpack__(self, **settings: Any) -> Any:
        if self._device != (1, 0):
            raise BufferError("the memory is on another device")
        return self._array.__dlpack__(**settings)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._device


def test_tensors_of_other_libraries_go_in(program: Program) -> None:
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(program.square(OnlyDlpack(x)), x * x)
    y = program.identity(OnlyDlpack(x.astype(np.int16)))
    assert y.dtype == np.int16 and y.tolist() == x.tolist()
    with pytest.raises(ArgumentMismatch, match="OnlyDlpack cannot be read through DLPack"):
        program.square(OnlyDlpack(x, (2, 0)))


def test_results_go_out_by_dlpack_without_a_copy(program: Program) -> None:
    y = program.square(np.arange(4, dtype=np.float32))
    assert np.shares_memory(np.from_dlpack(y), y)
    kept = np.from_dlpack(program.square(np.arange(4, dtype=np.float32)))
    gc.collect()
    assert kept.tolist() == [0, 1, 4, 9]


def test_the_buffer_protocol_is_accepted(program: Program) -> None:
    floats = array.array("f", [1, 2, 3])
    assert program.square(floats).tolist() == [1, 4, 9]
    assert program.square(memoryview(np.ones((2, 2), np.float32))).shape == (2, 2)
    shared = program.identity.donate(0)(memoryview(floats))
    assert np.shares_memory(shared, np.asarray(floats))
    for other in (array.array("i", [1]), b"\0\0\0\0", bytearray(4)):
        with pytest.raises(ValueError, match="input0 element type mismatch"):
            program.square(other)
    shown = memoryview(program.square(floats))
    assert (shown.format, shown.shape, shown.tolist()) == ("f", (3,), [1, 4, 9])


def test_donated_arguments_are_not_copied_and_stay_alive(program: Program) -> None:
    x = np.arange(4.0)
    y = program.identity.donate(0)(x)
    assert np.shares_memory(x, y)
    x[0] = 7
    alive = weakref.ref(x)
    del x
    gc.collect()
    assert y.tolist() == [7, 1, 2, 3] and alive() is not None
    del y
    program.add(1, 2)
    assert alive() is None


def test_arguments_the_module_keeps_stay_alive(program: Program) -> None:
    x = np.arange(3.0)
    alive = weakref.ref(x)
    program.keep(x)
    del x
    gc.collect()
    assert program.kept().tolist() == [0, 1, 2]
    program.keep(None)
    assert program.kept() is None
    assert alive() is None


def test_arguments_are_released_at_once(program: Program) -> None:
    x = np.arange(3, dtype=np.float32)
    alive = weakref.ref(x)
    program.square(x)
    del x
    assert alive() is None


def test_results_outlive_their_program(make: Make) -> None:
    program = make()
    program.keep(np.arange(3.0))
    kept, constant, y = program.kept(), program.constant(), program.square([1.0, 2.0])
    del program
    gc.collect()
    assert kept.tolist() == [0, 1, 2] and bytes(constant) == b"read only" and y.tolist() == [1, 4]


def test_results_keep_the_instance_they_came_from(make: Make) -> None:
    def twice(x: int) -> int:
        return 2 * x

    alive = weakref.ref(twice)
    program = make(twice=twice)
    del twice
    results = [program.square([1.0]), program.constant(), program.bare([1.0]), program.grow(VmList([1]))]
    del program
    while results:
        gc.collect()
        assert alive() is not None
        results.pop()
    gc.collect()
    assert alive() is None


def test_failures_carry_status_message_and_frames(program: Program) -> None:
    with pytest.raises(IndexError) as raised:
        program.fail(11)
    error = raised.value
    assert isinstance(error, VmError)
    assert (error.status, error.status_name, error.message) == (11, "OUT_OF_RANGE", "failed with 11 on purpose")
    assert [str(frame) for frame in error.frames] == ["handmade.fail:36 model.mlir:2:3", "handmade.main:7 -"]
    assert str(error).startswith("OUT_OF_RANGE; failed with 11 on purpose\n  at handmade.fail:36")


@pytest.mark.parametrize(
    ("status", "builtin"),
    [
        (3, ValueError),
        (5, ValueError),
        (11, IndexError),
        (12, NotImplementedError),
        (9, RuntimeError),
        (2, RuntimeError),
    ],
)
def test_failures_are_also_builtin_exceptions(program: Program, status: int, builtin: type[Exception]) -> None:
    with pytest.raises(builtin) as raised:
        program.fail(status)
    assert isinstance(raised.value, VmError) and raised.value.status == status
    assert program.add(1, 1) == 2


def test_instances_have_their_own_state(program: Program) -> None:
    other = program.new_instance()
    assert [program.count(1), program.count(2), other.count(5)] == [101, 103, 105]


def test_buffers(program: Program) -> None:
    length, same = program.poke(bytearray(b"abc"))
    assert (length, bytes(same), len(same)) == (3, b"*bc", 3)
    array = np.arange(4, dtype=np.int32)
    program.poke(VmBuffer(array))
    assert array[0] == 0
    program.poke.donate("b")(VmBuffer(array))
    assert array[0] == 42
    assert np.asarray(program.poke(same)[1]).tolist() == [42, 98, 99]
    assert bytes(program.poke(b"constant")[1]) == b"*onstant"
    with pytest.raises(ArgumentMismatch, match="donated must be writable"):
        program.poke.donate(0)(b"constant")
    with pytest.raises(ArgumentMismatch, match="poke has no argument 1; its arguments are b"):
        program.poke.donate(1)
    with pytest.raises(ValueError, match="no buffer"):
        program.poke(None)
    with pytest.raises(ArgumentMismatch, match="argument 'b' of poke"):
        program.poke(1.5)


def test_a_donation_is_of_one_function_alone(program: Program) -> None:
    """The program's own still copies, also beside pickled ones, which keep what they donate."""
    array = np.arange(4, dtype=np.int32)
    giving = program.poke.donate("b")
    assert giving is not program.poke
    program.poke(VmBuffer(array))
    assert array[0] == 0
    for function, first in ((program.poke, 0), (giving, 42)):
        array = np.arange(4, dtype=np.int32)
        again, given = function.__reduce__()  # what pickle sends
        again(*given)(VmBuffer(array))
        assert array[0] == first


def test_constants_cannot_be_written(program: Program) -> None:
    constant = np.asarray(program.constant())
    with pytest.raises(ValueError, match="read-only"):
        constant[0] = 1


def test_lists(program: Program) -> None:
    grown = program.grow([1, 2.5, None, b"x", [7], np.float32([3])])
    assert len(grown) == 7 and grown[-1] == 6 and grown[:3] == [1, 2.5, None]
    assert bytes(grown[3]) == b"x" and list(grown[4]) == [7] and grown[5].tolist() == [3]
    assert list(program.grow(grown))[-1] == 7
    assert len(grown) == 8
    assert list(program.grow(VmList())) == [0]
    with pytest.raises(IndexError):
        grown[8]


def test_other_objects_are_opaque(program: Program) -> None:
    bare = program.bare(np.arange(3.0))
    assert isinstance(bare, Ref) and "buffer" in bare.type_name
    assert program.bare(bare).type_name == bare.type_name
    x = np.zeros(2)
    assert isinstance(program.identity(Storage(x)), Ref)


def test_async_functions_get_their_fences(program: Program) -> None:
    assert program.later(3) == 31


def test_objects_of_another_library_are_refused(program: Program, library: Any, tmp_path: Any) -> None:
    copy = shutil.copy(library.path, tmp_path)
    other = Program(open_library(copy, runtime_cdef(), "handmade"), imports={"host.twice": abs})
    with pytest.raises(ArgumentMismatch, match="belongs to another program"):
        other.identity(program.bare(np.zeros(1)))


def test_imports(make: Make) -> None:
    program = make(twice=lambda x: x * 3, map=lambda x: x + 1, span=lambda pairs: sum(a * b for a, b in pairs))
    assert program.twice(5) == 15
    assert program.mapped(np.arange(3.0)).tolist() == [1, 2, 3]
    assert program.spanned(3, 4) == 2 * 3 * 4


def test_what_imports_return_is_copied(make: Make) -> None:
    returned: list[Any] = []

    def increment(x: Any) -> Any:
        returned.append(x + 1)
        return returned[-1]

    program = make(map=increment)
    result = program.mapped(np.arange(3.0))
    gc.collect()
    returned[0][:] = 0
    assert result.tolist() == [1, 2, 3]


def test_imports_may_return_what_they_were_given(make: Make) -> None:
    program = make(map=lambda x: x)
    x = np.arange(3.0)
    assert program.mapped(x).tolist() == [0, 1, 2] and not np.shares_memory(program.mapped(x), x)
    assert bytes(program.mapped(VmBuffer(b"ab"))) == b"ab"
    assert program.mapped(None) is None
    assert isinstance(program.mapped(program.bare(x)), Ref)


def test_imports_may_call_back(make: Make) -> None:
    program = make(twice=lambda x: inner.add(x, x))
    inner = program
    assert program.twice(4) == 8


@pytest.mark.parametrize(
    ("raised", "status"),
    [(ValueError("no"), 3), (IndexError("no"), 11), (KeyError("no"), 2), (NotImplementedError("no"), 12)],
)
def test_what_imports_raise_is_the_calls_failure(make: Make, raised: Exception, status: int) -> None:
    def fail(_: int) -> int:
        raise raised

    program = make(twice=fail)
    with pytest.raises(VmError, match="no") as caught:
        program.twice(1)
    assert caught.value.status == status and caught.value.__cause__ is raised
    assert caught.value.frames[0].function == "main"


def test_imports_may_be_interrupted(make: Make) -> None:
    def interrupt(_: int) -> int:
        raise KeyboardInterrupt

    program = make(twice=interrupt)
    with pytest.raises(KeyboardInterrupt):
        program.twice(1)
    assert program.add(1, 1) == 2


def test_imports_must_return_what_they_promise(make: Make) -> None:
    with pytest.raises(VmError, match="expected an integer, got 'text'"):
        make(twice=lambda x: "text").twice(1)
    with pytest.raises(VmError, match="expected an integer, got None"):
        make(twice=lambda x: None).twice(1)


def test_imports_that_nobody_has(library: Any, make: Make) -> None:
    with pytest.raises(ArgumentMismatch, match=r"does not import host\.other"):
        make(other=abs)
    with pytest.raises(ValueError, match=r"host\.twice"):
        Program(library)
    with pytest.raises(ValueError, match="NOT_FOUND"):
        make().mapped(None)


def test_threads_wait_for_each_other(make: Make) -> None:
    running: list[int] = []
    overlaps: list[int] = []

    def slow(x: int) -> int:
        running.append(x)
        time.sleep(0.002)
        overlaps.append(len(running))
        running.remove(x)
        return x

    program = make(twice=slow)
    threads = [threading.Thread(target=program.twice, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert overlaps == [1] * 8


def test_python_goes_on_during_a_call(program: Program) -> None:
    flag = np.zeros(1, np.uint8)
    found: list[int] = []
    caller = threading.Thread(target=lambda: found.append(program.wait(flag)))
    caller.start()
    other = program.new_instance()
    while not other.add(0, 1):  # another instance works meanwhile; a call that kept the GIL would never see the flag
        pass
    flag[0] = 7
    caller.join(timeout=600)
    assert found == [7]


def test_types_are_known_to_cffi_before_finalisers_run(library: Any) -> None:
    """cffi reads a type when it first meets it; a collection meanwhile may run our finalisers, which call C."""

    class Watched:
        def __getattr__(self, name: str) -> Any:
            found = getattr(library.ffi, name)
            return functools.partial(self.call, found) if callable(found) else found

        def call(self, work: Callable[..., Any], *given: Any, **named: Any) -> Any:
            assert not given or not isinstance(given[0], str) or given[0] in _CTYPES
            return work(*given, **named)

    fresh = copy.copy(library)
    fresh.ffi = Watched()
    program = Program(fresh, DECLARATIONS, {"host.twice": abs, "host.map": lambda x: x})
    program.square([1.0])
    program.poke(bytearray(b"a"))
    assert len(program.grow([1, 2.5, b"x", [1]])[3]) == 1
    program.mapped(np.zeros(1))
    program.identity(Storage(np.zeros(1)))
    program.new_instance().count(1)
    with pytest.raises(VmError):
        program.fail(3)
    with pytest.raises(VmError):
        program.add(1)
    with pytest.raises(VmError):
        Program(fresh, DECLARATIONS, {"host.twice": lambda x: 1 / 0}).twice(1)
    del program
    gc.collect()


def test_nothing_leaks(program: Program) -> None:
    resource = pytest.importorskip("resource")

    def peak() -> int:
        return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

    x = np.zeros(1 << 18, np.float32)
    for _ in range(20):
        program.square(x)
    before = peak()
    for _ in range(200):
        program.square(x)
    assert peak() - before < 50_000  # in KiB; a leak would be 200,000
