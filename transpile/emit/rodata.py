"""Constants of the module: small ones as C arrays, large ones in a file, which the assembler includes ("incbin"; for
compilers that cannot they are C as well) or the program maps when an instance is made ("file")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from transpile.c.names import Names
from transpile.container import Module

ALIGNMENT = 64
FALLBACK = 1 << 20  # bytes of such a file; more of them as C are for those who ask for it
_IN_TEXT = 4096  # bytes; what is larger stays out of C text unless asked for


class RodataEmitter:
    """Lays out the segments.  `mode` is "incbin" or "file" (large segments in `<prefix>.rodata`) or "array" (all in C);
    those that nobody reads are left empty."""

    def __init__(
        self,
        module: Module,
        names: Names,
        mode: str,
        unread: frozenset[int] = frozenset(),
        written: frozenset[int] = frozenset(),
    ) -> None:
        self.segments = [
            memoryview(b"") if number in unread else segment.data for number, segment in enumerate(module.rodata)
        ]
        self.names = names
        self.written = written
        self.mapped = mode == "file"
        self.large = {number for number, data in enumerate(self.segments) if mode != "array" and len(data) >= _IN_TEXT}
        self.offsets = self._place()

    def _place(self) -> dict[int, int]:
        offsets: dict[int, int] = {}
        end = 0
        for number in sorted(self.large):
            offsets[number] = end
            end += len(self.segments[number]) + -len(self.segments[number]) % ALIGNMENT
        return offsets

    @property
    def blob(self) -> str:
        """Name of the file with the large segments, "" if there are none."""
        return f"{self.names.prefix}.rodata" if self.large else ""

    @property
    def header(self) -> str:
        """Name of the C with these segments for compilers without `.incbin`, "" if there is none."""
        length = sum(len(self.segments[number]) for number in self.large)
        return f"{self.names.prefix}_rodata.h" if self.large and not self.mapped and length <= FALLBACK else ""

    def blob_bytes(self) -> bytes:
        out = bytearray()
        for number in sorted(self.large):
            out += self.segments[number]
            out += bytes(-len(out) % ALIGNMENT)
        return bytes(out)

    def header_text(self) -> str:
        """The same as elements of a C array."""
        return "\n".join(f"    {line}" for line in _lines(self.blob_bytes()))

    def place(self, number: int) -> tuple[str, int]:
        """Where a segment is, as an expression over the instance, and its length in bytes."""
        length = len(self.segments[number])
        in_instance = number in self.written or (number in self.large and self.mapped)
        return (f"vm->rodata[{number}].data" if in_instance else self._where(number)), length

    def declarations(self, hidden: str) -> list[str]:
        """For the files that share the constants."""
        included = self.large and not self.mapped
        lines = [f"{hidden} extern const uint8_t {self.names.own('blob')}[];"] if included else []
        return lines + [
            f"{hidden} extern const uint8_t {self._where(number)}[{len(data)}];"
            for number, data in enumerate(self.segments)
            if len(data) and number not in self.large
        ]

    def table(self) -> list[dict[str, Any]]:
        """Where each segment is, as a constant expression or a place in the file, and its length."""
        return [
            {
                "place": "NULL" if self.mapped and number in self.large else self._where(number),
                "length": len(data),
                "written": int(number in self.written),
                "offset": self.offsets.get(number, 0) if self.mapped else 0,
            }
            for number, data in enumerate(self.segments)
        ]

    def _where(self, number: int) -> str:
        if not len(self.segments[number]):
            return "NULL"
        if number in self.large:
            return f"{self.names.own('blob')} + {self.offsets[number]}"
        return self.names.own(f"rodata{number}")

    def arrays(self) -> list[dict[str, Any]]:
        """The segments that are written as C arrays."""
        return [
            {"symbol": self.names.own(f"rodata{number}"), "lines": list(_lines(data))}
            for number, data in enumerate(self.segments)
            if len(data) and number not in self.large
        ]


def _lines(data: memoryview | bytes) -> Iterator[str]:
    for start in range(0, len(data), 16):
        yield f"0x{data[start : start + 16].hex(' ').replace(' ', ', 0x')},"
