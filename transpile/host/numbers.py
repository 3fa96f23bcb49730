"""Instructions on numbers that are known ahead of time: integers of 32 and 64 bits, which wrap."""

from __future__ import annotations

from collections.abc import Callable

from transpile.isa.operations import Operation
from transpile.isa.table import Op as Row


def signed(value: int, bits: int) -> int:
    """The number that the low bits are, with a sign."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def _quotient(a: int, b: int) -> int:
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


_BINARY: dict[Operation, Callable[[int, int], int]] = {
    Operation.ADD: lambda a, b: a + b,
    Operation.SUB: lambda a, b: a - b,
    Operation.MUL: lambda a, b: a * b,
    Operation.AND: lambda a, b: a & b,
    Operation.OR: lambda a, b: a | b,
    Operation.XOR: lambda a, b: a ^ b,
    Operation.MIN: min,
    Operation.MAX: max,
    Operation.DIV: _quotient,
    Operation.REM: lambda a, b: a - _quotient(a, b) * b,
    Operation.CMP_EQ: lambda a, b: int(a == b),
    Operation.CMP_NE: lambda a, b: int(a != b),
    Operation.CMP_LT: lambda a, b: int(a < b),
}
_UNARY: dict[Operation, Callable[[int], int]] = {
    Operation.NOT: lambda a: ~a,
    Operation.ABS: abs,
    Operation.CMP_NZ: lambda a: int(a != 0),
    Operation.WORD_LOW: lambda a: a,
    Operation.WORD_HIGH: lambda a: a >> 32,
}
_BITS = {"i8": 8, "i16": 16, "i32": 32, "i64": 64}


def compute(row: Row, operands: list[int]) -> int | None:
    """What an instruction gives; None for one that is not of integers, or whose result is not defined."""
    bits = _BITS.get(row.type) if row.type else 64  # words of 64 bits, taken apart and put together
    if bits is None or row.result is None or row.result.kind.type not in ("i32", "i64"):
        return None
    if row.signed is False:
        operands = [value & ((1 << bits) - 1) for value in operands]
    value = _value(row, bits, operands)
    return None if value is None else signed(value, _BITS[row.result.kind.type])


def _value(row: Row, bits: int, operands: list[int]) -> int | None:
    match row.does, operands:
        case ((Operation.SHL | Operation.SHR), [value, amount]):
            by = amount & (bits - 1)
            return value << by if row.does is Operation.SHL else value >> by
        case ((Operation.DIV | Operation.REM), [_, 0]):
            return None
        case Operation.EXT, [value]:
            return signed(value, bits) if row.signed else value & ((1 << bits) - 1)
        case Operation.TRUNC, [value]:
            return value if row.type == "i64" else None  # narrow ones are of data
        case Operation.FMA, [a, b, c]:
            return a * b + c
        case Operation.WORD_PACK, [low, high]:
            return (high << 32) | (low & 0xFFFFFFFF)
        case does, [a] if does in _UNARY:
            return _UNARY[does](a)
        case does, [a, b] if does in _BINARY:
            return _BINARY[does](a, b)
    return None
