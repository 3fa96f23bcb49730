"""What makes bytes of numbers, with what is known of the numbers: quantised models do it for each element.

    y = round.even x                            |x| < 2^22, and no NaN
    z = nan(y) ? -128 : y < -128 ? -128 : y     n = bits(x + 1.5 * 2^23) - bits(1.5 * 2^23)
    q = i8(nan(z) ? 127 : z > 127 ? 127 : z)    =>
    f = round.even (max(q * s, 0) / s)          v = min(max(n, 0), 127)
    v = cast.si32 of f between -128 and 127

* Comparisons with NaNs go where there are none.
* Rounding to even is a sum: of a number that is added to 1.5 * 2^23, what is behind the point does not fit.
* Bounds that are whole numbers are those of an integer.
* What is computed of a byte by way of floats is computed here, of all bytes; where that is the byte between bounds, it
  is these.

No bit changes: where a range is not known, everything stays.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from transpile.host.numbers import Bits, compute_bits
from transpile.host.ranges import BYTES, Between, Known, add, between, constant_number, extreme, narrow, ranges
from transpile.host.schedule import NOWHERE, Repeat, Run, Step
from transpile.ir.nodes import Op, Value, make_op
from transpile.isa.operations import Operation
from transpile.isa.table import Op as Row
from transpile.isa.table import row_of
from transpile.nests.loops.build import build
from transpile.nests.nest import Access, Nest, is_load

_I32, _F32 = row_of(Operation.CONST, "i32"), row_of(Operation.CONST, "f32")
_ADD, _BITS, _SUB = row_of(Operation.ADD, "f32"), row_of(Operation.BITCAST, "f32"), row_of(Operation.SUB, "i32")
_MIN, _MAX = (row_of(does, "i32", signed=True) for does in (Operation.MIN, Operation.MAX))
_MAGIC = 1.5 * 2.0**23
_FITS = 2.0**22
"""Numbers that are less far from 0 leave 1.5 * 2^23 between 2^23 and 2^24, where the last bit counts ones."""
_VALUES = 256
"""Numbers of which all is computed."""


def requantised(steps: Sequence[Step], bounds: Mapping[str, int] = NOWHERE) -> list[Step]:
    """The steps, with less work where bytes are made."""
    return [_step(step, bounds) for step in steps]


def _step(step: Step, bounds: Mapping[str, int]) -> Step:
    if isinstance(step, Repeat):
        return replace(step, steps=tuple(requantised(step.steps, {**bounds, step.name: step.count})))
    if not isinstance(step, Run) or step.nest is None or step.numbers or step.operands:
        return step
    walked = {access: step.arrays[name] for name, access in build(step.nest).arrays.items()}
    known = ranges(step, bounds)
    nest, stores = _body(step.nest, known)
    nest = _end(nest, known)
    if nest is step.nest:
        return step
    walked |= {new: walked[old] for old, new in stores.items() if old in walked}
    built = build(nest)
    return replace(step, work=built.work, arrays={n: walked[a] for n, a in built.arrays.items()}, nest=nest)


def _body(nest: Nest, known: Known) -> tuple[Nest, dict[Access, Access]]:
    """The nest with less work in its loops, and its stores with what they are then."""
    body = _Ops(known, nest.body)
    if not body.new:
        return nest, {}
    stores = {store: replace(store, op=_with(store.op, body.new)) for store in nest.stores}
    ends = nest.finish.loads if nest.finish is not None else []
    same = {access: access for access in (*nest.loads, *ends, nest.result)}
    made = nest.moved(nest.loops, same | stores)
    kept = body.needed([store.op.operands[2] for store in made.stores])
    loads = [load for load in made.loads if load.op in kept]
    return replace(made, body=kept, loads=loads, own={a: s for a, s in made.own.items() if a in loads}), stores


def _end(nest: Nest, known: Known) -> Nest:
    """The nest with less work for what running values are finished with."""
    finish = nest.finish
    if finish is None:
        return nest
    end = _Ops(known, finish.body)
    if not end.new:
        return nest
    value = end.new.get(finish.value, finish.value)
    kept = end.needed([value])
    loads = [load for load in finish.loads if load.op in kept]
    return replace(nest, finish=replace(finish, body=kept, loads=loads, value=value))


def _with(op: Op, new: Mapping[Value, Value]) -> Op:
    """An operation on other values."""
    operands = [new.get(value, value) for value in op.operands]
    if operands == op.operands:
        return op
    return make_op(op.row, operands, op.result.type if op.results else None, op.offset, **op.attrs)


# ---- the operations of a body ----------------------------------------------------------------------------------------


class _Ops:
    """The operations of a body with less work: `new` are values in place of others."""

    def __init__(self, known: Known, body: Sequence[Op]) -> None:
        self.known, self.new = known, dict[Value, Value]()
        self.ops: list[Op] = []
        for old in body:
            op = _with(old, self.new)
            value = self._simpler(op) or self._add(op)
            if value is not old.result:
                self.new[old.result] = value

    def needed(self, values: Sequence[Value]) -> list[Op]:
        """The operations that values are computed with, in order."""
        needed, found = set(values), list[Op]()
        for op in reversed(self.ops):
            if op.result in needed:
                found.insert(0, op)
                needed |= set() if is_load(op) else set(op.operands)
        return found

    def _add(self, op: Op) -> Value:
        self.ops.append(op)
        add(self.known, op)
        return op.result

    def _simpler(self, op: Op) -> Value | None:
        """A value that is the same as that of an operation; None to leave the operation."""
        operands = op.operands
        match op.row.does:
            case Operation.CMP_NAN if between(self.known, operands[0]) is not None:
                return _constant(_I32, 0, op)
            case Operation.SELECT if (condition := constant_number(operands[0])) is not None:
                return operands[1] if condition else operands[2]
            case Operation.EXT if self._is_extended(op):
                return operands[0]
            case Operation.CAST if op.row.type == "f32" and op.result.type == "i32":
                return self._of_all(op) or self._by_sum(op)
        return None

    def _is_extended(self, op: Op) -> bool:
        """Whether a number stays what it is."""
        before, behind = between(self.known, op.operands[0]), Between(*BYTES.get(narrow(op), (0, -1)))
        return before is not None and before.within(behind.low, behind.high)

    # ---- rounding ----------------------------------------------------------------------------------------------------

    def _by_sum(self, op: Op) -> Value | None:
        """A float that is rounded to even and bounded, as an integer."""
        value, limits = op.operands[0], list[tuple[Row, int]]()
        while (limit := self._limit(value)) is not None:
            value, row, number = limit
            limits.insert(0, (row, number))
        if value.op is None or value.op.row.does is not Operation.ROUND_EVEN:
            return None
        source = value.op.operands[0]
        numbers = between(self.known, source)
        if numbers is None or not numbers.within(1 - _FITS, _FITS - 1):
            return None
        bits = _bits_of(_MAGIC)
        shifted = self._made(_ADD, [source, _constant(_F32, bits, op)], "f32", op)
        whole = self._made(_BITS, [shifted], "i32", op)
        made = self._made(_SUB, [whole, _constant(_I32, bits, op)], "i32", op)
        self.known[made] = Between(math.floor(numbers.low), math.ceil(numbers.high))
        for row, number in limits:
            made = self._made(row, [made, _constant(_I32, number, op)], "i32", op)
        return made

    def _limit(self, value: Value) -> tuple[Value, Row, int] | None:
        """What a value is the greater or the lesser of, with a whole number, and that number; None for others."""
        found = extreme(value.op) if value.op is not None else None
        if found is None:
            return None
        for one, other in (found[1:], found[:0:-1]):
            number = constant_number(other)
            if number is not None and between(self.known, one) is not None and abs(number) < _FITS and number % 1 == 0:
                return one, _MAX if found[0] is Operation.MAX else _MIN, int(number)
        return None

    def _made(self, row: Row, operands: list[Value], kind: str, at: Op) -> Value:
        return self._add(make_op(row, operands, kind, at.offset))

    # ---- all values --------------------------------------------------------------------------------------------------

    def _of_all(self, op: Op) -> Value | None:
        """An integer that is computed of a byte by way of floats, where that byte between bounds is the same."""
        found = self._source(op)
        if found is None:
            return None
        source, ops = found
        numbers = self.known[source]
        low, high = int(numbers.low), int(numbers.high)
        values = np.arange(low, high + 1, dtype=np.int64)
        bits: dict[Value, Bits] = {source: values.astype(np.uint64) & np.uint64(0xFFFFFFFF)}
        for each in ops:
            operands = [bits[value] if value in bits else _all_of(value, len(values)) for value in each.operands]
            made = compute_bits(each.row, operands)
            if made is None:
                return None
            bits[each.result] = made
        results = bits[op.result].astype(np.uint32).view(np.int32).astype(np.int64)
        if not np.array_equal(results, np.clip(values, results[0], results[-1])):
            return None
        return self._bounded(source, int(results[0]), int(results[-1]), op)

    def _source(self, op: Op) -> tuple[Value, list[Op]] | None:
        """The one integer of few values that an operation is computed of, and the operations on the way, in order."""
        sources: set[Value] = set()
        needed = set(op.operands)
        found = [op]
        for each in reversed(self.ops):
            if each.result in needed:
                numbers = self.known.get(each.result)
                if each.result.type == "i32" and numbers is not None and 1 < numbers.high - numbers.low < _VALUES:
                    sources.add(each.result)
                else:
                    found.insert(0, each)
                    needed |= set(each.operands)
        inside = {each.result for each in found}
        outside = {value for value in needed if value not in inside and constant_number(value) is None}
        is_plain = not any(is_load(each) or each.row.does is Operation.FMA for each in found)
        return (sources.pop(), found) if is_plain and len(sources) == 1 and outside == sources else None

    def _bounded(self, value: Value, low: int, high: int, at: Op) -> Value:
        """An integer between bounds, which take the place of others that it is between."""
        while (limit := self._limit(value)) is not None:
            value, row, number = limit
            number = min(max(number, low), high)
            low, high = (number, high) if row is _MAX else (low, number)
        numbers = self.known[value]
        if numbers.low < low:
            value = self._made(_MAX, [value, _constant(_I32, low, at)], "i32", at)
        if numbers.high > high:
            value = self._made(_MIN, [value, _constant(_I32, high, at)], "i32", at)
        return value


def _constant(row: Row, value: int, at: Op) -> Value:
    """A constant with these bits."""
    return make_op(row, [], "f32" if row is _F32 else "i32", at.offset, value=value).result


def _bits_of(number: float) -> int:
    """An f32 as bits."""
    return int(np.float32(number).view(np.uint32))


def _all_of(value: Value, count: int) -> Bits:
    """A constant, so often."""
    assert value.op is not None
    return np.full(count, value.op.attrs["value"] & 0xFFFFFFFF, np.uint64)
