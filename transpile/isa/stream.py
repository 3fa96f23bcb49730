"""Byte stream of one function: bounds-checked reading, and writing for the assembler.

Offsets are relative to the start of the function, as everywhere in the bytecode.  Multi-byte fields are little-endian.
"""

from __future__ import annotations

import struct

_FORMATS = {
    "u8": struct.Struct("<B"),
    "u16": struct.Struct("<H"),
    "u32": struct.Struct("<I"),
    "i32": struct.Struct("<i"),
    "i64": struct.Struct("<q"),
    "bits32": struct.Struct("<I"),
    "bits64": struct.Struct("<Q"),
}


class Overrun(Exception):
    """A field reaches beyond the end of the function; `offset` is where it starts, `size` what it needs."""

    def __init__(self, offset: int, size: int, available: int) -> None:
        super().__init__(f"field of {size} bytes at offset {offset}, but the function has {available} bytes")
        self.offset = offset
        self.size = size
        self.available = available


class Cursor:
    """Reads fields from a function's bytes."""

    __slots__ = ("code", "offset")

    def __init__(self, code: memoryview, offset: int = 0) -> None:
        self.code = code
        self.offset = offset

    def take(self, form: str) -> int:
        """Reads one number of the given format and steps over it."""
        packer = _FORMATS[form]
        start = self.offset
        if start + packer.size > len(self.code):
            raise Overrun(start, packer.size, len(self.code))
        self.offset = start + packer.size
        value: int = packer.unpack_from(self.code, start)[0]
        return value

    def take_words(self, count: int) -> tuple[int, ...]:
        """Reads `count` 16-bit words."""
        size = 2 * count
        start = self.offset
        if start + size > len(self.code):
            raise Overrun(start, size, len(self.code))
        self.offset = start + size
        return struct.unpack_from(f"<{count}H", self.code, start)

    def take_bytes(self, count: int) -> bytes:
        """Reads `count` raw bytes."""
        start = self.offset
        if start + count > len(self.code):
            raise Overrun(start, count, len(self.code))
        self.offset = start + count
        return bytes(self.code[start : start + count])

    def align2(self) -> None:
        """Skips the pad byte before a list, remap or segment list that would start at an odd offset."""
        self.offset += self.offset & 1


class Emitter:
    """Writes fields; the mirror of `Cursor`."""

    __slots__ = ("code",)

    def __init__(self) -> None:
        self.code = bytearray()

    @property
    def offset(self) -> int:
        return len(self.code)

    def put(self, form: str, value: int) -> None:
        self.code += _FORMATS[form].pack(value)

    def put_words(self, words: tuple[int, ...]) -> None:
        self.code += struct.pack(f"<{len(words)}H", *words)

    def put_bytes(self, data: bytes) -> None:
        self.code += data

    def align2(self) -> None:
        if self.offset & 1:
            self.code.append(0)
