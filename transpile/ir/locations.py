"""Source locations of instructions, as far as the module's debug database can be trusted."""

from __future__ import annotations

from collections.abc import Iterable

from transpile.container import Module
from transpile.container.debug import FunctionLocations, Location
from transpile.errors import ContainerError
from transpile.isa.decode import decode
from transpile.isa.table import Trait


class Locations:
    """Looks up places in source files by function and bytecode offset."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._found: dict[int, FunctionLocations | None] = {}

    def at(self, index: int, offset: int) -> str | None:
        """`file:line:column` of the instruction at `offset` of function `index`, or None."""
        found = self._of(index)
        return _text(found.at(offset)) if found else None

    def place(self, index: int, offset: int) -> tuple[str, int, int] | None:
        """The file, line and column of an instruction."""
        found = self._of(index)
        place = found.at(offset) if found else None
        return place.leaf if place else None

    def line(self, index: int, offset: int) -> tuple[str, int] | None:
        """The file and line of an instruction, for a debugger."""
        place = self.place(index, offset)
        return place[:2] if place else None

    def rows(self, index: int) -> list[tuple[int, str | None]]:
        """Every place in function `index`, with the offset of the first instruction it belongs to; None: no place.

        A hostile database has negative offsets; what they say holds from the function's start on.
        """
        found = self._of(index)
        return changes((max(offset, 0), _text(found.at(offset))) for offset in found.offsets) if found else []

    def _of(self, index: int) -> FunctionLocations | None:
        if index not in self._found:
            self._found[index] = self._function(index)
        return self._found[index]

    def _function(self, index: int) -> FunctionLocations | None:
        debug = self.module.debug
        if debug is None:
            return None
        code = self.module.function_bytecode(index)
        offsets = [i.offset for i in decode(code, self.module.major) if Trait.MARKER not in i.op.traits]
        try:
            return debug.locations_for(index, len(self.module.functions), offsets)
        except ContainerError:
            return None  # a damaged database costs comments, not the translation


def changes(texts: Iterable[tuple[int, str | None]]) -> list[tuple[int, str | None]]:
    """The offsets at which another text begins, or none."""
    found: list[tuple[int, str | None]] = []
    for offset, text in texts:
        if text != (found[-1][1] if found else None):
            found.append((offset, text))
    return found


def _text(place: Location | None) -> str | None:
    leaf = place.leaf if place else None
    return "{}:{}:{}".format(*leaf) if leaf else None
