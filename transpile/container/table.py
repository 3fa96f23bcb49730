"""Decoded tables as the rest of the container sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast, overload

from transpile.container.schema import TableType, Unions

if TYPE_CHECKING:
    from transpile.container.reader import Reader


class Table:
    """One decoded table.  Getters give an absent field its default: the schema's, None, or no elements."""

    __slots__ = ("_values", "type")

    def __init__(self, table_type: TableType, values: dict[str, Any]) -> None:
        self.type = table_type
        self._values = values

    def __contains__(self, field: str) -> bool:
        """Tell whether `field` is stored, even if it is stored with its default value."""
        return field in self._values

    def integer(self, field: str) -> int:
        """Return a scalar."""
        value = self._values.get(field)
        return self.type.default(field) if value is None else cast(int, value)

    def text(self, field: str) -> str | None:
        """Return a string; bytes that are not UTF-8 appear as backslash escapes."""
        return cast("str | None", self._values.get(field))

    def data(self, field: str) -> memoryview | None:
        """Return a vector of bytes or of structs, uncopied."""
        return cast("memoryview | None", self._values.get(field))

    def numbers(self, field: str) -> tuple[int, ...]:
        """Return a vector of numbers."""
        return cast("tuple[int, ...]", self._values.get(field, ()))

    def child(self, field: str) -> Table | None:
        """Return a table, or the value of a union."""
        return cast("Table | None", self._values.get(field))

    def children(self, field: str) -> tuple[Table | None, ...]:
        """Return a vector of tables."""
        return cast("tuple[Table | None, ...]", self._values.get(field, ()))

    def deferred(self, field: str) -> Deferred | None:
        """Return a lazy table."""
        return cast("Deferred | None", self._values.get(field))

    def unions(self, field: str) -> Sequence[Table | None]:
        """Return a vector of unions."""
        return cast("Sequence[Table | None]", self._values.get(field, ()))


class Deferred:
    """A table that is decoded when it is read."""

    def __init__(self, reader: Reader, table_type: TableType, position: int, path: str) -> None:
        self._reader = reader
        self._arguments = (table_type, position, path)

    def read(self) -> Table:
        """Decode the table; raise `ContainerError` if it is malformed."""
        return self._reader.table(*self._arguments)


class UnionVector(Sequence["Table | None"]):
    """A vector of unions, decoded one by one when asked for; tag 0 and unknown tags read as None."""

    def __init__(self, reader: Reader, union: Unions, tags: memoryview, values: int, path: str) -> None:
        self._reader = reader
        self._members = union.members
        self._tags = tags
        self._values = values
        self._path = path

    def __len__(self) -> int:
        return len(self._tags)

    @overload
    def __getitem__(self, index: int) -> Table | None: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Table | None]: ...
    def __getitem__(self, index: int | slice) -> Table | Sequence[Table | None] | None:
        if isinstance(index, slice):
            return [self[k] for k in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self._reader.union(self._members, self._tags[index], self._values + 4 * index, f"{self._path}[{index}]")
