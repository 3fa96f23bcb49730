"""A static program as a library: a C function on a state, if it has one, an arena, inputs and outputs."""

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
    result that and the shape; `init` fills the state that it takes, "" if it takes none."""

    library: Path
    symbol: str
    arena_bytes: int
    numbers: tuple[str, ...]
    results: tuple[tuple[str, tuple[int, ...]], ...]
    state_bytes: int = 0
    init: str = ""

    def open(self) -> Engine:
        return _StaticEngine(self)


class _StaticEngine:
    def __init__(self, spec: StaticForm) -> None:
        self._library = ctypes.CDLL(str(spec.library))
        self._function = getattr(self._library, spec.symbol)
        self._function.restype = None
        self._spec = spec
        self._arena, self._state = (np.empty(n + _ALIGNMENT, np.uint8) for n in (spec.arena_bytes, spec.state_bytes))
        self.reset()

    def reset(self) -> None:
        if self._spec.init:
            getattr(self._library, self._spec.init)(_address(self._state))

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
        given = [
            np.ctypeslib.as_ctypes_type(array.dtype)(array.item()) if number else ctypes.c_void_p(array.ctypes.data)
            for array, number in zip(inputs, self._spec.numbers, strict=True)
        ]
        memory = [self._state, self._arena] if self._spec.init else [self._arena]
        places = [*map(_address, memory), *given, *(ctypes.c_void_p(array.ctypes.data) for array in results)]

        def run(function: Callable[..., None] = self._function, kept: object = (inputs, results)) -> None:
            function(*places)

        return run


def _address(memory: NDArray[np.uint8]) -> ctypes.c_void_p:
    """An aligned one inside."""
    return ctypes.c_void_p(memory.ctypes.data + -memory.ctypes.data % _ALIGNMENT)
