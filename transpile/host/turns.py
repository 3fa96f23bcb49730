"""Numbers that depend on the turns of loops around, and where a loop has to be taken apart to know them.

x = r        min(64, 300 - 64*x)         64 for r < 3, then 300 - 64*r for r = 3       at a cut
x = r        x div 3, x mod 3            q and p, with x = 3*q + p                     in two digits
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from transpile.host.schedule import span_of
from transpile.host.values import NotStatic
from transpile.ir.nodes import Op
from transpile.isa.operations import Operation
from transpile.nests.loops.index import Index, Name, index

Turns = Mapping[str, int]
"""How many turns the loops around have, by name."""
_BITS = {"i32": 32, "i64": 64}
_COMPARISONS = (Operation.CMP_EQ, Operation.CMP_NE, Operation.CMP_LT, Operation.CMP_NZ)


class Undecided(NotStatic):
    """What happens is not the same in all turns of a loop around."""


class Cut(Undecided):
    """It is the same before a turn, and from it on."""

    def __init__(self, name: str, at: int) -> None:
        super().__init__(f"what happens changes in turn {at} of a loop")
        self.name, self.at = name, at


class Digits(Undecided):
    """It depends on the digits of a turn: how often `by` goes into it, and what is left."""

    def __init__(self, name: str, by: int) -> None:
        super().__init__(f"what happens depends on a turn modulo {by}")
        self.name, self.by = name, by


@dataclass(frozen=True)
class Later:
    """A comparison that is not the same in all turns; it may turn out not to matter."""

    why: Undecided


def compared(op: Op, items: Sequence[object], bounds: Turns) -> object:
    """What an instruction on numbers gives, where some may depend on comparisons that are not decided."""
    waiting = [item for item in items if isinstance(item, Later)]
    numbers = [item for item in items if isinstance(item, Index)]
    if waiting and not (op.row.does is Operation.AND and index(0) in numbers):
        raise waiting[0].why
    if waiting:
        return index(0)
    try:
        return computed(op, numbers, bounds)
    except Undecided as why:
        if op.row.does in _COMPARISONS:
            return Later(why)
        raise


def computed(op: Op, items: Sequence[Index], bounds: Turns) -> Index:
    """What an integer instruction gives; raises Undecided where that is no sum of turns in all turns."""
    made = _value(op, items, bounds)
    kind = op.result.type
    if kind not in _BITS or not _fits(made, _BITS[kind], bounds):
        raise Undecided(f"{op.mnemonic} of a loop's turn")
    return made


def _value(op: Op, items: Sequence[Index], bounds: Turns) -> Index:
    row, does = op.row, op.row.does
    if row.signed is False and any(span_of(item, bounds)[0] < 0 for item in items):
        raise Undecided(f"{op.mnemonic} of a loop's turn")
    match does, items:
        case Operation.ADD, [a, b]:
            return a + b
        case Operation.SUB, [a, b]:
            return a - b
        case Operation.MUL, [a, b] if a.known is not None or b.known is not None:
            return a * b
        case Operation.FMA, [a, b, c] if a.known is not None or b.known is not None:
            return a * b + c
        case Operation.SHL, [a, b] if b.known is not None:
            return a * (1 << (b.known & (_BITS.get(row.type, 64) - 1)))
        case ((Operation.MIN | Operation.MAX), [a, b]):
            return a if _is_below(a, b, bounds) == (does is Operation.MIN) else b
        case Operation.CMP_LT, [a, b]:
            return index(int(_is_below(a, b, bounds)))
        case ((Operation.CMP_EQ | Operation.CMP_NE), [a, b]):
            return index(int(_is_zero(a - b, bounds) == (does is Operation.CMP_EQ)))
        case Operation.CMP_NZ, [a]:
            return index(int(not _is_zero(a, bounds)))
        case ((Operation.DIV | Operation.REM), [a, b]) if b.known is not None and b.known > 0:
            quotient, rest = _divided(a, b.known, bounds)
            return quotient if does is Operation.DIV else rest
        case ((Operation.EXT | Operation.TRUNC), [a]) if row.type in _BITS:
            return a
    raise Undecided(f"{op.mnemonic} of a loop's turn")


def _fits(number: Index, bits: int, bounds: Turns) -> bool:
    low, high = span_of(number, bounds)
    return low >= -(1 << (bits - 1)) and high < 1 << (bits - 1)


def _is_below(a: Index, b: Index, bounds: Turns) -> bool:
    low, high = span_of(a - b, bounds)
    if low < 0 <= high:
        raise _sign_changes(a - b)
    return high < 0


def _is_zero(number: Index, bounds: Turns) -> bool:
    low, high = span_of(number, bounds)
    if low == high:
        return low == 0
    if low > 0 or high < 0:
        return False
    name, factor = _only(number)
    at, rest = divmod(-number.const, factor)
    if rest:
        return False
    raise Cut(name, at or 1)


def _sign_changes(number: Index) -> Cut:
    """The turn from which on a number is not negative any more, or is."""
    name, factor = _only(number)
    return Cut(name, -(number.const // factor) if factor > 0 else number.const // -factor + 1)


def _divided(number: Index, by: int, bounds: Turns) -> tuple[Index, Index]:
    """Quotient and rest of a number that is not negative."""
    if span_of(number, bounds)[0] < 0:
        raise Undecided("a number that may be negative is divided")
    rest = Index(tuple((atom, factor) for atom, factor in number.terms if factor % by), number.const % by)
    low, high = span_of(rest, bounds)
    if low < 0 or high >= by:
        raise _carries(rest, by)
    whole = number - rest
    return Index(tuple((atom, factor // by) for atom, factor in whole.terms), whole.const // by), rest


def _carries(rest: Index, by: int) -> Undecided:
    """How to take the loop apart in whose turns a rest is not below the divisor."""
    name, factor = _only(rest)
    if factor < 0:
        return Undecided("a number that counts down is divided")
    if by % factor == 0 and rest.const < factor:
        return Digits(name, by // factor)
    return Cut(name, -(-(by - rest.const) // factor))


def _only(number: Index) -> tuple[str, int]:
    """The one turn that a number depends on, and its factor."""
    match number.terms:
        case ((Name(name), factor),):
            return name, factor
    raise Undecided("what happens depends on the turns of several loops")
