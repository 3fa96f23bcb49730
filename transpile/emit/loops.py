"""Turns endless loops into `while` and `for`.

for (;;) {                             for (int64_t i = 0; i < n; i = vm_add_i64(i, 1)) {
  if (!(i < n)) break;           =>      …
  …                                    }
  i = vm_add_i64(i, 1);
}
"""

from __future__ import annotations

from collections.abc import Iterator

from transpile.emit.structure import Assign, If, Jump, Label, Operation, Repeat, Statement, Structured, Switch
from transpile.emit.values import Values
from transpile.ir.graph import Graph, Loop
from transpile.ir.nodes import Block, Value


def shape(structured: Structured, values: Values, graph: Graph[Block]) -> None:
    """Finds conditions and counters of all loops, in place."""
    _Shaper(structured, values, graph).shape(structured.body, 0)


class _Shaper:
    def __init__(self, structured: Structured, values: Values, graph: Graph[Block]) -> None:
        self.structured = structured
        self.values = values
        self.loops = graph.loops
        self.leaving = _leaving(graph, values)

    def shape(self, body: list[Statement], depth: int) -> None:
        """The lists inside go first to last; each statement is seen once, what comes of it is put in its place."""
        shaped: list[Statement] = []
        before: Statement | None = None
        for statement in body:
            behind: list[Statement] = []
            inner = depth
            if isinstance(statement, Repeat):
                behind = _find_condition(statement, self.values)
                if self._find_counter(statement, before):
                    inner += 1
                    _name_counter(statement, self.values, depth)
                    if isinstance(before, Assign) and not before.pairs:
                        _remove_last(shaped, before)
            for part in parts(statement):
                self.shape(part, inner)
            shaped += [statement, *behind]
            if not self._is_silent(statement):
                before = shaped[-1]
        body[:] = shaped

    def _is_silent(self, statement: Statement) -> bool:
        """Whether nothing is printed for the statement."""
        if isinstance(statement, Label):
            return statement.block not in self.structured.labels
        return _is_inlined(statement, self.values)

    def _find_counter(self, loop: Repeat, before: Statement | None) -> bool:
        natural = self.loops[loop.header]
        last = loop.body[-1] if loop.body else None
        if not isinstance(last, Assign) or loop.condition is None or loop.header in self.structured.continues:
            return False
        if len(natural.latches) != 1 or _continues(loop.body, loop.header):
            return False
        tested = [v for v in self.values.leaves(loop.condition) if v in loop.header.params]
        for param in tested:
            following = next((value for target, value in last.pairs if target is param), None)
            if following is None or not _is_step(following, param, self.values, natural):
                continue
            last.pairs = [pair for pair in last.pairs if pair[0] is not param]
            if not last.pairs:
                loop.body.pop()
            loop.counter = (param, self._take_initial(param, before, natural), following)
            return True
        return False

    def _take_initial(self, param: Value, before: Statement | None, natural: Loop[Block]) -> Value | None:
        """The initial value, taken out of the assignment before the loop, if the counter is not used behind the loop
        and no jump leads into it from elsewhere in the text."""
        values = self.values
        if not isinstance(before, Assign) or not self.structured.scoped:
            return None
        if any(block not in natural for block in values.uses[param]) or param in self.leaving.get(natural, ()):
            return None
        initial = next((value for target, value in before.pairs if target is param), None)
        others = {target for target, _ in before.pairs if target is not param}
        if initial is None or any(leaf in others for leaf in values.leaves(initial)):
            return None
        before.pairs = [pair for pair in before.pairs if pair[0] is not param]
        return initial


def _name_counter(loop: Repeat, values: Values, depth: int) -> None:
    if loop.counter is not None and loop.counter[1] is not None:
        values.rename_counter(loop.counter[0], depth)


def parts(statement: Statement) -> Iterator[list[Statement]]:
    """The statement lists inside a statement."""
    if isinstance(statement, If):
        yield statement.then
        yield statement.orelse
    elif isinstance(statement, Switch):
        yield from (body for _, body in statement.cases)
        yield statement.default
    elif isinstance(statement, Repeat):
        yield statement.body


def _is_inlined(statement: Statement, values: Values) -> bool:
    if not isinstance(statement, Operation):
        return False
    results = statement.op.results
    return bool(results) and all(r in values.inlined for r in results)


def _remove_last(body: list[Statement], gone: Statement) -> None:
    """Takes out a statement behind which nothing is printed."""
    position = next(i for i in reversed(range(len(body))) if body[i] is gone)
    del body[position]


def _find_condition(loop: Repeat, values: Values) -> list[Statement]:
    """A loop that starts with a test that leaves it; what the leaving edge assigns belongs behind the loop."""
    position = next((i for i, s in enumerate(loop.body) if not _is_inlined(s, values)), len(loop.body))
    first = loop.body[position] if position < len(loop.body) else None
    if not isinstance(first, If):
        return []
    for leave, stay, negated in ((first.orelse, first.then, False), (first.then, first.orelse, True)):
        if not leave or not isinstance(leave[-1], Jump) or leave[-1].kind != "break":
            continue
        moved = leave[:-1]
        if moved and (len(moved) > 1 or not isinstance(moved[0], Assign) or _breaks(loop.body) > 1):
            continue
        loop.condition, loop.negated = first.condition, negated
        loop.body[position : position + 1] = stay
        return moved
    return []


def _breaks(body: list[Statement]) -> int:
    """How many `break`s leave the loop with this body."""
    own = sum(1 for s in body if isinstance(s, Jump) and s.kind == "break")
    return own + sum(_breaks(part) for s in body if not isinstance(s, Repeat) for part in parts(s))


def _continues(body: list[Statement], header: Block) -> bool:
    return any(
        (isinstance(s, Jump) and s.kind == "continue" and s.target is header)
        or any(_continues(part, header) for part in parts(s))
        for s in body
    )


def _is_step(following: Value, param: Value, values: Values, natural: Loop[Block]) -> bool:
    """Whether the next value is written from the counter and values of outside the loop alone."""
    if following not in values.inlined:
        return False
    return all(leaf is param or values.home[leaf] not in natural for leaf in values.leaves(following))


def _leaving(graph: Graph[Block], values: Values) -> dict[Loop[Block], set[Value]]:
    """Variables in what edges out of a loop hand on; it is assigned behind the loop."""
    leaving: dict[Loop[Block], set[Value]] = {}
    for block, loop in graph.innermost.items():
        for edge in block.end.edges:
            for left in loop.left_by(block, edge.target):
                leaving.setdefault(left, set()).update(leaf for value in edge.args for leaf in values.leaves(value))
    return leaving
