"""A function written by hand in C."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from compare.engines.base import Engine
from compare.values import Call, Outcome, normal

_KINDS = {"int32_t": "i", "int64_t": "I", "float": "f", "double": "F"}


@dataclass(frozen=True)
class ByHand:
    """A C function written by hand: `int32_t name(arguments..., results*...)`."""

    library: Path
    cdef: str
    function: str
    results: tuple[str, ...]
    """C types of the results."""

    def open(self) -> Engine:
        return _ByHandEngine(self)


class _ByHandEngine:
    def __init__(self, spec: ByHand) -> None:
        import cffi

        self._ffi = cffi.FFI()
        self._ffi.cdef(spec.cdef)
        self._spec = spec
        self._function = getattr(self._ffi.dlopen(str(spec.library)), spec.function)

    def reset(self) -> None:
        """There is no state."""

    def call(self, call: Call) -> Outcome:
        places = [self._ffi.new(f"{kind} *") for kind in self._spec.results]
        if status := self._function(*call.arguments, *places):
            return Outcome(failure=str(status))
        kinds = map(_KINDS.__getitem__, self._spec.results)
        return Outcome(tuple(normal(place[0], kind) for place, kind in zip(places, kinds, strict=True)))

    def prepare(self, call: Call) -> Callable[[], None]:
        places = [self._ffi.new(f"{kind} *") for kind in self._spec.results]
        function, arguments = self._function, call.arguments
        return lambda: function(*arguments, *places)
