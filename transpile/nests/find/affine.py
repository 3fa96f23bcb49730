"""Affine forms: integer combinations of loop counters and loop-invariant values.

    %a = mul.i64 %i, 512 ; %b = fma.i64 %k, 512, %j ; %c = add.i64 %a, %n3     =>     512 i + 1 n3

VM arithmetic wraps modulo 2^64, and so does the form: it equals the program's value wherever the form itself, over the
integers, stays inside 64 bits.  The guard of a nest checks exactly that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from transpile.ir.evaluate import evaluate
from transpile.ir.nodes import Op, Value
from transpile.isa.operations import Operation
from transpile.limits import AFFINE_TERMS

_LIMIT = 1 << 62  # coefficients and constants beyond this are no element offsets
_COMBINED = frozenset({Operation.ADD, Operation.SUB, Operation.MUL, Operation.FMA, Operation.SHL})


@dataclass(frozen=True)
class Affine:
    """`const` plus the sum of coefficient times value."""

    terms: Mapping[Value, int] = field(default_factory=dict)
    const: int = 0

    def coefficient(self, value: Value) -> int:
        return self.terms.get(value, 0)

    def plus(self, other: Affine) -> Affine:
        terms = dict(self.terms)
        for value, factor in other.terms.items():
            terms[value] = terms.get(value, 0) + factor
        return Affine({v: c for v, c in terms.items() if c}, self.const + other.const)

    def times(self, factor: int) -> Affine:
        if factor == 0:
            return Affine()
        return Affine({v: c * factor for v, c in self.terms.items()}, self.const * factor)

    def without(self, values: set[Value]) -> Affine:
        """The part that does not depend on these values."""
        return Affine({v: c for v, c in self.terms.items() if v not in values}, self.const)

    @property
    def is_small(self) -> bool:
        return len(self.terms) <= AFFINE_TERMS and all(abs(c) < _LIMIT for c in (*self.terms.values(), self.const))

    def same_as(self, other: Affine) -> bool:
        return self.const == other.const and dict(self.terms) == dict(other.terms)


def constant_of(value: Value) -> int | None:
    """The integer that the value always is, if it is a constant."""
    op = value.op
    if op is not None and op.row.does is Operation.CONST and op.row.type in ("i32", "i64"):
        found: int = op.attrs["value"]
        return found
    return None


class AffineForms:
    """Forms of i64 values in terms of `atoms`: whatever `is_atom` accepts, counters and values from outside."""

    def __init__(self, is_atom: Callable[[Value], bool], same: Mapping[Value, Value] | None = None) -> None:
        self.is_atom = is_atom
        self.same = same or {}  # values that stand for others
        self._known: dict[Value, Affine | None] = {}

    def of(self, value: Value) -> Affine | None:
        """The value's form, or None if it has none."""
        return evaluate(value, self._inputs, self._compute, self._known)

    def _inputs(self, value: Value) -> Sequence[Value]:
        value = self.same.get(value, value)
        return _operands(value) if value.op is not None and not self.is_atom(value) else ()

    def _compute(self, value: Value) -> Affine | None:
        value = self.same.get(value, value)
        known = constant_of(value)
        if known is not None:
            return Affine({}, known)
        if self.is_atom(value):
            return Affine({value: 1})
        form = self._combine(value.op) if value.op is not None and _operands(value) else None
        return form if form is not None and form.is_small else None

    def _combine(self, op: Op) -> Affine | None:
        does = op.row.does
        forms = [self._known[v] for v in _operands(op.result)]
        if does is Operation.SHL:
            amount = constant_of(op.operands[1])
            return forms[0].times(1 << (amount & 63)) if forms[0] is not None and amount is not None else None
        first, second = forms[0], forms[1]
        if first is None or second is None:
            return None
        if does is Operation.ADD:
            return first.plus(second)
        if does is Operation.SUB:
            return first.plus(second.times(-1))
        product = _product(first, second)
        if does is Operation.MUL or product is None:
            return product
        return product.plus(forms[2]) if forms[2] is not None else None


def _operands(value: Value) -> Sequence[Value]:
    """What the form of a value is made from, if it is of a kind that has one."""
    op = value.op
    return op.operands if op is not None and op.row.type == "i64" and op.row.does in _COMBINED else ()


def _product(first: Affine, second: Affine) -> Affine | None:
    if not first.terms:
        return second.times(first.const)
    if not second.terms:
        return first.times(second.const)
    return None
