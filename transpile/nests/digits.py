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
from collections.abc import Callable
from dataclasses import dataclass, field

from transpile.ir.nodes import Op, Value
from transpile.nests.affine import constant_of


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
    symbols: list[Value] = field(default_factory=list)
    _known: dict[Value, Digit | None] = field(default_factory=dict)

    def product(self, value: Value) -> Product | None:
        """The value as a product of positive things."""
        known = constant_of(value)
        if known is not None:
            return Product(known) if 0 < known < 1 << 31 else None
        op = value.op
        if op is not None and op.mnemonic == "mul.i64":
            parts = [self.product(v) for v in op.operands]
            if parts[0] is not None and parts[1] is not None:
                return parts[0].times(parts[1])
        if value.type != "i64" or not self.is_outside(value):
            return None
        if value not in self.symbols:
            self.symbols.append(value)
        return Product(1, (self.symbols.index(value),))

    def of(self, value: Value) -> Digit | None:
        """The digit that the value is."""
        if value not in self._known:
            self._known[value] = None  # a value never depends on itself
            self._known[value] = self._compute(value)
        return self._known[value]

    def _compute(self, value: Value) -> Digit | None:
        if value is self.counter:
            total = self.product(self.bound)
            return Digit(Product(), total) if total is not None else None
        op = value.op
        if op is None or self.is_outside(value):
            return None
        if op.mnemonic == "select.i64":
            return self._select(op)
        if op.mnemonic not in ("div.i64.s", "rem.i64.s"):
            return None
        digit, by = self.of(op.operands[0]), self.product(op.operands[1])
        if digit is None or by is None:
            return None
        rest = digit.mod.over(by)
        if rest is None:
            return None
        return Digit(digit.div.times(by), rest) if op.mnemonic == "div.i64.s" else Digit(digit.div, by)

    def _select(self, op: Op) -> Digit | None:
        truth = self._truth(op.operands[0])
        return None if truth is None else self.of(op.operands[1 if truth else 2])

    def _truth(self, value: Value) -> int | None:
        """The value of a condition, where it follows from digits and factors being positive."""
        known = constant_of(value)
        if known is not None:
            return known
        op = value.op
        if op is None:
            return None
        if op.mnemonic == "cmp.lt.i64.s" and constant_of(op.operands[1]) == 0:
            number = op.operands[0]
            return 0 if self.of(number) is not None or self.product(number) is not None else None
        if op.mnemonic in ("and.i32", "xor.i32", "cmp.ne.i32"):
            sides = [self._truth(v) for v in op.operands]
            if op.mnemonic == "and.i32" and 0 in sides:
                return 0
            if None not in sides:
                return int(sides[0] != sides[1]) if op.mnemonic != "and.i32" else 1
        if op.mnemonic == "cmp.nz.i32":
            inner = self._truth(op.operands[0])
            return None if inner is None else int(inner != 0)
        return None

    def counters(self, values: list[Value]) -> list[tuple[Digit, list[Value]]] | None:
        """The digits among `values`, outermost first, if together they are the whole counter."""
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
