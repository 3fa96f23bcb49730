"""A static program as a library: a C function on an arena, inputs and outputs."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compare.engines.base import Engine
from compare.values import Call, Outcome

_ALIGNMENT = 64


@dataclass(frozen=True)
class StaticForm:
    """The function `symbol` of a library: the numpy type of each argument that is a number, "" for arrays, and of each
    result that and the shape."""

    library: Path
    symbol: str
    arena_bytes: int
    numbers: tuple[str, ...]
    results: tuple[tuple[str, tuple[int, ...]], ...]

    def open(self) -> Engine:
        return _StaticEngine(self)


class _StaticEngine:
    def __init__(self, spec: StaticForm) -> None:
        self._function = getattr(ctypes.CDLL(str(spec.library)), spec.symbol)
        self._function.restype = None
        self._spec = spec
        self._arena = np.empty(spec.arena_bytes + _ALIGNMENT, np.uint8)

    def reset(self) -> None:
        """There is no state."""

    def call(self, call: Call) -> Outcome:
        results = self._results()
        self._made(call, results)()
        return Outcome(tuple(results))

    def prepare(self, call: Call) -> Callable[[], None]:
        return self._made(call, self._results())

    def _results(self) -> list[NDArray[Any]]:
        return [np.empty(shape, dtype) for dtype, shape in self._spec.results]

    def _made(self, call: Call, results: list[NDArray[Any]]) -> Callable[[], None]:
        """The call with all addresses; it keeps the arrays."""
        inputs = [
            np.ascontiguousarray(argument, number or None)
            for argument, number in zip(call.arguments, self._spec.numbers, strict=True)
        ]
        arena = ctypes.c_void_p(self._arena.ctypes.data + -self._arena.ctypes.data % _ALIGNMENT)
        given = [
            np.ctypeslib.as_ctypes_type(array.dtype)(array.item()) if number else ctypes.c_void_p(array.ctypes.data)
            for array, number in zip(inputs, self._spec.numbers, strict=True)
        ]
        places = [arena, *given, *(ctypes.c_void_p(array.ctypes.data) for array in results)]

        def run(function: Callable[..., None] = self._function, kept: object = (inputs, results)) -> None:
            function(*places)

        return run
