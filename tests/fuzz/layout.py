"""Where the parts of a well-formed FlatBuffer are, by the schema: what a mutation that knows the format aims at."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from transpile.container.schema import (
    BYTECODE_MODULE,
    Bytes,
    Child,
    Children,
    Field,
    Numbers,
    Scalar,
    String,
    Structs,
    TableType,
    Union,
    Unions,
)


class Span(NamedTuple):
    """Bytes of one meaning, from the FlatBuffer's start."""

    at: int
    size: int
    kind: str
    """offset, text offset (one that leads to a string), scalar, count (a vector's), vtable, text or data."""


def spans(flatbuffer: memoryview) -> list[Span]:
    """All parts of a module's FlatBuffer, those that several tables share once."""
    return sorted(set(_Walk(flatbuffer).module()))


class _Walk:
    """One pass over the buffer; every table is entered once."""

    def __init__(self, flatbuffer: memoryview) -> None:
        self.buffer = flatbuffer
        self.entered: set[tuple[str, int]] = set()

    def module(self) -> Iterator[Span]:
        yield Span(0, 4, "offset")
        yield from self.table(BYTECODE_MODULE, self.target(0))

    def target(self, at: int) -> int:
        return at + int(struct.unpack_from("<I", self.buffer, at)[0])

    def table(self, table: TableType, position: int) -> Iterator[Span]:
        if (table.name, position) in self.entered:
            return
        self.entered.add((table.name, position))
        vtable = position - int(struct.unpack_from("<i", self.buffer, position)[0])
        size = int(struct.unpack_from("<H", self.buffer, vtable)[0])
        yield Span(position, 4, "offset")
        yield from (Span(vtable + k, 2, "vtable") for k in range(0, size, 2))
        for field in table.fields:
            yield from self.field(field, position, vtable, size)

    def place(self, slot: int, position: int, vtable: int, size: int) -> int | None:
        entry = 4 + 2 * slot
        offset = int(struct.unpack_from("<H", self.buffer, vtable + entry)[0]) if entry + 2 <= size else 0
        return position + offset if offset else None

    def field(self, field: Field, position: int, vtable: int, size: int) -> Iterator[Span]:
        at = self.place(field.slot, position, vtable, size)
        if at is None:
            return
        kind = field.type
        if isinstance(kind, Scalar):
            yield Span(at, struct.calcsize(kind.code), "scalar")
        elif isinstance(kind, Union):
            yield Span(at, 1, "scalar")
        elif isinstance(kind, Unions):
            yield from self.unions(kind, at, self.place(field.slot + 1, position, vtable, size))
        else:
            yield Span(at, 4, "text offset" if isinstance(kind, String) else "offset")
            yield from self.value(kind, self.target(at))

    def value(self, kind: object, target: int) -> Iterator[Span]:
        if isinstance(kind, Child):
            yield from self.table(kind.table, target)
            return
        count = int(struct.unpack_from("<I", self.buffer, target)[0])
        yield Span(target, 4, "count")
        if isinstance(kind, Children):
            for at in range(target + 4, target + 4 + 4 * count, 4):
                yield Span(at, 4, "offset")
                yield from self.table(kind.table, self.target(at))
        elif isinstance(kind, Structs):
            yield from self.structs(kind, target + 4, count)
        elif isinstance(kind, Numbers):
            yield from (Span(target + 4 + 4 * k, 4, "scalar") for k in range(count))
        elif count:
            yield Span(target + 4, count, "data" if isinstance(kind, Bytes) else "text")

    def structs(self, kind: Structs, start: int, count: int) -> Iterator[Span]:
        width = struct.calcsize(kind.layout)
        sizes = [struct.calcsize(code) for code in kind.layout if code in "iIh"]
        for k in range(count):
            end = start + width * (k + 1)
            for size in reversed(sizes):  # padding, if any, stands before the last fields
                yield Span(end - size, size, "scalar")
                end -= size

    def unions(self, kind: Unions, tags_at: int, values_at: int | None) -> Iterator[Span]:
        if values_at is None:
            return
        tags, values = self.target(tags_at), self.target(values_at)
        count = int(struct.unpack_from("<I", self.buffer, tags)[0])
        yield from (Span(tags_at, 4, "offset"), Span(values_at, 4, "offset"), Span(tags, 4, "count"))
        yield Span(values, 4, "count")
        for k in range(count):
            tag = self.buffer[tags + 4 + k]
            yield Span(tags + 4 + k, 1, "scalar")
            yield Span(values + 4 + 4 * k, 4, "offset")
            if tag in kind.members:
                yield from self.table(kind.members[tag], self.target(values + 4 + 4 * k))
