"""Takes a coalesced loop apart again.

Compilers merge loops and recover the indices by division:

    for i < n * m * 64:                        for a < 64: for b < m: for c < n:
      a = i / (n * m)                     =>     …
      r = i % (n * m) ; r' = r < 0 ? r + n * m : r
      b = r' / n ; c = i % n

A *digit* is `i / div % mod`.  With `i >= 0` and positive factors, which the guard checks, the corrections for negative
numbers are no-ops, and the digits are independent counters.
"""

from __future__ import annotations

from collections import Counter as Multiset
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from transpile.ir.evaluate import evaluate
from transpile.ir.nodes import Value
from transpile.isa.operations import Operation
from transpile.isa.table import Op as Row
from transpile.isa.table import row_of
from transpile.limits import AFFINE_TERMS
from transpile.nests.find.affine import constant_of

_DIV, _REM = row_of(Operation.DIV, "i64", signed=True), row_of(Operation.REM, "i64", signed=True)
_MUL, _SELECT = row_of(Operation.MUL, "i64"), row_of(Operation.SELECT, "i64")
_LESS = row_of(Operation.CMP_LT, "i64", signed=True)
_AND, _NONZERO = row_of(Operation.AND, "i32"), row_of(Operation.CMP_NZ, "i32")
_LOGIC = (_AND, row_of(Operation.XOR, "i32"), row_of(Operation.CMP_NE, "i32"), _NONZERO)
DIVISIONS = (_DIV, _REM)


@dataclass(frozen=True)
class Product:
    """A positive constant times values from outside the nest, given by their numbers in `Digits.symbols`."""

    const: int = 1
    factors: tuple[int, ...] = ()

    def times(self, other: Product) -> Product:
        return Product(self.const * other.const, tuple(sorted((*self.factors, *other.factors))))

    def over(self, other: Product) -> Product | None:
        """The exact quotient, if there is one."""
        rest = Multiset(self.factors)
        rest.subtract(Multiset(other.factors))
        if self.const % other.const or any(count < 0 for count in rest.values()):
            return None
        return Product(self.const // other.const, tuple(sorted(rest.elements())))


@dataclass(frozen=True)
class Digit:
    """`counter / div % mod`."""

    div: Product
    mod: Product


@dataclass
class Digits:
    """Reads digits of one counter that starts at 0, steps by 1 and stays below `bound`."""

    counter: Value
    bound: Value
    is_outside: Callable[[Value], bool]
    symbols: dict[Value, int] = field(default_factory=dict)
    _digits: dict[Value, Digit | None] = field(default_factory=dict)
    _products: dict[Value, Product | None] = field(default_factory=dict)
    _truths: dict[Value, int | None] = field(default_factory=dict)

    def product(self, value: Value) -> Product | None:
        """The value as a product of positive things."""
        return evaluate(value, lambda v: _operands(v, (_MUL,)), self._compute_product, self._products)

    def _compute_product(self, value: Value) -> Product | None:
        known = constant_of(value)
        if known is not None:
            return Product(known) if 0 < known < 1 << 31 else None
        parts = [self._products[v] for v in _operands(value, (_MUL,))]
        if parts and parts[0] is not None and parts[1] is not None:
            product = parts[0].times(parts[1])
            return product if len(product.factors) <= AFFINE_TERMS and product.const < 1 << 62 else None
        if value.type != "i64" or not self.is_outside(value):
            return None
        return Product(1, (self.symbols.setdefault(value, len(self.symbols)),))

    def of(self, value: Value) -> Digit | None:
        """The digit that the value is."""
        return evaluate(value, self._inputs, self._compute, self._digits)

    def _inputs(self, value: Value) -> Sequence[Value]:
        if value is self.counter or self.is_outside(value):
            return ()
        return (*_operands(value, (_SELECT,))[1:], *_operands(value, DIVISIONS)[:1])

    def _compute(self, value: Value) -> Digit | None:
        if value is self.counter:
            total = self.product(self.bound)
            return Digit(Product(), total) if total is not None else None
        op = value.op
        if op is None or self.is_outside(value):
            return None
        if op.row is _SELECT:
            truth = self.truth(op.operands[0])
            return None if truth is None else self._digits[op.operands[1 if truth else 2]]
        if op.row not in DIVISIONS:
            return None
        digit, by = self._digits[op.operands[0]], self.product(op.operands[1])
        if digit is None or by is None:
            return None
        rest = digit.mod.over(by)
        if rest is None:
            return None
        return Digit(digit.div.times(by), rest) if op.row is _DIV else Digit(digit.div, by)

    def truth(self, value: Value) -> int | None:
        """The value of a condition, where it follows from digits and factors being positive."""
        return evaluate(value, lambda v: _operands(v, _LOGIC), self._compute_truth, self._truths)

    def _compute_truth(self, value: Value) -> int | None:
        known = constant_of(value)
        op = value.op
        if known is not None or op is None:
            return known
        if op.row is _LESS and constant_of(op.operands[1]) == 0:
            number = op.operands[0]
            return 0 if self.of(number) is not None or self.product(number) is not None else None
        sides = [self._truths[v] for v in _operands(value, _LOGIC)]
        if op.row is _AND and 0 in sides:
            return 0
        if not sides or None in sides:
            return None
        if op.row is _NONZERO:
            return int(sides[0] != 0)
        return int(sides[0] != sides[1]) if op.row is not _AND else 1

    def counters(self, values: list[Value]) -> list[tuple[Digit, list[Value]]] | None:
        """The digits among `values`, outermost first, if together they are the whole counter.  The values are in the
        order in which they are computed."""
        by_digit: dict[Digit, list[Value]] = {}
        for value in values:
            digit = self.of(value)
            if digit is not None and value is not self.counter:
                by_digit.setdefault(digit, []).append(value)
        chain: list[tuple[Digit, list[Value]]] = []
        div = Product()
        total = self.product(self.bound)
        ends = {total, *(digit.div for digit in by_digit)}
        while div != total:
            here = [d for d in by_digit if d.div == div and div.times(d.mod) in ends]
            # What spans several digits, `i % (n * m)`, is only a step on the way to them.
            step = next((d for d in here if not any(d is not o and d.mod.over(o.mod) for o in here)), None)
            if step is None:
                return None
            chain.insert(0, (step, by_digit.pop(step)))  # once: a digit of one value does not move `div`
            div = div.times(step.mod)
        return chain or None


def _operands(value: Value, rows: Sequence[Row]) -> Sequence[Value]:
    """What a value is computed from, if that is by one of these instructions."""
    return value.op.operands if value.op is not None and value.op.row in rows else ()
