"""What a program around a static program has to know of it: functions, their arrays, the arena."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Array:
    """An array that a function reads or writes: `element` is its element type as text, `type` the one in C."""

    name: str
    element: str
    type: str
    dims: tuple[int, ...]
    bytes: int

    @property
    def count(self) -> int:
        """Of elements."""
        return math.prod(self.dims)

    @property
    def shape(self) -> str:
        """As in `1x64xf32`."""
        return "x".join([*map(str, self.dims), self.element])


@dataclass(frozen=True)
class Entry:
    """A C function `symbol` of a static program: the module's function `name`."""

    name: str
    symbol: str
    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...]


@dataclass(frozen=True)
class Interface:
    """All functions of a static program, in the module's order; sizes in bytes."""

    entries: tuple[Entry, ...]
    arena_bytes: int
    alignment: int
