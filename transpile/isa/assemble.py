"""Instructions to bytes: the mirror of `decode`, for tests, fuzzers and tools that make modules."""

from __future__ import annotations

from typing import Any

from transpile.isa.stream import Emitter
from transpile.isa.table import BY_NAME, Op


class Assembler:
    """Builds one function.  Branch targets may be label names, bound by `block`."""

    def __init__(self) -> None:
        self._out = Emitter()
        self._labels: dict[str, int] = {}
        self._uses: list[tuple[int, str]] = []
        self.block_count = 0

    @property
    def offset(self) -> int:
        return self._out.offset

    def block(self, label: str | None = None) -> int:
        """Starts a block; returns the offset of its marker."""
        offset = self.emit("block")
        self.block_count += 1
        if label is not None:
            self._labels[label] = offset
        return offset

    def emit(self, mnemonic: str, *fields: Any) -> int:
        """Writes an instruction with its fields in table order; returns its offset."""
        op = BY_NAME[mnemonic]
        if len(fields) != len(op.shape):
            raise ValueError(f"{mnemonic} has {len(op.shape)} fields, {len(fields)} given")
        start = self._out.offset
        self._opcode(op)
        for field, value in zip(op.shape, fields, strict=True):
            if field.kind.group == "target":
                value = self._target(value)
            elif field.kind.group == "cases":
                value = self._cases(value)
            field.kind.encode(self._out, value)
        return start

    def finish(self) -> bytes:
        """The function's bytes, labels resolved; KeyError for a label that was never bound."""
        for place, label in self._uses:
            self._out.code[place : place + 4] = self._labels[label].to_bytes(4, "little")
        return bytes(self._out.code)

    def _opcode(self, op: Op) -> None:
        if op.prefix is not None:
            self._out.put("u8", op.prefix)
        self._out.put("u8", op.code)

    def _target(self, target: int | str, ahead: int = 0) -> int:
        if isinstance(target, int):
            return target
        self._uses.append((self._out.offset + ahead, target))
        return 0

    def _cases(self, cases: tuple[tuple[int | str, Any], ...]) -> tuple[tuple[int, Any], ...]:
        ahead, result = 2, []
        for target, remap in cases:
            result.append((self._target(target, ahead), remap))
            ahead += 4
            ahead += (self._out.offset + ahead) & 1
            ahead += 2 + 4 * len(remap)
        return tuple(result)
