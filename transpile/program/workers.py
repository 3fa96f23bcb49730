"""A worker of `Function.map`: an instance of its own, whose elements are calls.

Where a function can be called directly, a run of elements is one call of C, and Python goes on meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .errors import ArgumentMismatch, VmError
from .library import CData
from .plans import Direct, Memory, direct_of
from .uses import Passing
from .values import Inputs

if TYPE_CHECKING:
    from .function import Function
    from .mapping import Cut


class Failed(Exception):
    """An element's call failed."""

    def __init__(self, index: int, problem: BaseException) -> None:
        super().__init__(index)
        self.index = index
        self.problem = problem


def named(failure: Failed) -> BaseException:
    """The failure, which says what element it is of."""
    problem = failure.problem
    if isinstance(problem, VmError):
        problem.message = f"element {failure.index}: {problem.message}"
    else:
        problem.add_note(f"in element {failure.index}")
    return problem


class Worker:
    """Calls a function on elements, in one thread."""

    def __init__(self, function: Function, cuts: Sequence[Cut], threads: int | None, stop: CData) -> None:
        program = function._program._another(threads)
        donated = [place for place, passing in enumerate(function._passings) if passing is Passing.DONATED]
        self._program = program
        self._function = program[function.__name__].donate(*donated)
        self._cuts = cuts
        self._stop = stop
        self._direct: _Direct | None = None
        self._stacks: list[NDArray[Any]] = []

    def first(self) -> list[Any]:
        """The results of the first element."""
        try:
            return self._values(0)
        except BaseException as problem:
            named(Failed(0, problem))
            raise

    def write_to(self, stacks: list[NDArray[Any]]) -> None:
        """Results go there, by the numbers of their elements."""
        self._stacks = stacks
        direct = direct_of(self._function)
        if direct is not None and _is_plain(direct, self._cuts):
            self._direct = _Direct(self._function, direct, self._cuts, stacks, self._stop)

    def interrupt(self) -> None:
        """End the call that runs, if one does."""
        self._program.library.lib.vm_interrupt(self._program._instance)

    def run(self, run: range) -> None:
        """Calls for neighbouring elements; raise `Failed` for the first that fails."""
        index = run.start
        while index < run.stop and not self._stop[0]:
            if self._direct is not None:
                index = self._direct.run(index, run.stop)
            if index < run.stop and not self._stop[0]:  # C has left it
                self._one(index)
                index += 1

    def _one(self, index: int) -> None:
        try:
            _write(self._function, self._stacks, index, self._values(index))
        except BaseException as problem:
            raise Failed(index, problem) from None

    def _values(self, index: int) -> list[Any]:
        value = self._function(*(cut.at(index) for cut in self._cuts))
        return list(value) if len(self._function.outputs) > 1 else [value][: len(self._function.outputs)]


def _write(function: Function, stacks: Sequence[NDArray[Any]], index: int, values: Sequence[Any]) -> None:
    for item, stack, value in zip(function.outputs, stacks, values, strict=True):
        shape, expected = np.shape(value), stack.shape[1:]
        if shape != expected:
            text = f"result {item.name!r} has shape {shape}, that of the first element {expected}"
            raise ArgumentMismatch(text)
        stack[index, ...] = value


def _is_plain(direct: Direct, cuts: Sequence[Cut]) -> bool:
    """Whether C finds all arguments and results of a run by adding to addresses."""
    for item, cut in zip(direct.arguments, cuts, strict=True):
        if item.is_array != (cut.pieces is not None):
            return False
        if cut.pieces is None:
            continue
        sizes = cut.pieces.shape[1:]
        if cut.pieces.dtype != item.argument.dtype or len(sizes) != len(item.sizes):
            return False
        if any(size not in (None, given) for size, given in zip(item.sizes, sizes, strict=True)):
            return False
    return all(item.is_array for item in direct.results)


class _Direct:
    """Runs of elements as one call of C."""

    def __init__(
        self, function: Function, direct: Direct, cuts: Sequence[Cut], stacks: list[NDArray[Any]], stop: CData
    ) -> None:
        self._function = function
        self._program = function._program
        self._direct = direct
        self._stop = stop
        self._numbers = [cut.value for cut in cuts if cut.pieces is None]
        self._pieces = [cut.pieces for cut in cuts if cut.pieces is not None]
        self._stacks = stacks
        arrays = [*self._pieces, *stacks]
        ffi = self._program.library.ffi
        self._places = [ffi.from_buffer("char[]", array) for array in arrays]
        self._steps = ffi.new("uint64_t[]", [array.nbytes // len(array) for array in arrays] or 1)
        self._shapes = [array.shape[1:] for array in arrays]
        self._memory = self._new()

    def _new(self) -> Memory:
        memory, inputs = Memory(self._function, self._direct), Inputs(self._program.library)
        places = [place for place, item in enumerate(self._direct.arguments) if not item.is_array]
        for place, value in zip(places, self._numbers, strict=True):
            inputs.put(memory.number(place), self._direct.arguments[place].kind, value)
        plan = memory.plan
        tensors = [memory.arguments[k] for k in range(plan.argument_count)]
        tensors += [memory.results[k] for k in range(plan.result_count)]
        for tensor, shape in zip(tensors, self._shapes, strict=True):
            for axis, size in enumerate(shape):
                tensor.dims[axis] = size
        return memory

    def run(self, index: int, stop: int) -> int:
        """Returns the first element that is left to do, at most `stop`; raise `Failed` for one that has failed."""
        memory, plan = self._memory, self._memory.plan
        for k, place in enumerate(self._places):
            memory.data[k] = place + index * self._steps[k]
        index += self._program.library.lib.binding_call_each(plan, stop - index, self._steps, self._stop)
        if index == stop or self._stop[0] or plan.is_refused:
            return index
        if plan.is_kept:
            self._program._retained += memory.kept(self._pieces)
            self._memory = self._new()
        if plan.status:
            raise Failed(index, self._program._failure(self._program._instance, plan.status))
        if plan.is_left:
            try:
                _write(self._function, self._stacks, index, self._program._results(self._function, memory.returned))
            except ArgumentMismatch as problem:
                raise Failed(index, problem) from None
        return index + 1
