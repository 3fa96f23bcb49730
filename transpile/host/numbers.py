"""Instructions on what is known ahead of time: integers of 32 and 64 bits, which wrap, and arithmetic of floats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

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


def _value(row: Row, bits: int, operands: list[Any]) -> Any:
    match row.does, operands:
        case ((Operation.SHL | Operation.SHR), [value, amount]):
            by = amount & (bits - 1)
            return value << by if row.does is Operation.SHL else value >> by
        case ((Operation.DIV | Operation.REM), [_, 0]):
            return None
        case Operation.EXT, [value]:
            return signed(value, bits) if row.signed else value & ((1 << bits) - 1)
        case Operation.TRUNC, [value]:
            return value & ((1 << _BITS[row.target]) - 1)
        case Operation.FMA, [a, b, c]:
            return a * b + c
        case Operation.WORD_PACK, [low, high]:
            return (high << 32) | (low & 0xFFFFFFFF)
        case does, [a] if does in _UNARY:
            return _UNARY[does](a)
        case does, [a, b] if does in _BINARY:
            return _BINARY[does](a, b)
    return None


# ---- bits ------------------------------------------------------------------------------------------------------------

Bits = np.ndarray[Any, np.dtype[np.uint64]]
"""Elements as bits, whatever they are of."""
_MODULO = frozenset(
    (Operation.ADD, Operation.SUB, Operation.MUL, Operation.FMA, Operation.AND, Operation.OR, Operation.XOR)
)
"""What gives low bits that depend on those of the operands alone."""
_FLOATS: dict[str, Any] = {"f32": np.float32, "f64": np.float64}


def _rounded(numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The nearest whole numbers; of two, the one that is farther from zero."""
    whole = np.trunc(numbers)
    made: np.ndarray[Any, Any] = np.copysign(abs(whole) + (abs(numbers - whole) >= 0.5), numbers)
    return made


_OF_FLOATS: dict[Operation, Callable[..., Any]] = {
    Operation.ADD: lambda a, b: a + b,
    Operation.SUB: lambda a, b: a - b,
    Operation.MUL: lambda a, b: a * b,
    Operation.DIV: lambda a, b: a / b,
    Operation.MIN: lambda a, b: np.where(b < a, b, a),
    Operation.MAX: lambda a, b: np.where(a < b, b, a),
    Operation.ABS: np.abs,
    Operation.NEG: np.negative,
    Operation.SQRT: np.sqrt,
    Operation.RSQRT: lambda a: 1 / np.sqrt(a),
    Operation.CEIL: np.ceil,
    Operation.FLOOR: np.floor,
    Operation.ROUND: _rounded,
    Operation.ROUND_EVEN: lambda a: np.where(a == -0.5, 0, np.rint(a)),
    Operation.CMP_EQ: np.equal,
    Operation.CMP_NE: np.not_equal,
    Operation.CMP_LT: np.less,
    Operation.CMP_LTE: np.less_equal,
    Operation.CMP_NAN: np.isnan,
    Operation.EXT: np.array,
    Operation.TRUNC: np.array,
    Operation.CAST: np.array,
}


def compute_bits(row: Row, operands: list[Bits]) -> Bits | None:
    """What an instruction gives of each element of its operands; None where that may depend on the processor:
    mathematics, NaNs, denormals, numbers that are too large for integers."""
    if row.result is None:
        return None
    kinds, result = [each.kind.type for each in row.operands], row.result.kind.type
    if row.does is Operation.SELECT:
        condition, one, other = operands
        return np.where(condition != 0, one, other)
    if row.does is Operation.BITCAST:
        return operands[0]
    with np.errstate(all="ignore"):
        if row.does in _MODULO and row.type not in _FLOATS:
            return np.asarray(_value(row, 64, operands)) & np.uint64((1 << int(result[1:])) - 1)
        if row.type in _FLOATS:
            return _of_floats(row, [_numbers(bits, kind, row) for bits, kind in zip(operands, kinds, strict=True)])
    whole = [_numbers(bits, kind).astype(object) for bits, kind in zip(operands, kinds, strict=True)]
    made = np.asarray(np.frompyfunc(lambda *each: compute(row, list(each)), len(whole), 1)(*whole))
    return None if any(each is None for each in made.flat) else _bits(made.astype(np.int64), result)


def _numbers(bits: Bits, kind: str, row: Row | None = None) -> np.ndarray[Any, Any]:
    """Bits as numbers; integers have a sign unless the row says that they have none."""
    letter = "f" if kind in _FLOATS else "u" if row is not None and row.signed is False else "i"
    size = int(kind[1:]) // 8
    return bits.astype(f"u{size}").view(f"{letter}{size}")


def _bits(numbers: np.ndarray[Any, Any], kind: str) -> Bits:
    size = int(kind[1:]) // 8
    return numbers.astype(f"{'f' if kind in _FLOATS else 'i'}{size}").view(f"u{size}").astype(np.uint64)


def _of_floats(row: Row, operands: list[np.ndarray[Any, Any]]) -> Bits | None:
    assert row.result is not None
    does, checked, kind = row.does, list(operands), row.result.kind.type
    if does is Operation.FMA:  # rounds twice
        first, second, third = operands
        does, operands = Operation.ADD, [first * second, third]
        checked += operands
    if does not in _OF_FLOATS:
        return None
    made = np.asarray(_OF_FLOATS[does](*operands))
    if kind in _FLOATS:
        made = made.astype(_FLOATS[kind])
    elif does is Operation.CAST:
        rounded = _rounded(made.astype(np.float32) if kind == "i32" else made)
        if not (abs(rounded) < 2**31).all():
            return None
        made = rounded.astype(np.int64)
    return _bits(made, kind) if all(map(_are_ordinary, (*checked, made))) else None


def _are_ordinary(numbers: np.ndarray[Any, Any]) -> bool:
    """Whether none is a NaN or so small that it may count as zero."""
    return numbers.dtype.kind != "f" or bool(((numbers == 0) | (abs(numbers) > np.finfo(numbers.dtype).tiny)).all())
