"""Lines of C that know what they were made from: what shows both side by side reads it here.

    VM_TRY(vm_buffer_load_f32(vm, buf1, vm_add_i64(n2, k), &x0), 0x1e6);     made from 0x1df, 0x1e6

A function of raised nests may serve several: its lines name arrays and instructions as the loop IR does.

    acc0_2 = x19 * x13 + acc0_2;                                             made from fma.f32
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Offsets = tuple[int, ...]
"""Places in the bytecode of a function, in ascending order."""


class Line(str):
    """A line of C and what it was made from: offsets, or names."""

    __slots__ = ("made_from",)
    made_from: tuple[Any, ...]

    def __new__(cls, text: str, made_from: tuple[Any, ...]) -> Line:
        line = super().__new__(cls, text)
        line.made_from = made_from
        return line

    def indented(self, blanks: str) -> Line:
        """The same line further in."""
        return Line(blanks + self, self.made_from)


def marked(lines: Iterable[str], made_from: tuple[Any, ...]) -> Iterator[str]:
    """The lines of a statement; those of statements inside it know better."""
    for line in lines:
        yield line if isinstance(line, Line) else Line(line, made_from)


@dataclass(frozen=True)
class PrintedNest:
    """The C of a function of raised nests, and the names of arrays and instructions that its lines were made from."""

    text: str
    made_from: Mapping[int, tuple[str, ...]]


@dataclass(frozen=True)
class Printed:
    """The C of one function, and what its lines were made from, by their number from 0."""

    symbol: str
    text: str
    made_from: Mapping[int, Offsets]


def sources(lines: Iterable[str], first: int = 0) -> dict[int, tuple[Any, ...]]:
    """What lines were made from, of which the first one has this number."""
    known = ((number, line.made_from) for number, line in enumerate(lines, first) if isinstance(line, Line))
    return {number: made_from for number, made_from in known if made_from}
