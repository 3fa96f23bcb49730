"""Bytes of one function to instructions.

The decoder knows the table and nothing of the module: it checks that every opcode exists in the given bytecode version
and that every field lies inside the function.  Whether operands make sense is the verifier's business.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from transpile.isa.kinds import IMPORT_BIT
from transpile.isa.shapes import Field
from transpile.isa.stream import Cursor, Overrun
from transpile.isa.table import BY_CODE, PREFIXES, Op, Trait


class DecodeError(Exception):
    """The bytes at `offset` are no instruction of this version, or reach beyond the function's end."""

    def __init__(self, offset: int, message: str, *, overrun: bool = False) -> None:
        super().__init__(f"{message} at offset {offset:#x}")
        self.offset = offset
        self.message = message
        self.overrun = overrun


@dataclass(frozen=True, slots=True)
class Instruction:
    """One decoded instruction; `fields` are in the order of `op.shape`, `offset` is that of its first byte."""

    op: Op
    offset: int
    length: int
    fields: tuple[Any, ...]

    def __getitem__(self, name: str) -> Any:
        """The field of that name (KeyError if the instruction has none)."""
        for field, value in zip(self.op.shape, self.fields, strict=True):
            if field.name == name:
                return value
        raise KeyError(name)

    def items(self) -> Iterator[tuple[Field, Any]]:
        return zip(self.op.shape, self.fields, strict=True)

    def edges(self) -> list[tuple[int, tuple[tuple[int, int], ...]]]:
        """Branch targets with their register copies, in operand order (a `br_table`'s default comes first)."""
        found: list[tuple[int, tuple[tuple[int, int], ...]]] = []
        for field, value in self.items():
            if field.kind.group == "target":
                found.append((value, ()))
            elif field.kind.group == "remap":
                found[-1] = (found[-1][0], value)
            elif field.kind.group == "cases":
                found.extend(value)
        return found

    @property
    def callee(self) -> tuple[bool, int]:
        """(is an import, ordinal) of a call or `import.resolved`."""
        index = next(i for i, field in enumerate(self.op.shape) if field.kind.group == "function")
        word = self.fields[index]
        return bool(word & IMPORT_BIT), word & ~IMPORT_BIT


def decode_one(cursor: Cursor, version: int = 17) -> Instruction:
    """Decodes the instruction at the cursor and steps over it; raises DecodeError."""
    start = cursor.offset
    try:
        op = _opcode(cursor, version)
        fields = tuple(field.kind.decode(cursor) for field in op.shape)
    except Overrun as problem:
        raise DecodeError(start, str(problem), overrun=True) from None
    return Instruction(op, start, cursor.offset - start, fields)


def decode(code: memoryview, version: int = 17) -> Iterator[Instruction]:
    """Decodes a function to its end, block markers included; raises DecodeError at the first bad byte.

    As in IREE's verifier the walk ends one byte before the end: no instruction is that short.
    """
    cursor = Cursor(code)
    while cursor.offset < len(code) - 1:
        yield decode_one(cursor, version)


def _opcode(cursor: Cursor, version: int) -> Op:
    start = cursor.offset
    prefix = None
    code = cursor.take("u8")
    if code in PREFIXES:
        prefix, code = code, cursor.take("u8")
    op = BY_CODE.get((prefix, code))
    if op is None or Trait.PREFIX in op.traits:
        spelled = f"{code:#04x}" if prefix is None else f"{prefix:#04x} {code:#04x}"
        raise DecodeError(start, f"unknown opcode {spelled}")
    if op.since > version:
        raise DecodeError(start, f"{op.mnemonic} needs bytecode version {op.since}, the module is {version}")
    return op
