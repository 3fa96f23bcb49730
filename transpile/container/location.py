r"""Source locations of the debug database: a table of locations that nest by index.

The runtime prints them as

    file:line:column                       a place
    <callee>\n      at <caller>            a call site
    <metadata>[\n    <a>,\n    <b>\n  ]    fused locations, the metadata in angle brackets and optional
    "name"(<child>)                        a named location, the child optional
    [unknown]                              none

Hostile tables nest without end or double at each level, so depth and size of what is followed are limited;
beyond the limits a location counts as unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transpile import limits
from transpile.container.schema import CALL_SITE, FILE_LINE_COL, FUSED, NAME
from transpile.container.table import Table

_UNKNOWN = "[unknown]"


class LocationTable:
    """All locations of a module; an index outside of the table is an unknown location."""

    def __init__(self, entries: Sequence[Table | None]) -> None:
        self._entries = entries
        self._leaves: dict[int, tuple[str, int, int] | None] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def entry(self, index: int) -> Table | None:
        """Return one location's table, None for an unknown one; raise `ContainerError` if it is malformed."""
        return self._entries[index] if 0 <= index < len(self._entries) else None

    def text(self, index: int) -> str:
        """Return location `index` as the runtime prints it."""
        return _Walk(self).text(index)

    def leaf(self, index: int) -> tuple[str, int, int] | None:
        """Return the first (file, line, column) in location `index` that an editor could open, if any."""
        if index not in self._leaves:
            self._leaves[index] = next(_Walk(self).places(index), None)
        return self._leaves[index]


class _Walk:
    """One traversal of a location, within the limits."""

    def __init__(self, table: LocationTable) -> None:
        self._table = table
        self._nodes_left = limits.LOCATION_NODES

    def text(self, index: int, depth: int = 0) -> str:
        """Return location `index` as text."""
        entry = self._visit(index, depth)
        if entry is None:
            return _UNKNOWN
        if entry.type is FILE_LINE_COL:
            return "{}:{}:{}".format(*_place(entry))
        children = [self.text(child, depth + 1) for child in self._children(entry)]
        if entry.type is CALL_SITE:
            return "\n      at ".join(children)
        if entry.type is FUSED:
            metadata = f"<{entry.text('metadata')}>" if "metadata" in entry else ""
            return f"{metadata}[\n" + ",\n".join(f"    {child}" for child in children) + "\n  ]"
        return f'"{entry.text("name") or ""}"' + "".join(f"({child})" for child in children)

    def places(self, index: int, depth: int = 0) -> Iterator[tuple[str, int, int]]:
        """Yield the places with a file and a line that location `index` is made of, callees before callers."""
        entry = self._visit(index, depth)
        if entry is None:
            return
        if entry.type is FILE_LINE_COL and entry.text("filename") and entry.integer("line") > 0:
            yield _place(entry)
        for child in self._children(entry):
            yield from self.places(child, depth + 1)

    def _children(self, entry: Table) -> Iterator[int]:
        """Yield the children of a location while any more may be visited, and the first that may not."""
        for child in _children(entry):
            yield child
            if self._nodes_left < 0:
                break

    def _visit(self, index: int, depth: int) -> Table | None:
        self._nodes_left -= 1
        if depth >= limits.LOCATION_NESTING or self._nodes_left < 0:
            return None
        return self._table.entry(index)


def _place(entry: Table) -> tuple[str, int, int]:
    return entry.text("filename") or "", entry.integer("line"), entry.integer("column")


def _children(entry: Table) -> Sequence[int]:
    if entry.type is CALL_SITE:
        return entry.integer("callee"), entry.integer("caller")
    if entry.type is FUSED:
        return entry.numbers("locations")
    if entry.type is NAME and "child_location" in entry:
        return (entry.integer("child_location"),)
    return ()
