"""Results that are one memory, in IREE and here: the same values, and arrays that are nobody else's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import transpile
from transpile.program import VmBuffer, VmList
from transpile.program.program import Program

DATA = Path(__file__).parent / "data"
ENGINES = pytest.mark.parametrize("engine", ["c", "interpreter"])
X = np.arange(4, dtype=np.float32)


def load(name: str, engine: Any) -> Program:
    return transpile.load(DATA / f"{name}.vmfb", engine=engine, optimize="none")


class Witness:
    """IREE's Python binding, called with references."""

    def __init__(self, name: str) -> None:
        self.iree = pytest.importorskip("iree.runtime")
        self.config = self.iree.Config("local-sync")
        self.context = self.iree.SystemContext(config=self.config)
        self.module = self.iree.VmModule.mmap(self.config.vm_instance, str(DATA / f"{name}.vmfb"))
        self.context.add_vm_module(self.module)

    def call(self, name: str, *arguments: Any) -> Any:
        given, results = self.iree.VmVariantList(8), self.iree.VmVariantList(8)
        for argument in arguments:
            given.push_int(argument) if isinstance(argument, int) else given.push_ref(argument)
        self.context.vm_context.invoke(self.module.lookup_function(name), given, results)
        return results

    def view(self, array: np.ndarray[Any, Any]) -> Any:
        return self.iree.asdevicearray(self.config.device, array)._buffer_view

    def array(self, values: Any, index: int) -> Any:
        view = values.get_as_object(index, self.iree.HalBufferView)
        return self.iree.DeviceArray(self.config.device, view).to_host()

    def list(self, values: Any) -> Any:
        return values.get_as_object(0, self.iree.VmVariantList)

    def buffer(self, data: bytes) -> Any:
        made = self.iree.VmBuffer(len(data), mutable=True)
        memoryview(made)[:] = data
        return made

    def bytes(self, values: Any, index: int) -> bytes:
        return bytes(memoryview(values.get_as_object(index, self.iree.VmBuffer)))


@ENGINES
@pytest.mark.parametrize("name", ["twice", "same"])
def test_two_results_are_two_arrays(name: str, engine: str) -> None:
    witness = Witness("shares")
    theirs = witness.call(name, witness.view(X))
    x = X.copy()
    first, second = load("shares", engine)[name](x)
    assert first.tobytes() == second.tobytes() == witness.array(theirs, 0).tobytes()
    assert np.shares_memory(witness.array(theirs, 0), witness.array(theirs, 1))  # they leave it to the caller
    assert not np.shares_memory(first, second) and not np.shares_memory(first, x) and not np.shares_memory(second, x)
    second[:] = -1
    assert first.tobytes() == witness.array(theirs, 0).tobytes() and x.tobytes() == X.tobytes()


@ENGINES
def test_one_result_twice_in_a_list(engine: str) -> None:
    witness = Witness("shares")
    theirs = witness.list(witness.call("both", witness.view(X)))
    x = X.copy()
    ours = load("shares", engine).both(x)
    assert isinstance(ours, VmList) and len(ours) == len(theirs) == 2
    first, second = ours
    assert first.tobytes() == second.tobytes() == witness.array(theirs, 0).tobytes()
    first[:] = -1
    assert second.tobytes() == X.tobytes() == np.asarray(ours[0]).tobytes() and x.tobytes() == X.tobytes()


@ENGINES
def test_a_list_that_the_module_keeps(engine: str) -> None:
    program, x = load("shares", engine), X.copy()
    program.hold(x)
    x[:] = -1
    program.held_list()[0][:] = -2
    assert [element.tolist() for element in program.held_list()] == [X.tolist()] * 2


@ENGINES
def test_a_buffer_of_the_module_is_one_object(engine: str) -> None:
    """In IREE the caller's own buffer is a third name of it; here the caller's bytes keep their values."""
    witness = Witness("buffers")
    theirs = witness.call("pair", witness.buffer(b"wxyz"))
    witness.call("fill", theirs.get_as_object(0, witness.iree.VmBuffer), 5)
    program, data = load("buffers", engine), bytearray(b"wxyz")
    first, second = program.pair(data)
    assert isinstance(first, VmBuffer) and first is second
    assert program.fill(first, 5) is not first
    assert bytes(first) == bytes(second) == witness.bytes(theirs, 0) == witness.bytes(theirs, 1) == b"\5" * 4
    assert data == b"wxyz"


@ENGINES
def test_buffers_that_go_in(engine: str) -> None:
    program = load("buffers", engine)
    for data in (bytearray(b"abcd"), b"abcd", VmBuffer(bytearray(b"abcd"))):
        assert bytes(program.fill(data, 7)) == b"\7" * 4
        assert bytes(data) == b"abcd"
        program.keep(data)
        assert bytes(program.fill(program.same(data), 1)) == b"\1" * 4
        assert bytes(program.kept_one()) == b"abcd"


@ENGINES
def test_what_is_kept_can_be_changed_through_the_module_alone(engine: str) -> None:
    program = load("buffers", engine)
    program.keep(b"abcd")
    kept = program.kept_one()
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(kept)[0] = 1
    program.fill(kept, 3)
    assert bytes(program.kept_one()) == b"\3" * 4


def test_a_buffer_that_is_two_results_is_released() -> None:
    resource = pytest.importorskip("resource")
    program, data = load("buffers", "interpreter"), bytes(1 << 20)
    for _ in range(20):
        program.pair(data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(200):
        program.pair(data)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # in KiB; a leak would be 200,000
