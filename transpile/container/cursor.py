"""Bounds-checked reads of the things FlatBuffers are made of: offsets, vectors, strings, vtables.

Positions are byte offsets in the FlatBuffer; diagnostics translate them to offsets in the file.  A `path`
names the place in the schema for diagnostics only.
"""

from __future__ import annotations

import struct
from typing import NamedTuple, NoReturn

from transpile import limits
from transpile.container.archive import Archive
from transpile.errors import ContainerError, Diagnostic, Status

OFFSET_BYTES = 4
_VTABLE_HEADER_BYTES = 4


class VTable(NamedTuple):
    """Where a table's fields are."""

    fields: tuple[int, ...]
    """By slot: the field's offset in the table, 0 if it is absent; slots beyond the end are absent too."""
    table_bytes: int

    def offset(self, slot: int) -> int:
        """Return the offset of the field in `slot`, or 0."""
        return self.fields[slot] if slot < len(self.fields) else 0


class Cursor:
    """Reads one archive's FlatBuffer.  Every method raises `ContainerError` for what lies outside of it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._buffer = archive.flatbuffer
        self._vtables: dict[int, VTable] = {}
        self._work_left = limits.WORK_PER_BYTE * len(self._buffer) + limits.WORK_FLOOR
        self.end = len(self._buffer)

    def fail(
        self, at: int, path: str, message: str, hint: str = "", status: Status = Status.INVALID_ARGUMENT
    ) -> NoReturn:
        """Raise a `ContainerError` about position `at`."""
        where = f"{self._archive.source}, byte {self._archive.flatbuffer_start + at:#x} ({path})"
        raise ContainerError(Diagnostic(status, message, where, hint or "the file is damaged"))

    def charge(self, amount: int, at: int, path: str) -> None:
        """Account for `amount` bytes decoded; fail when objects must overlap to have come to so many."""
        self._work_left -= amount
        if self._work_left < 0:
            message = "the objects of the FlatBuffer overlap; together they are larger than it"
            self.fail(at, path, message, "no compiler writes this", Status.RESOURCE_EXHAUSTED)

    def scalar(self, code: str, at: int) -> int:
        """Read a number; the caller knows that it lies in bounds."""
        return int(struct.unpack_from("<" + code, self._buffer, at)[0])

    def u32(self, at: int) -> int:
        """Read a u32; the caller knows that it lies in bounds."""
        return int.from_bytes(self._buffer[at : at + 4], "little")

    def raw(self, start: int, end: int) -> memoryview:
        """Return the bytes from `start` to `end`, uncopied."""
        return self._buffer[start:end]

    def target(self, at: int, path: str) -> int:
        """Follow the offset stored at `at`, which lies in bounds, to a table, a vector or a string."""
        offset = self.u32(at)
        target = at + offset
        if offset == 0 or target + OFFSET_BYTES > self.end or target % OFFSET_BYTES:
            self.fail(at, path, f"offset {offset} is null, out of range or leads to an unaligned place")
        return target

    def vector(self, position: int, width: int, path: str) -> memoryview:
        """Return the content of a vector with elements of `width` bytes, uncopied."""
        start = position + OFFSET_BYTES
        end = start + self.u32(position) * width
        if end > self.end:
            self.fail(position, path, f"vector ends {end - self.end} bytes beyond the FlatBuffer")
        return self._buffer[start:end]

    def string(self, position: int, path: str) -> str:
        """Decode a string; bytes that are not UTF-8 become backslash escapes."""
        content = self.vector(position, 1, path)
        end = position + OFFSET_BYTES + len(content)
        if end >= self.end or self._buffer[end] != 0:
            self.fail(position, path, f"string of {len(content)} bytes does not end in NUL")
        self.charge(len(content), position, path)
        return bytes(content).decode("utf-8", errors="backslashreplace")

    def numbers(self, code: str, position: int, path: str) -> tuple[int, ...]:
        """Decode a vector of numbers."""
        width = struct.calcsize("<" + code)
        content = self.vector(position, width, path)
        self.charge(len(content), position, path)
        return struct.unpack(f"<{len(content) // width}{code}", content)

    def vtable(self, position: int, path: str) -> VTable:
        """Read the vtable of the table at `position` and check that the table lies in bounds."""
        at = position - self.scalar("i", position)
        vtable = self._vtables.get(at)
        if vtable is None:
            vtable = self._vtables[at] = self._read_vtable(at, position, path)
        if position + vtable.table_bytes > self.end:
            self.fail(position, path, f"table of {vtable.table_bytes} bytes extends beyond the FlatBuffer")
        return vtable

    def _read_vtable(self, at: int, position: int, path: str) -> VTable:
        if at < 0 or at % 2 or at + _VTABLE_HEADER_BYTES > self.end:
            self.fail(position, path, f"vtable at FlatBuffer offset {at} is out of range or unaligned")
        size, table_bytes = struct.unpack_from("<HH", self._buffer, at)
        if size < _VTABLE_HEADER_BYTES or size % 2 or at + size > self.end:
            self.fail(at, path, f"vtable has an impossible size of {size} bytes")
        self.charge(size, at, path)
        slots = (size - _VTABLE_HEADER_BYTES) // 2
        fields = struct.unpack_from(f"<{slots}H", self._buffer, at + _VTABLE_HEADER_BYTES)
        return VTable(fields, table_bytes)
