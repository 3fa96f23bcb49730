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
from transpile.ir.graph import Loop
from transpile.ir.nodes import Block, Value


def shape(structured: Structured, values: Values, loops: dict[Block, Loop[Block]]) -> None:
    """Finds conditions and counters of all loops, in place."""
    _shape_list(structured.body, structured, values, loops, 0)


def _shape_list(
    body: list[Statement], structured: Structured, values: Values, loops: dict[Block, Loop[Block]], depth: int
) -> None:
    before: Statement | None = None
    for statement in list(body):
        inner = depth
        if isinstance(statement, Repeat):
            _find_condition(statement, values, body)
            if _find_counter(statement, before, structured, values, loops[statement.header]):
                inner += 1
                _name_counter(statement, values, depth)
                if isinstance(before, Assign) and not before.pairs:
                    body.remove(before)
        for part in parts(statement):
            _shape_list(part, structured, values, loops, inner)
        if not _is_silent(statement, values, structured):
            before = _behind(statement, body)


def _behind(statement: Statement, body: list[Statement]) -> Statement:
    """The statement itself, or the assignment that shaping has put right behind it."""
    if isinstance(statement, Repeat):
        following = body[body.index(statement) + 1 :][:1]
        if following and isinstance(following[0], Assign):
            return following[0]
    return statement


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


def _is_silent(statement: Statement, values: Values, structured: Structured | None = None) -> bool:
    """Whether nothing is printed for the statement."""
    if isinstance(statement, Label):
        return structured is not None and statement.block not in structured.labels
    if not isinstance(statement, Operation):
        return False
    results = statement.op.results
    return bool(results) and all(r in values.inlined for r in results)


def _find_condition(loop: Repeat, values: Values, parent: list[Statement]) -> None:
    """A loop that starts with a test that leaves it; what the leaving edge assigns moves behind the loop."""
    position = next((i for i, s in enumerate(loop.body) if not _is_silent(s, values)), len(loop.body))
    first = loop.body[position] if position < len(loop.body) else None
    if not isinstance(first, If):
        return
    for leave, stay, negated in ((first.orelse, first.then, False), (first.then, first.orelse, True)):
        if not leave or not isinstance(leave[-1], Jump) or leave[-1].kind != "break":
            continue
        moved = leave[:-1]
        if moved and (len(moved) > 1 or not isinstance(moved[0], Assign) or _breaks(loop.body) > 1):
            continue
        loop.condition, loop.negated = first.condition, negated
        loop.body[position : position + 1] = stay
        at = parent.index(loop) + 1
        parent[at:at] = moved
        return


def _breaks(body: list[Statement]) -> int:
    """How many `break`s leave the loop with this body."""
    own = sum(1 for s in body if isinstance(s, Jump) and s.kind == "break")
    return own + sum(_breaks(part) for s in body if not isinstance(s, Repeat) for part in parts(s))


def _find_counter(
    loop: Repeat, before: Statement | None, structured: Structured, values: Values, natural: Loop[Block]
) -> bool:
    last = loop.body[-1] if loop.body else None
    if not isinstance(last, Assign) or loop.condition is None or loop.header in structured.continues:
        return False
    if len(natural.latches) != 1 or _continues(loop.body, loop.header):
        return False
    tested = [v for v in values.leaves(loop.condition) if v in loop.header.params]
    for param in tested:
        following = next((value for target, value in last.pairs if target is param), None)
        if following is None or not _is_step(following, param, values, natural):
            continue
        last.pairs = [pair for pair in last.pairs if pair[0] is not param]
        if not last.pairs:
            loop.body.pop()
        loop.counter = (param, _take_initial(param, before, values, natural), following)
        return True
    return False


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
    return all(leaf is param or values.home[leaf] not in natural.blocks for leaf in values.leaves(following))


def _take_initial(param: Value, before: Statement | None, values: Values, natural: Loop[Block]) -> Value | None:
    """The initial value, taken out of the assignment before the loop, if the counter is not used behind the loop."""
    if not isinstance(before, Assign) or any(block not in natural.blocks for block in values.uses[param]):
        return None
    if any(param in values.leaves(value) for value in _leaving(natural)):
        return None
    initial = next((value for target, value in before.pairs if target is param), None)
    others = {target for target, _ in before.pairs if target is not param}
    if initial is None or any(leaf in others for leaf in values.leaves(initial)):
        return None
    before.pairs = [pair for pair in before.pairs if pair[0] is not param]
    return initial


def _leaving(natural: Loop[Block]) -> Iterator[Value]:
    """What edges out of a loop hand on; they are assigned behind it."""
    for block in natural.blocks:
        for edge in block.end.edges:
            if edge.target not in natural.blocks:
                yield from edge.args
