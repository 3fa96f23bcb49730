"""The debug database: which source location each instruction came from, and the names of internal functions.

Since compiler 3.11.0 the database holds one function only, at index 0, and that one describes the *last*
internal function of the module.  An entry is therefore trusted either by position, where there is one for
each function, or, for the last function only, by its instruction offsets, which must match completely.

Everything is decoded, and its structure checked, on demand: a database can be larger than the program.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from transpile.container.location import LocationTable
from transpile.container.schema import BYTECODE_LOCATION
from transpile.container.table import Deferred, Table


@dataclass(frozen=True)
class Location:
    """One source location: a tree of call sites and fused or named locations above places in files."""

    table: LocationTable
    index: int

    @property
    def text(self) -> str:
        """The whole tree as the runtime prints it in a stack trace; has several lines for call sites."""
        return self.table.text(self.index)

    @property
    def leaf(self) -> tuple[str, int, int] | None:
        """The (file, line, column) nearest to the instruction: a call site's callee, else the first found."""
        return self.table.leaf(self.index)


@dataclass(frozen=True)
class FunctionLocations:
    """The source locations of one function, by instruction offset in bytes from the function's start."""

    name: str
    """The function's name in the compiler, "" if unknown."""
    offsets: tuple[int, ...]
    """Ascending."""
    indices: tuple[int, ...]
    """The location of each offset in `table`."""
    table: LocationTable

    def at(self, pc: int) -> Location | None:
        """Return the location of the last entry at or before `pc`."""
        entry = bisect_right(self.offsets, pc) - 1
        return Location(self.table, self.indices[entry]) if entry >= 0 else None


class DebugDatabase:
    """A module's debug database.  Methods raise `ContainerError` if what they decode is malformed."""

    def __init__(self, database: Deferred) -> None:
        self._database = database
        self._locations: dict[int, FunctionLocations] = {}
        self._pairs: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = {}

    @property
    def function_count(self) -> int:
        """Functions described; not the module's number of functions since compiler 3.11.0."""
        return len(self._functions)

    def locations_for(
        self, function_index: int, function_count: int, instruction_offsets: Iterable[int] | None = None
    ) -> FunctionLocations | None:
        """Return the locations of an internal function, None where the database has none that can be trusted.

        `function_count` is the module's number of internal functions.  `instruction_offsets` are those of all
        instructions of this function except block markers; a prefixed one counts from its prefix.  They are
        needed only for databases without one entry for each function.
        """
        if self.function_count == function_count:
            return self._entry(function_index)
        if instruction_offsets is None or function_index != function_count - 1:
            return None
        expected = tuple(sorted(instruction_offsets))
        for entry in range(self.function_count):
            found = self._entry(entry)
            if found is not None and found.offsets == expected:
                return found
        return None

    def verify(self) -> None:
        """Check the structure of the whole database; takes time linear in its size."""
        for index in range(len(self.locations)):
            self.locations.entry(index)

    @cached_property
    def locations(self) -> LocationTable:
        """All source locations."""
        return LocationTable(self._root.unions("location_table"))

    @cached_property
    def _root(self) -> Table:
        return self._database.read()

    @property
    def _functions(self) -> tuple[Table | None, ...]:
        return self._root.children("functions")

    def _entry(self, index: int) -> FunctionLocations | None:
        if not 0 <= index < self.function_count:
            return None
        found = self._locations.get(index)
        source_map = self._functions[index]
        if found is None and source_map is not None:
            found = self._locations[index] = self._decode(source_map)
        return found

    def _decode(self, source_map: Table) -> FunctionLocations:
        offsets, indices = self._decode_pairs(source_map.data("locations"))
        return FunctionLocations(source_map.text("local_name") or "", offsets, indices, self.locations)

    def _decode_pairs(self, stored: memoryview | None) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the offsets and location indices of one vector; functions that share it share the result."""
        if stored is None:
            return (), ()
        if id(stored) not in self._pairs:
            pairs = sorted(struct.iter_unpack(BYTECODE_LOCATION.layout, stored))
            self._pairs[id(stored)] = tuple(p[0] for p in pairs), tuple(p[1] for p in pairs)
        return self._pairs[id(stored)]
