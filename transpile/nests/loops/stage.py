"""Running values: the elements that a loop reads and writes again and again go through memory of their own."""

from __future__ import annotations

from collections.abc import Iterator

from transpile.nests.loops.index import Index, index
from transpile.nests.loops.nodes import Allocate, Array, Body, Constant, Let, Load, Loop, Space, Store, Work
from transpile.nests.loops.tree import Illegal, array, arrays_of, bodies, change, depends, with_accesses


def stage(work: Work, name: str, at: str, to: str, space: Space, lanes: int = 1) -> Work:
    """The elements of array `name` that loop `at` uses are copied to array `to`, used there, and copied back.

    They are the same ones in every turn of the serial loops, and others in each turn of the parallel ones.  The
    innermost of these has room for a multiple of `lanes`; in memory, room that no element takes begins as 0.
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
        before = _copy(shape, f"{to}_in", (name, place), (to, own))
        behind = _copy(shape, f"{to}_out", (to, own), (name, place))
        spare = space != "registers" and any(count.known != most for _, count, most in shape)
        return (Allocate(made), *(_cleared(made) if spare else ()), *before, *moved, *behind)

    return change(work, at, staged)


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


def _copy(
    shape: list[tuple[str, Index, int]], mark: str, source: tuple[str, Index], target: tuple[str, Index]
) -> Body:
    """Loops that move elements from one array to another one."""
    names = {turn: index(f"{turn}_{mark}") for turn, _, _ in shape}
    value = f"{mark}_value"
    body: Body = (
        Let(value, Load(source[0], source[1].put(names))),
        Store(target[0], target[1].put(names), value),
    )
    for turn, count, _ in reversed(shape):
        body = (Loop(f"{turn}_{mark}", count.put(names), body, "parallel"),)
    return body
