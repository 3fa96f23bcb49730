"""What elements can be: the least and the greatest number that an instruction of a nest gives, if it never gives a NaN.

    x = load.i8 X[…]            -128 … 127
    s += x * w, 64 turns        -1048576 … 1048576
    y = cast.si32.f32 s         the same, and never a NaN
    z = mul.f32 y, 0.005        -5242.88 … 5242.88, and a little more for what rounding adds

Ranges hold whether denormals are flushed or not, and whether a product and a sum round once or twice.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from transpile.host.numbers import signed
from transpile.host.schedule import NOWHERE, Run, Walked
from transpile.ir.nodes import Op, Value
from transpile.isa.operations import Operation
from transpile.nests.loops.build import build
from transpile.nests.nest import Access, Nest, element_of

BYTES = {"i8": (-128, 127), "u8": (0, 255), "i16": (-32768, 32767), "u16": (0, 65535)}
_CONSTANTS = {"i32": "<i4", "f32": "<f4"}
_MOST = 2.0**126
"""Ranges of floats that end further away are not looked at: what is computed of them could be infinite."""
_SLACK = 2.0**-21
"""More than what rounding twice changes, of a number."""
_LEAST = 2.0**-126
"""More than what flushing denormals changes."""
_TURNS = 1 << 16
"""Floats are not summed up over more turns: what rounding adds would be as much as the sum."""


@dataclass(frozen=True)
class Between:
    """Numbers from `low` to `high`; no NaN, and none that is infinite."""

    low: float
    high: float

    def within(self, low: float, high: float) -> bool:
        return low <= self.low and self.high <= high


Known = dict[Value, Between]


def ranges(run: Run, bounds: Mapping[str, int] = NOWHERE) -> Known:
    """The ranges of what a nest loads, computes and sums up, as far as they are known; `bounds` are the turns of the
    loops around."""
    nest = run.nest
    assert nest is not None
    walked = {access: run.arrays[name] for name, access in build(nest).arrays.items()}
    known: Known = {}
    ends = nest.finish.loads if nest.finish is not None else []
    for access in (*nest.loads, *ends):
        if access not in nest.own and access in walked:
            _add(known, access.op.result, _loaded(access, walked[access], bounds))
    for op in nest.body:
        add(known, op)
    if nest.finish is not None:
        _add(known, nest.finish.running, _summed(nest, known))
        for op in nest.finish.body:
            add(known, op)
    return known


def add(known: Known, op: Op) -> None:
    """Adds the range of what an instruction gives, if those of its operands are known."""
    if op.results and op.result not in known and op.row.does in _RULES:
        operands = [between(known, value) for value in op.operands]
        if all(each is not None for each in operands):
            made = _RULES[op.row.does](op, [each for each in operands if each is not None])
            _add(known, op.result, made and _rounded(op, made))


def between(known: Mapping[Value, Between], value: Value) -> Between | None:
    """The range of a value, which may be a constant."""
    constant = constant_number(value)
    return known.get(value) if constant is None else Between(constant, constant)


def constant_number(value: Value) -> float | None:
    """The number that an i32 or an f32 always is, if it is a constant and no NaN."""
    op = value.op
    if op is None or op.row.does is not Operation.CONST or "value" not in op.attrs:
        return None
    bits = int(op.attrs["value"])
    if value.type == "i32":
        return signed(bits, 32)
    number: float = struct.unpack("<f", struct.pack("<I", bits & 0xFFFFFFFF))[0] if value.type == "f32" else math.nan
    return number if math.isfinite(number) else None


def narrow(op: Op) -> str:
    """What an extension makes numbers of: `i8`, `u16`."""
    return f"{'i' if op.row.signed else 'u'}{(op.row.type or '')[1:]}"


def extreme(op: Op) -> tuple[Operation, Value, Value] | None:
    """The greater or the lesser of two values, where neither is a NaN: MAX or MIN, and these."""
    if op.row.does in (Operation.MAX, Operation.MIN) and op.row.signed is not False:
        return op.row.does, op.operands[0], op.operands[1]
    if op.row.does is not Operation.SELECT or op.operands[0].op is None:
        return None
    condition, one, other = op.operands[0].op, op.operands[1], op.operands[2]
    if condition.row.does not in (Operation.CMP_LT, Operation.CMP_LTE) or condition.row.signed is False:
        return None
    less, more = condition.operands
    if _is_same(one, more) and _is_same(other, less):
        return Operation.MAX, one, other
    return (Operation.MIN, one, other) if _is_same(one, less) and _is_same(other, more) else None


def _is_same(a: Value, b: Value) -> bool:
    """Whether two values are equal always, as far as that can be seen."""
    if a is b:
        return True
    first, second = constant_number(a), constant_number(b)
    return a.type == b.type and first is not None and first == second


def _add(known: Known, value: Value, found: Between | None) -> None:
    if found is not None:
        known[value] = found


# ---- what is in memory -----------------------------------------------------------------------------------------------


def _loaded(access: Access, walked: Walked, bounds: Mapping[str, int]) -> Between | None:
    element = element_of(access.op)
    if element in BYTES:
        return Between(*BYTES[element])
    if walked.storage.kind != "constant" or walked.storage.data is None or element not in _CONSTANTS:
        return None
    kind = np.dtype(_CONSTANTS[element])
    if any(factor % kind.itemsize for _, factor in walked.offset.terms):
        return None
    first, behind = walked.within(bounds)
    numbers = np.frombuffer(bytes(walked.storage.data[first:behind]), kind).astype(np.float64)
    return Between(float(numbers.min()), float(numbers.max())) if np.isfinite(numbers).all() else None


def _summed(nest: Nest, known: Known) -> Between | None:
    """What running values can be, at any time."""
    op, turns = nest.store.op.operands[2].op, math.prod(counter.trips or 0 for counter in nest.reduction)
    own = {load.op.result for load in nest.own}
    if nest.initial is None or op is None or not own:
        return None
    match op.row.does, op.operands:
        case Operation.ADD, [first, second] if (first in own) != (second in own):
            term = between(known, second if first in own else first)
        case Operation.FMA, [first, second, third] if third in own and not {first, second} & own:
            a, b = between(known, first), between(known, second)
            term = _product(a, b) if a is not None and b is not None else None
        case _:
            term = None
    if term is None or op.row.type not in ("i32", "f32"):
        return None
    if op.row.type == "i32":
        start = signed(nest.initial, 32)
        return _whole(start + turns * min(term.low, 0), start + turns * max(term.high, 0))
    begin: float = struct.unpack("<f", struct.pack("<I", nest.initial & 0xFFFFFFFF))[0]
    most = (abs(begin) + turns * (max(abs(term.low), abs(term.high)) + _LEAST)) * (1 + turns * _SLACK)
    return Between(-most, most) if turns <= _TURNS and most < _MOST else None


# ---- what is computed ------------------------------------------------------------------------------------------------

_Rule = Callable[[Op, list[Between]], Between | None]


def _whole(low: float, high: float) -> Between | None:
    """Integers of 32 bits that did not wrap."""
    return Between(low, high) if low >= -(2.0**31) and high < 2.0**31 else None


def _rounded(op: Op, made: Between) -> Between | None:
    """With what rounding and flushing may change; None for what is no number of 32 bits, or may be none."""
    if op.result.type == "i32":
        return _whole(made.low, made.high)
    if op.result.type != "f32":
        return None
    wider = made if op.row.does in _EXACT else _wider(made)
    return wider if wider.within(-_MOST, _MOST) else None


def _wider(numbers: Between) -> Between:
    low, high = numbers.low, numbers.high
    return Between(low - abs(low) * _SLACK - _LEAST, high + abs(high) * _SLACK + _LEAST)


def _product(a: Between, b: Between) -> Between:
    products = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    return Between(min(products), max(products))


def _sum(a: Between, b: Between) -> Between:
    return Between(a.low + b.low, a.high + b.high)


def _quotient(op: Op, operands: list[Between]) -> Between | None:
    a, b = operands
    if op.row.type != "f32" or b.low <= 0 <= b.high:
        return None
    return _product(a, Between(1 / b.high, 1 / b.low))


def _nearby(op: Op, operands: list[Between]) -> Between | None:
    """Floats rounded to whole numbers, whichever are near."""
    return Between(math.floor(operands[0].low), math.ceil(operands[0].high))


def _cast(op: Op, operands: list[Between]) -> Between | None:
    if op.row.signed is False and operands[0].low < 0:
        return None
    return operands[0] if op.result.type == "f32" else _nearby(op, operands)


def _extended(op: Op, operands: list[Between]) -> Between | None:
    low, high = BYTES[narrow(op)]
    return operands[0] if operands[0].within(low, high) else Between(low, high)


def _chosen(op: Op, operands: list[Between]) -> Between | None:
    """One of two; the greater or the lesser, where it is that."""
    one, other = operands[-2:]
    found = extreme(op)
    if found is None:
        is_any = op.row.does is Operation.SELECT
        return Between(min(one.low, other.low), max(one.high, other.high)) if is_any else None
    best = max if found[0] is Operation.MAX else min
    return Between(best(one.low, other.low), best(one.high, other.high))


_RULES: dict[Operation, _Rule] = {
    Operation.ADD: lambda op, each: _sum(*each),
    Operation.SUB: lambda op, each: Between(each[0].low - each[1].high, each[0].high - each[1].low),
    Operation.MUL: lambda op, each: _product(*each),
    Operation.FMA: lambda op, each: _sum(_wider(_product(*each[:2])), each[2]),
    Operation.DIV: _quotient,
    Operation.NEG: lambda op, each: Between(-each[0].high, -each[0].low),
    Operation.MIN: _chosen,
    Operation.MAX: _chosen,
    Operation.SELECT: _chosen,
    Operation.CAST: _cast,
    Operation.EXT: _extended,
    Operation.CEIL: _nearby,
    Operation.FLOOR: _nearby,
    Operation.ROUND: _nearby,
    Operation.ROUND_EVEN: _nearby,
    **dict.fromkeys(
        (Operation.CMP_EQ, Operation.CMP_NE, Operation.CMP_LT, Operation.CMP_LTE, Operation.CMP_NAN),
        lambda op, each: Between(0, 1),
    ),
}
_EXACT = frozenset(
    (
        *(Operation.NEG, Operation.MIN, Operation.MAX, Operation.SELECT),
        *(Operation.CEIL, Operation.FLOOR, Operation.ROUND, Operation.ROUND_EVEN),
    )
)
"""What gives an operand, or whole numbers, which are not rounded again."""
