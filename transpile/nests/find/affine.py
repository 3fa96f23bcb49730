"""Affine forms: loop counters times what stays the same in the loops, plus what stays the same.

    %a = mul.i64 %i, 512 ; %b = fma.i64 %k, %n, %j ; %c = add.i64 %a, %b       =>     512 i + n k + j

What stays the same is a sum of products of values from outside, so strides may be known only at run time.

VM arithmetic wraps modulo 2^64, and so does the form: it equals the program's value wherever the form itself, over the
integers, stays inside 64 bits.  A stride is known to that modulus too, and taken for the number of 64 bits with a sign.
The guard of a nest checks that all elements are inside of their buffers with these strides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import gcd

from transpile.ir.evaluate import evaluate
from transpile.ir.nodes import Op, Value
from transpile.isa.operations import Operation
from transpile.limits import AFFINE_FACTORS, AFFINE_TERMS

_LIMIT = 1 << 62  # coefficients and constants beyond this are no element offsets
_COMBINED = frozenset({Operation.ADD, Operation.SUB, Operation.MUL, Operation.FMA, Operation.SHL})

Term = tuple[Value, ...]
"""Values that are multiplied, in the order in which they were met."""

Product = tuple[int, tuple[Value, ...]]


@dataclass(frozen=True)
class Affine:
    """`const` plus the sum of coefficient times term."""

    terms: Mapping[Term, int] = field(default_factory=dict)
    const: int = 0

    def __bool__(self) -> bool:
        """Whether it is not always 0."""
        return bool(self.terms) or self.const != 0

    @property
    def known(self) -> int | None:
        """The number that it always is."""
        return None if self.terms else self.const

    def coefficient(self, value: Value) -> Affine:
        """What a counter is multiplied by."""
        found = {tuple(v for v in term if v is not value): c for term, c in self.terms.items() if value in term}
        const = found.pop((), 0)
        return Affine(found, const)

    def plus(self, other: Affine) -> Affine:
        return _sum([*self.terms.items(), *other.terms.items()], self.const + other.const)

    def times(self, factor: int) -> Affine:
        if factor == 0:
            return Affine()
        return Affine({t: c * factor for t, c in self.terms.items()}, self.const * factor)

    def without(self, values: set[Value]) -> Affine:
        """The part that does not depend on these values."""
        return Affine({t: c for t, c in self.terms.items() if values.isdisjoint(t)}, self.const)

    @property
    def parts(self) -> tuple[Affine, int]:
        """A form without a common factor, and that factor: not for 0."""
        common = gcd(self.const, *self.terms.values())
        return Affine({t: c // common for t, c in self.terms.items()}, self.const // common), common

    @property
    def is_small(self) -> bool:
        few = len(self.terms) <= AFFINE_TERMS and all(len(term) <= AFFINE_FACTORS for term in self.terms)
        return few and all(abs(c) < _LIMIT for c in (*self.terms.values(), self.const))


def constant_of(value: Value) -> int | None:
    """The integer that the value always is, if it is a constant."""
    op = value.op
    if op is not None and op.row.does is Operation.CONST and op.row.type in ("i32", "i64"):
        found: int = op.attrs["value"]
        return found
    return None


class AffineForms:
    """Forms of i64 values in terms of `counters` and of whatever `is_outside` accepts."""

    def __init__(self, counters: set[Value], is_outside: Callable[[Value], bool]) -> None:
        self.counters, self.is_outside = counters, is_outside
        self._known: dict[Value, Affine | None] = {}
        self._met: dict[Value, int] = {}

    def of(self, value: Value) -> Affine | None:
        """The value's form, or None if it has none."""
        return evaluate(value, self._inputs, self._compute, self._known)

    def define(self, value: Value, products: Iterable[Product]) -> None:
        """A value is the sum of products of counters and of values from outside."""
        form = Affine()
        for factor, values in products:
            made = Affine({}, factor)
            for each in values:
                made = self._times(made, self._atom(each))
            form = form.plus(made)
        self._known[value] = form

    def at(self, form: Affine, firsts: Mapping[Value, Value]) -> Affine:
        """A form where counters are what `firsts` gives for them."""
        made = form.without(set(firsts))
        for counter, first in firsts.items():
            known = constant_of(first)
            start = Affine({}, known) if known is not None else self._atom(first)
            made = made.plus(self._times(start, form.coefficient(counter)))
        return made

    def _is_atom(self, value: Value) -> bool:
        return value in self.counters or self.is_outside(value)

    def _atom(self, value: Value) -> Affine:
        self._met.setdefault(value, len(self._met))
        return Affine({(value,): 1})

    def _inputs(self, value: Value) -> Sequence[Value]:
        return _operands(value) if value.op is not None and not self._is_atom(value) else ()

    def _compute(self, value: Value) -> Affine | None:
        known = constant_of(value)
        if known is not None:
            return Affine({}, known)
        if self._is_atom(value):
            return self._atom(value)
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
        if self._moves(first) and self._moves(second):
            return None
        product = self._times(first, second)
        if does is Operation.MUL:
            return product
        return product.plus(forms[2]) if forms[2] is not None else None

    def _moves(self, form: Affine) -> bool:
        """Whether a form has a counter in it."""
        return any(value in self.counters for term in form.terms for value in term)

    def _times(self, first: Affine, second: Affine) -> Affine:
        pairs = [((*a, *b), m * n) for a, m in _products(first) for b, n in _products(second)]
        return _sum((tuple(sorted(term, key=self._met.__getitem__)), c) for term, c in pairs)


def _products(form: Affine) -> list[tuple[Term, int]]:
    """All of a form as terms; the constant is a product of nothing."""
    return [*form.terms.items(), *([((), form.const)] if form.const else [])]


def _sum(products: Iterable[tuple[Term, int]], const: int = 0) -> Affine:
    terms: dict[Term, int] = {}
    for term, factor in products:
        terms[term] = terms.get(term, 0) + factor
    const += terms.pop((), 0)
    return Affine({t: c for t, c in terms.items() if c}, const)


def _operands(value: Value) -> Sequence[Value]:
    """What the form of a value is made from, if it is of a kind that has one."""
    op = value.op
    return op.operands if op is not None and op.row.type == "i64" and op.row.does in _COMBINED else ()
