"""One function over many elements, on all cores: `Function.map`."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import ArgumentMismatch
from .outputs import packed
from .signature import Argument, tensor_element_type
from .values import as_array
from .workers import Failed, Worker, named

if TYPE_CHECKING:
    from .function import Function

_RUNS = 8  # a worker takes about so many, so that all end at about the same time


class Cut(NamedTuple):
    """An argument as its elements."""

    pieces: NDArray[Any] | None
    """With the elements along the first axis; None for a number that they share."""
    value: Any = None
    is_number: bool = False
    is_batch: bool = False
    """Whether an element has the function's own first axis, along which results are joined again."""

    def at(self, index: int) -> Any:
        """The argument of one call."""
        if self.pieces is None:
            return self.value
        return self.pieces[index] if self.is_number else self.pieces[index, ...]


def map_function(function: Function, arguments: Sequence[Any], max_workers: int | None) -> Any:
    """`Function.map`."""
    cuts = [_cut(function, place, value) for place, value in enumerate(arguments)]
    count = _count(function, cuts)
    if max_workers is not None and max_workers < 1:
        raise ArgumentMismatch(f"map needs at least one worker, not {max_workers}")
    if not count:
        return packed([_nothing(function, item) for item in function.outputs])
    stacks = _Job(function, cuts, count, min(max_workers or _cores(), count)).run()
    is_batch = any(cut.is_batch for cut in cuts)
    return packed([_joined(stack) if is_batch and stack.ndim > 1 else stack for stack in stacks])


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# ---- arguments -------------------------------------------------------------------------------------------------------


def _cut(function: Function, place: int, value: Any) -> Cut:
    """Elements along one more axis than the function takes, or batches of as many as it takes."""
    item, is_number = function.inputs[place], function.kinds[place] != "r"
    if is_number and np.ndim(value) == 0:
        return Cut(None, value, True)
    array = as_array(value, tensor_element_type(function._shape.types[place]))
    rank = array.ndim - 1 if item.shape is None else len(item.shape)
    if array.ndim == rank + 1:
        return Cut(array, None, is_number)
    batch = item.shape[0] if item.shape and isinstance(item.shape[0], int) else 1
    if array.ndim != rank or not batch:
        raise _mismatch(function, item, f"map takes an array of {rank + 1} dimensions, not {array.ndim}")
    if len(array) % batch:
        raise _mismatch(function, item, f"map takes a multiple of {batch} elements, not {len(array)}")
    return Cut(array.reshape(len(array) // batch, batch, *array.shape[1:]), is_batch=True)


def _count(function: Function, cuts: Sequence[Cut]) -> int:
    pairs = zip(function.inputs, cuts, strict=True)
    counts = {item.name: len(cut.pieces) for item, cut in pairs if cut.pieces is not None}
    if not counts:
        raise ArgumentMismatch(f"map of {function.__name__} needs an array with elements to go through")
    if len(set(counts.values())) > 1:
        each = ", ".join(f"{name!r} has {count}" for name, count in counts.items())
        raise ArgumentMismatch(f"arguments of {function.__name__} have different numbers of elements: {each}")
    return next(iter(counts.values()))


def _mismatch(function: Function, item: Argument, text: str) -> ArgumentMismatch:
    return ArgumentMismatch(f"argument {item.name!r} of {function.__name__}: {text}")


# ---- results ---------------------------------------------------------------------------------------------------------


def _stack(function: Function, item: Argument, value: Any, count: int) -> NDArray[Any]:
    """Where a result goes for all elements, by what the first one has given."""
    dtype = value.dtype if isinstance(value, np.ndarray) else item.dtype
    if dtype is None:
        raise ArgumentMismatch(f"map of {function.__name__}: its result {item.name!r} is not an array")
    return np.empty((count, *np.shape(value)), dtype)


def _nothing(function: Function, item: Argument) -> NDArray[Any]:
    sizes = [size for size in item.shape or () if isinstance(size, int)]
    if item.dtype is None or item.shape is None or len(sizes) < len(item.shape):
        raise ArgumentMismatch(f"map of {function.__name__} without elements: the shape of {item.name!r} is not known")
    return np.empty((0, *sizes), item.dtype)


def _joined(stack: NDArray[Any]) -> NDArray[Any]:
    return stack.reshape(stack.shape[0] * stack.shape[1], *stack.shape[2:])


# ---- the work --------------------------------------------------------------------------------------------------------


class _Job:
    """All elements, and what has become of them.  Workers take runs of neighbouring ones, in order."""

    def __init__(self, function: Function, cuts: Sequence[Cut], count: int, workers: int) -> None:
        self._function = function
        self._count = count
        self._length = max(1, -(-count // (workers * _RUNS)))
        self._starts = itertools.count(1, self._length)  # the first element is done before
        self._lock = threading.Lock()
        self._failure: Failed | None = None
        self._stop = function._program.library.ffi.new("int32_t *")
        threads = 1 if workers > 1 else function._program._threads
        self._workers = [Worker(function, cuts, threads, self._stop) for _ in range(workers)]

    def run(self) -> list[NDArray[Any]]:
        """The results of all elements."""
        first = self._workers[0].first()
        outputs = zip(self._function.outputs, first, strict=True)
        stacks = [_stack(self._function, item, value, self._count) for item, value in outputs]
        for stack, value in zip(stacks, first, strict=True):
            stack[0, ...] = value
        with ThreadPoolExecutor(len(self._workers), "transpile-map") as pool:
            waiting = [pool.submit(self._work, worker, stacks) for worker in self._workers]
            try:
                wait(waiting)
            except BaseException:  # KeyboardInterrupt and the like
                self._interrupt()
                raise
        for done in waiting:
            done.result()
        if self._failure is not None:
            raise named(self._failure)
        return stacks

    def _work(self, worker: Worker, stacks: list[NDArray[Any]]) -> None:
        worker.write_to(stacks)
        for run in self._runs():
            try:
                worker.run(run)
            except Failed as failure:
                self._failed(failure)

    def _runs(self) -> Iterator[range]:
        """For a worker that asks; none that is behind an element that has failed."""
        for start in self._starts:
            if start >= self._count or self._stop[0] or (self._failure and self._failure.index < start):
                return
            yield range(start, min(start + self._length, self._count))

    def _failed(self, failure: Failed) -> None:
        """What counts is the failure of the lowest element, however many workers there are."""
        with self._lock:
            if self._failure is None or failure.index < self._failure.index:
                self._failure = failure

    def _interrupt(self) -> None:
        self._stop[0] = 1
        for worker in self._workers:
            worker.interrupt()
