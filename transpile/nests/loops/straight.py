"""Rewrites that make straight code of loops: vectorise and unroll."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from transpile.nests.loops.index import Index, index, least
from transpile.nests.loops.nodes import (
    LANE,
    Apply,
    Body,
    If,
    Let,
    Load,
    Loop,
    Number,
    Pack,
    Statement,
    Store,
    Value,
    Work,
    statements,
)
from transpile.nests.loops.tree import (
    Illegal,
    array,
    arrays_of,
    bound,
    change,
    depends,
    put,
    turns,
    with_operands,
)


def pad(work: Work, name: str, lanes: int, columns: int, outer: str, inner: str) -> Work:
    """A loop of at most `lanes * columns` turns as `columns` vectors, of which the last ones may not be full."""

    def padded(old: Loop) -> Body:
        most = old.count.most({})
        if most is None or most > lanes * columns:
            raise Illegal(f"{name} is not known to have at most {lanes * columns} turns")
        body = put(old.body, {name: index(outer) * lanes + index(inner)})
        rest = least(lanes, old.count - index(outer) * lanes)
        full = old.count.known is not None and old.count.known == lanes * columns
        inside = Loop(inner, index(lanes) if full else rest, body, old.kind)
        return (Loop(outer, index(columns), (inside,), old.kind),)

    return change(work, name, padded)


def vectorise(work: Work, name: str, lanes: int) -> Work:
    """The turns of a parallel loop as the lanes of vectors.

    Where it has fewer turns, or none, the other lanes touch nothing of the program's; memory of the work's own has
    room for all.
    """

    def straight(loop: Loop) -> Body:
        if loop.kind == "serial":
            raise Illegal(f"{name} is serial")
        valid = None if loop.count.known == lanes else loop.count
        lane = {name: index(LANE)}
        vectors: set[str] = set()
        return tuple(_vector(work, statement, name, lane, lanes, valid, vectors) for statement in loop.body)

    return change(work, name, straight)


def _vector(
    work: Work,
    statement: Statement,
    name: str,
    lane: dict[str, Index],
    lanes: int,
    valid: Index | None,
    vectors: set[str],
) -> Statement:
    def of(array_name: str) -> Index | None:
        return valid if array(work, array_name).space == "program" else None

    match statement:
        case Let(result, Load(source, place, 1)):
            if not depends(place, {name}):
                return statement
            vectors.add(result)
            return Let(result, Load(source, place.put(lane), lanes, of(source)))
        case Let(result, Apply(_, operands)):
            if vectors & set(operands):
                vectors.add(result)
            return statement
        case Let(_, Number(number)) if not depends(number, {name}):
            return statement
        case Store(target, place, _, 1) if depends(place, {name}):
            return replace(statement, index=place.put(lane), lanes=lanes, valid=of(target))
    raise Illegal(f"{name} has a statement that is not for vectors: {statement}")


def unroll(work: Work, name: str) -> Work:
    """The turns of a loop behind each other; what they have in common is computed once."""

    def straight(loop: Loop) -> Body:
        if loop.count.known is None:
            raise Illegal(f"it is not known how many turns {name} has")
        return tuple(_shared(list(turns(loop, loop.count.known))))

    return change(work, name, straight)


def _shared(body: list[Statement]) -> Iterator[Statement]:
    """The statements without those that give a value again.  What is stored to is loaded every time."""
    written = {name for s in statements(tuple(body)) if isinstance(s, Store | Pack) for name in arrays_of(s)}
    same: dict[str, str] = {}
    known: dict[Value, str] = {}
    for statement in body:
        if same and isinstance(statement, Loop | If):
            raise Illegal(f"{bound(statement)} stands behind what is computed once")
        made = with_operands(statement, same) if same else statement
        if isinstance(made, Let) and not (isinstance(made.value, Load) and made.value.array in written):
            before = known.setdefault(made.value, made.name)
            if before != made.name:
                same[made.name] = before
                continue
        yield made
