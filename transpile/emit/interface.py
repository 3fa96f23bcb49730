"""What a program around a static program has to know of it: functions, their arrays, the arena."""

from __future__ import annotations

import math
from dataclasses import dataclass

from transpile.c.literals import string


@dataclass(frozen=True)
class Array:
    """An array that a function reads or writes; its type of elements as text, as the HAL's number, and in C."""

    name: str
    element: str
    element_type: int
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

    @property
    def arrays(self) -> tuple[Array, ...]:
        """In the order of the C function's parameters."""
        return self.inputs + self.outputs

    @property
    def literal(self) -> str:
        """The name as a C string."""
        return string(self.name)


@dataclass(frozen=True)
class Interface:
    """All functions of a static program, in the module's order; sizes in bytes.

    `mnemonics` are the instructions that it computes with, `vectors` says whether it does so with vectors.
    """

    entries: tuple[Entry, ...]
    arena_bytes: int
    alignment: int
    mnemonics: frozenset[str] = frozenset()
    vectors: bool = False

    @property
    def rank(self) -> int:
        """Of an array with the most dimensions; at least 1."""
        return max([1, *(len(array.dims) for entry in self.entries for array in entry.arrays)])

    @property
    def most_arrays(self) -> int:
        """That a function takes."""
        return max(len(entry.arrays) for entry in self.entries)
