"""Where variables are declared: at their first assignment if every use is in that scope, else as far in as possible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from transpile.emit.loops import parts
from transpile.emit.structure import Assign, Exit, If, Operation, Repeat, Statement, Structured, Switch
from transpile.emit.values import Values
from transpile.ir.nodes import Value

Path = tuple[tuple[int, int], ...]  # (list, index in it) from the outermost list inwards


@dataclass
class Declarations:
    """`at`: variables declared by their own assignment; `before`: those declared in front of a statement; `top`: at
    the start of the function."""

    at: dict[Statement, set[Value]] = field(default_factory=dict)
    before: dict[Statement, list[Value]] = field(default_factory=dict)
    top: list[Value] = field(default_factory=list)


def declare(structured: Structured, values: Values) -> Declarations:
    """A place for every variable; refs are declared at the top, because the failing path releases them."""
    result = Declarations()
    walker = _Walker(values)
    walker.walk(structured.body, ())
    wanted = [v for v in values.variables() if v.type != "ref" and v not in walker.counters]
    if not structured.scoped:
        result.top = wanted
        return result
    for value in wanted:
        if value not in walker.places:
            continue
        depth, first = walker.places[value]
        statement = walker.by_place[first[depth]]
        if depth == len(first) - 1 and _assigns(statement, value):
            result.at.setdefault(statement, set()).add(value)
        else:
            result.before.setdefault(statement, []).append(value)
    return result


def _assigns(statement: Statement, value: Value) -> bool:
    if isinstance(statement, Operation):
        return value in statement.op.results
    return isinstance(statement, Assign) and any(target is value for target, _ in statement.pairs)


def _common_depth(a: Path, b: Path) -> int:
    """Depth of the innermost statement list that holds both places."""
    equal = 0
    for one, other in zip(a, b, strict=False):
        if one != other:
            break
        equal += 1
    in_list = equal < min(len(a), len(b)) and a[equal][0] == b[equal][0]
    return equal if in_list else equal - 1


class _Walker:
    """Collects, for every variable, the innermost list that holds all its occurrences, and its first occurrence."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.places: dict[Value, tuple[int, Path]] = {}  # nesting depth of the common list, path of the first
        self.by_place: dict[tuple[int, int], Statement] = {}
        self.counters: set[Value] = set()
        self.lists = 0

    def walk(self, body: list[Statement], outer: Path) -> None:
        self.lists += 1
        number = self.lists
        for index, statement in enumerate(body):
            path = (*outer, (number, index))
            self.by_place[number, index] = statement
            for value in self._occurring(statement):
                self._note(value, path)
            for part in parts(statement):
                self.walk(part, path)

    def _note(self, value: Value, path: Path) -> None:
        if value in self.places:
            depth, first = self.places[value]
            self.places[value] = (min(depth, _common_depth(first, path)), first)
        else:
            self.places[value] = (len(path) - 1, path)

    def _occurring(self, statement: Statement) -> Iterator[Value]:
        if isinstance(statement, Operation):
            yield from self._leaves(statement.op.operands)
            yield from (r for r in statement.op.results if r not in self.values.inlined)
        elif isinstance(statement, Assign):
            for target, value in statement.pairs:
                yield target
                yield from self.values.leaves(value)
        elif isinstance(statement, If):
            yield from self.values.leaves(statement.condition)
        elif isinstance(statement, Switch):
            yield from self.values.leaves(statement.index)
        elif isinstance(statement, Exit):
            yield from self._leaves(statement.end.operands)
        elif isinstance(statement, Repeat):
            yield from self._loop(statement)

    def _loop(self, loop: Repeat) -> Iterator[Value]:
        if loop.condition is not None:
            yield from self.values.leaves(loop.condition)
        if loop.counter is not None:
            counter, initial, following = loop.counter
            yield from self.values.leaves(following)
            if initial is None:
                yield counter
            else:
                self.counters.add(counter)
                yield from self.values.leaves(initial)

    def _leaves(self, values: Iterable[Value]) -> Iterator[Value]:
        for value in values:
            yield from self.values.leaves(value)
