"""A FlatBuffer reader driven by `schema.py`: to decode a table is to verify it.

Checked, as by the runtime's own verifier: tables, vtables, vectors and strings lie in the buffer; offsets
to them are not zero and 4-aligned; strings end in NUL; required fields are there; union tags and values
agree.  Scalars are not checked for alignment: the format aligns 64-bit fields relative to the size prefix,
not to the FlatBuffer. One leniency: a zero offset in a vector of tables reads as None, so that the verifier
can name the missing entry.

Every object is decoded once, however often it is referred to, and `limits.WORK_PER_BYTE` bounds the sum of
their sizes, so time and memory are linear in the size of the FlatBuffer even where a hostile one overlaps
its objects.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

from transpile import limits
from transpile.container.archive import Archive
from transpile.container.cursor import OFFSET_BYTES, Cursor, VTable
from transpile.container.schema import (
    IDENTIFIER,
    Bytes,
    Child,
    Children,
    Field,
    FieldType,
    Numbers,
    Scalar,
    String,
    Structs,
    TableType,
    Union,
    Unions,
)
from transpile.container.table import Deferred, Table, UnionVector
from transpile.errors import Status

_ROOT_BYTES = 8


class _Body(NamedTuple):
    """A table being decoded."""

    position: int
    vtable: VTable
    path: str


class Reader:
    """Decodes the tables of one archive's FlatBuffer; methods raise `ContainerError` for malformed ones."""

    def __init__(self, archive: Archive) -> None:
        self._cursor = Cursor(archive)
        self._memo: dict[tuple[object, int], Any] = {}

    def root(self, table_type: TableType) -> Table:
        """Check the identifier and decode the root table."""
        cursor = self._cursor
        if cursor.end < _ROOT_BYTES:
            cursor.fail(0, "root", f"FlatBuffer of {cursor.end} bytes, expected at least {_ROOT_BYTES}")
        found = bytes(cursor.raw(4, _ROOT_BYTES))
        if found != IDENTIFIER:
            hint = "this is not an IREE module; compile with iree-compile --output-format=vm-bytecode"
            cursor.fail(4, "root", f"file identifier is {found!r}, expected {IDENTIFIER!r}", hint)
        return self.table(table_type, cursor.target(0, "root"), table_type.name)

    def table(self, table_type: TableType, position: int, path: str) -> Table:
        """Decode the table at `position`, where there is room for its vtable offset."""
        key = (table_type, position)
        table = self._memo.get(key)
        if table is None:
            table = self._memo[key] = self._decode(table_type, position, path)
        return cast(Table, table)

    def union(self, members: Mapping[int, TableType], tag: int, at: int, path: str) -> Table | None:
        """Decode the union with this tag whose value's offset is stored at `at`."""
        offset = self._cursor.u32(at)
        if (offset == 0) != (tag == 0):
            self._cursor.fail(at, path, f"union has tag {tag}, but its value has offset {offset}")
        member = members.get(tag)
        return None if member is None else self.table(member, self._cursor.target(at, path), path)

    def _decode(self, table_type: TableType, position: int, path: str) -> Table:
        vtable = self._cursor.vtable(position, path)
        self._cursor.charge(vtable.table_bytes, position, path)
        body = _Body(position, vtable, path)
        values = {}
        for field in table_type.fields:
            value = self._field(field, body)
            if value is not None:
                values[field.name] = value
        return Table(table_type, values)

    def _field(self, field: Field, body: _Body) -> Any:
        """Return the value of a field, None if it is absent."""
        path = f"{body.path}.{field.name}"
        if isinstance(field.type, Union):
            return self._union_field(field.slot, field.type, body, path)
        if isinstance(field.type, Unions):
            return self._unions_field(field.slot, field.type, body, path)
        if isinstance(field.type, Scalar):
            return self._scalar_field(field.slot, field.type.code, body, path)
        target = self._target_field(field.slot, body, path)
        if target is not None:
            return self._value(field.type, target, path)
        if isinstance(field.type, String) and field.type.required:
            self._cursor.fail(body.position, path, "required field is missing")
        return None

    def _place(self, slot: int, width: int, body: _Body, path: str) -> int | None:
        """Return where a field of `width` bytes is, None if it is absent; it must lie inside its table."""
        offset = body.vtable.offset(slot)
        if offset + width > body.vtable.table_bytes and offset:
            size = body.vtable.table_bytes
            self._cursor.fail(body.position, path, f"field at {offset} is outside its table of {size} bytes")
        return body.position + offset if offset else None

    def _scalar_field(self, slot: int, code: str, body: _Body, path: str) -> int | None:
        at = self._place(slot, struct.calcsize("<" + code), body, path)
        return None if at is None else self._cursor.scalar(code, at)

    def _offset_place(self, slot: int, body: _Body, path: str) -> int | None:
        at = self._place(slot, OFFSET_BYTES, body, path)
        if at is not None and at % OFFSET_BYTES:
            self._cursor.fail(at, path, "offset field is not 4-aligned")
        return at

    def _target_field(self, slot: int, body: _Body, path: str) -> int | None:
        at = self._offset_place(slot, body, path)
        return None if at is None else self._cursor.target(at, path)

    def _value(self, kind: FieldType, target: int, path: str) -> Any:
        if isinstance(kind, Child):
            if kind.lazy:
                return Deferred(self, kind.table, target, path)
            return self.table(kind.table, target, path)
        if isinstance(kind, Bytes):
            return self._cursor.vector(target, 1, path)
        key = (kind, target)
        value = self._memo.get(key)
        if value is None:
            value = self._memo[key] = self._materialise(kind, target, path)
        return value

    def _materialise(self, kind: FieldType, target: int, path: str) -> Any:
        if isinstance(kind, String):
            return self._cursor.string(target, path)
        if isinstance(kind, Numbers):
            return self._cursor.numbers(kind.code, target, path)
        if isinstance(kind, Structs):
            structs = self._cursor.vector(target, struct.calcsize(kind.layout), path)
            self._cursor.charge(len(structs), target, path)
            return structs
        assert isinstance(kind, Children), kind
        return tuple(self._children(kind, target, path))

    def _children(self, kind: Children, position: int, path: str) -> Iterator[Table | None]:
        cursor = self._cursor
        content = cursor.vector(position, OFFSET_BYTES, path)
        count = len(content) // OFFSET_BYTES
        if count > limits.TABLE_ENTRIES:
            message = f"vector of {count} tables, the limit is {limits.TABLE_ENTRIES}"
            cursor.fail(position, path, message, "no compiler writes this", Status.RESOURCE_EXHAUSTED)
        cursor.charge(len(content), position, path)
        for index in range(count):
            at = position + OFFSET_BYTES * (1 + index)
            element = f"{path}[{index}]"
            yield self.table(kind.table, cursor.target(at, element), element) if cursor.u32(at) else None

    def _union_field(self, slot: int, kind: Union, body: _Body, path: str) -> Table | None:
        tag = self._scalar_field(slot, "B", body, path) or 0
        at = self._offset_place(slot + 1, body, path)
        if at is not None:
            return self.union(kind.members, tag, at, path)
        if tag:
            self._cursor.fail(body.position, path, f"union with tag {tag} has no value")
        return None

    def _unions_field(self, slot: int, kind: Unions, body: _Body, path: str) -> UnionVector | None:
        tags_at = self._target_field(slot, body, path)
        values_at = self._target_field(slot + 1, body, path)
        if tags_at is None and values_at is None:
            return None
        if tags_at is None or values_at is None:
            self._cursor.fail(body.position, path, "vector of unions has only tags or only values")
        tags = self._cursor.vector(tags_at, 1, path)
        values = len(self._cursor.vector(values_at, OFFSET_BYTES, path)) // OFFSET_BYTES
        if len(tags) != values:
            self._cursor.fail(values_at, path, f"vector of unions has {len(tags)} tags but {values} values")
        return UnionVector(self, kind, tags, values_at + OFFSET_BYTES, path)
