"""Which definitions of a loop IR function are written where they are used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from transpile.emit.registers import Registers
from transpile.nests.loops.nodes import Apply, Body, Let, Load, Statement, statements
from transpile.nests.loops.tree import arrays_of, bodies, operands

_MOST_TERMS = 48
"""Operations in one expression: its parentheses nest, 256 deep at most for clang."""


def substituted(body: Body, registers: Registers) -> frozenset[str]:
    """Names of definitions that need no variable: operations used once, what only moves, and reads of variables that
    nothing has changed before the use."""
    uses = Counter(o for s in statements(body) for o in operands(s) if isinstance(o, str))
    return frozenset(_in_all(body, registers, uses))


def _in_all(body: Body, registers: Registers, uses: Counter[str]) -> Iterator[str]:
    yield from _in(body, registers, uses)
    for statement in body:
        for inner in bodies(statement):
            yield from _in_all(inner, registers, uses)


def _in(body: Body, registers: Registers, uses: Counter[str]) -> Iterator[str]:
    """Those of one body, loops inside left out."""
    here = Counter(o for s in body for o in operands(s) if isinstance(o, str))
    terms: dict[str, int] = {}
    inlined: set[str] = set()
    for statement in body:
        match statement:
            case Let(name, Apply(_, given)) if uses[name] == here[name] == 1:
                count = sum(terms.get(o, 0) for o in given if isinstance(o, str))
                if count < _MOST_TERMS:
                    terms[name] = 1 + count
                    inlined.add(name)
    yield from inlined
    for number, statement in enumerate(body):
        match statement:
            case Let(name, Load(array)) if uses[name] == here[name]:
                rest = islice(body, number + 1, None)
                if _is_kept(rest, name, array, inlined, uses, moves=array not in registers):
                    yield name


def _is_kept(
    rest: Iterable[Statement], name: str, array: str, inlined: set[str], uses: Counter[str], *, moves: bool
) -> bool:
    """Whether all uses of what was loaded come before the array is written; `moves`: only a store may use it."""
    names, left = {name}, uses[name]
    written = False
    for statement in rest:
        if not left:
            return True
        used = [o for o in operands(statement) if isinstance(o, str) and o in names]
        if used:
            if written or (moves and isinstance(statement, Let)):
                return False
            left -= len(used)
            if isinstance(statement, Let) and statement.name in inlined:
                names.add(statement.name)
                left += uses[statement.name]
        if not isinstance(statement, Let):
            written |= moves or array in arrays_of(statement) or bool(bodies(statement))
    return True
