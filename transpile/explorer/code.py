"""The panes of one function, each line with the instructions it belongs to."""

from __future__ import annotations

from collections.abc import Iterable

from transpile.container import Module
from transpile.emit.lines import Printed, PrintedNest
from transpile.explain import callee
from transpile.explorer.data import Nest, Text
from transpile.ir import Function
from transpile.ir.text import placed_lines
from transpile.isa.disasm import function_lines, printable
from transpile.pipeline import Lowered


class Listing:
    """The disassembly of a function, which all other panes are linked to."""

    def __init__(self, lowered: Lowered, fn: Function) -> None:
        found = list(function_lines(lowered.module, fn.index))
        self.lines = [f"{offset:06x}  {text}" for offset, text in found]
        self._line_of = {offset: number for number, (offset, _) in enumerate(found)}
        self.locations: list[tuple[str, int, int]] = []
        self._number_of: dict[tuple[str, int, int], int] = {}
        self.places = [self._place(lowered, fn, offset) for offset, _ in found]

    def at(self, offsets: Iterable[int]) -> list[int]:
        """The lines of the instructions at some offsets."""
        return sorted({self._line_of[offset] for offset in offsets if offset in self._line_of})

    def extent(self, offsets: Iterable[int]) -> list[tuple[int, int]]:
        """The same as first and last line of each piece."""
        found: list[tuple[int, int]] = []
        for line in self.at(offsets):
            if found and line == found[-1][1] + 1:
                found[-1] = found[-1][0], line
            else:
                found.append((line, line))
        return found

    def _place(self, lowered: Lowered, fn: Function, offset: int) -> int:
        leaf = lowered.locations.place(fn.index, offset)
        if leaf is None:
            return -1
        file, line, column = leaf
        known = self._number_of.setdefault((printable(file), line, column), len(self.locations))
        if known == len(self.locations):
            self.locations.append((printable(file), line, column))
        return known


def c_text(printed: Printed, listing: Listing) -> Text:
    """The C of a function."""
    lines = printed.text.rstrip("\n").split("\n")
    return Text(lines, [listing.at(printed.made_from.get(number, ())) for number in range(len(lines))])


def nest_text(printed: PrintedNest) -> Nest:
    """The C of a function of raised nests."""
    lines = printed.text.split("\n")
    numbers: dict[str, int] = {}
    named = [printed.made_from.get(line, ()) for line in range(len(lines))]
    links = [[numbers.setdefault(name, len(numbers)) for name in names] for names in named]
    return Nest(lines, links, list(numbers))


def ir_text(module: Module, fn: Function, listing: Listing) -> Text:
    """The intermediate form that the C was made from."""
    placed = list(placed_lines(fn, lambda number: callee(module, number)))
    links = [listing.at([offset] if offset else []) for offset, _ in placed]
    return Text([printable(line) for _, line in placed], links)
