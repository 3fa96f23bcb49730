"""Running values: the elements that a loop reads and writes again and again go through memory of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from transpile.nests.loops.index import Index, index
from transpile.nests.loops.nodes import (
    Allocate,
    Array,
    Body,
    Constant,
    If,
    Let,
    Load,
    Loop,
    Space,
    Statement,
    Store,
    Work,
    statements,
)
from transpile.nests.loops.tree import (
    Illegal,
    array,
    arrays_of,
    bodies,
    change,
    depends,
    functions,
    put,
    throughout,
    with_accesses,
    with_body,
    with_functions,
)


def stage(
    work: Work, name: str, at: str, to: str, space: Space, lanes: int = 1, begin: Literal["copied", "inside"] = "copied"
) -> Work:
    """The elements of array `name` that loop `at` uses are copied to array `to`, used there, and copied back.

    What is done with them in the first or in the last turn of the serial loops alone is done where they are copied.
    They are the same ones in every turn of the serial loops, and others in each turn of the parallel ones.  The
    innermost of these has room for a multiple of `lanes`; in memory, room that no element takes begins as 0.
    An array of the work's own that nobody uses any more is gone.  If its elements `begin` inside, in the first turn,
    nothing is copied to `to`.
    """
    source = array(work, name)

    def staged(loop: Loop) -> Body:
        chains = list(_accesses((loop,), name, ()))
        places = {place for place, _ in chains}
        if len(places) != 1:
            raise Illegal(f"{name} is used in {len(places)} places in {at}")
        place, around = places.pop(), chains[0][1]
        inner = [each for each in around if depends(place, {each.name})]
        serial = {each.name for each in around if each not in inner}
        if any(each.kind == "serial" or depends(each.count, serial) for each in inner):
            raise Illegal(f"{name} is at places that the turns of {at} move")
        shape: list[tuple[str, Index, int]] = []
        for each in inner:
            most = _most(each, {turn: limit for turn, _, limit in shape})
            room = -(-most // lanes) * lanes if each is inner[-1] else most
            shape.append((each.name, each.count, room))
        own, size = index(0), 1
        for turn, _, most in shape:
            own, size = own * most + index(turn), size * most
        made = Array(to, source.element, space, index(size))
        moved = with_accesses((loop,), lambda used, at: (to, own) if used == name else (used, at))
        rest, first, last = _edges(moved, to)
        if begin == "inside":
            if source.space == "program" or first is None:
                raise Illegal(f"it is not known that all of {name} begins in {at}")
            rest = _edges(moved, to, first)[0]
        turns = {each.name: each.count for each in around if each.name in serial}
        beginning = _in_turn(first, dict.fromkeys(turns, index(0)))
        end = _in_turn(last, {turn: count - 1 for turn, count in turns.items()})
        before = _copy(shape, f"{to}_in", (name, place), (to, own), beginning) if begin == "copied" else ()
        behind = _copy(shape, f"{to}_out", (to, own), (name, place), end)
        spare = space != "registers" and any(count.known != most for _, count, most in shape)
        return (Allocate(made), *(_cleared(made) if spare else ()), *before, *rest, *behind)

    return _without_unused(change(work, at, staged), source)


def _without_unused(work: Work, own: Array) -> Work:
    """The work without an array of its own that nobody uses."""
    if own.space == "program" or any(own.name in arrays_of(s) for f in functions(work) for s in statements(f.body)):
        return work

    def kept(statement: Statement) -> Body:
        return () if isinstance(statement, Allocate) and statement.array == own else (statement,)

    return with_functions(work, lambda function: with_body(function, throughout(function.body, kept)))


def _cleared(made: Array) -> Body:
    """Zeros in all of an array."""
    assert made.size is not None
    turn = f"{made.name}_clear"
    return (Loop(turn, made.size, (Store(made.name, index(turn), Constant(made.type, 0)),), "parallel"),)


def _most(loop: Loop, bounds: dict[str, int]) -> int:
    most = loop.count.most(bounds)
    if most is None:
        raise Illegal(f"it is not known how many turns {loop.name} has at most")
    return most


def _accesses(body: Body, name: str, around: tuple[Loop, ...]) -> Iterator[tuple[Index, tuple[Loop, ...]]]:
    """The places in an array that a body uses, each with the loops around it."""
    for statement in body:
        match statement:
            case Let(_, Load(array, place)) | Store(array, place) if array == name:
                yield place, around
            case _ if name in arrays_of(statement):
                raise Illegal(f"{name} is used by {type(statement).__name__}")
        inside = (*around, statement) if isinstance(statement, Loop) else around
        for inner in bodies(statement):
            yield from _accesses(inner, name, inside)


def _edges(body: Body, name: str, inside: If | None = None) -> tuple[Body, If | None, If | None]:
    """The loops without the choices in the innermost one that work on an array: the one before it is used, the one
    behind; the one that stays `inside` is none of them."""
    first: If | None = None
    last: If | None = None
    kept: list[Statement] = []
    is_used = False
    for statement in body:
        inner = statement.body if isinstance(statement, Loop) else ()
        if statement is inside:
            kept.append(statement)
        elif isinstance(statement, If) and any(name in arrays_of(each) for each in statements((statement,))):
            first, last = (first, statement) if is_used else (statement, last)
        elif isinstance(statement, Loop) and any(name in arrays_of(each) for each in statements(inner)):
            made, first, last = _edges(inner, name, inside)
            kept.append(replace(statement, body=made))
        else:
            is_used |= name in arrays_of(statement)
            kept.append(statement)
    return tuple(kept), first, last


def _in_turn(choice: If | None, turns: dict[str, Index]) -> If | None:
    """A choice as it is in one turn of loops, given from outer to inner."""
    if choice is None:
        return None
    number = choice.index
    for name in reversed(turns):
        number = number.put({name: turns[name]})
    return replace(choice, index=number)


def _copy(
    shape: list[tuple[str, Index, int]],
    mark: str,
    source: tuple[str, Index],
    target: tuple[str, Index],
    choice: If | None = None,
) -> Body:
    """Loops that move elements from one array to another one; what the choice does is done instead, or on the way."""
    names = {turn: index(f"{turn}_{mark}") for turn, _, _ in shape}
    value = f"{mark}_value"
    body: Body = (
        Let(value, Load(source[0], source[1].put(names))),
        Store(target[0], target[1].put(names), value),
    )
    if choice is not None:
        ends = source[0], target[0]
        then = (
            replace(s, array=target[0], index=target[1]) if isinstance(s, Store) and s.array in ends else s
            for s in choice.then
        )
        chosen = put(tuple(then), names)
        known = choice.index.known
        body = chosen if known is not None and known < 1 else (If(choice.index.put(names), index(1), chosen, body),)
    for turn, count, _ in reversed(shape):
        body = (Loop(f"{turn}_{mark}", count.put(names), body, "parallel"),)
    return body
