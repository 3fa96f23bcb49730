"""Rewrites of which turn is done when: flatten, reorder, split, peel, balance.

Loops whose turns are independent ("parallel") change places with all others; serial ones keep their order among each
other, and with it every element the order of its terms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from transpile.nests.loops.index import Index, div, index, least, mod
from transpile.nests.loops.nodes import Body, Define, If, Loop, Work
from transpile.nests.loops.tree import Illegal, bound_in, change, copied, depends, loop, only, put, rename


def flatten(work: Work, outer: str, inner: str, name: str) -> Work:
    """One loop in place of two, over all of their turns in order.

    What is `outer` becomes `name div turns of inner`, what is `inner` the remainder.
    """

    def flat(first: Loop) -> Body:
        second = only(first)
        if second.name != inner or (first.kind == "serial") != (second.kind == "serial"):
            raise Illegal(f"{outer} and {inner} are not two loops of one kind inside each other")
        if depends(second.count, {outer}):
            raise Illegal(f"the turns of {inner} depend on {outer}")
        turn = index(name)
        values = {outer: div(turn, second.count), inner: mod(turn, second.count)}
        return (Loop(name, first.count * second.count, put(second.body, values), first.kind),)

    return change(work, outer, flat)


def reorder(work: Work, names: Sequence[str]) -> Work:
    """Loops inside each other in another order, given from outer to inner."""
    chain = [next(found for found in _chain(work, names))]
    while len(chain) < len(names):
        chain.append(only(chain[-1]))
    if {each.name for each in chain} != set(names):
        raise Illegal(f"{', '.join(names)} are not inside each other without anything between them")
    places = {each.name: each for each in chain}
    serial = [each.name for each in chain if each.kind == "serial"]
    if [name for name in names if name in serial] != serial:
        raise Illegal(f"serial loops {', '.join(serial)} in another order")
    for each in chain:
        if depends(each.count, set(names) - set(names[: list(names).index(each.name)])):
            raise Illegal(f"the turns of {each.name} depend on a loop that comes to stand inside")
    body = chain[-1].body
    for name in reversed(names):
        body = (replace(places[name], body=body),)
    return change(work, chain[0].name, lambda _: body)


def _chain(work: Work, names: Sequence[str]) -> Sequence[Loop]:
    """The loops of these names of which none is inside another one of them."""
    found = [loop(work, name) for name in names]
    inside = {name for each in found for name in bound_in(each.body)}
    return [each for each in found if each.name not in inside]


def split(work: Work, name: str, by: int, outer: str, inner: str) -> Work:
    """Two loops in place of one: `inner` of `by` turns, the last time of what is left of them."""

    def two(old: Loop) -> Body:
        turns = least(by, old.count - index(outer) * by)
        if _is_multiple(old.count, by):
            turns = index(by)
        body = put(old.body, {name: index(outer) * by + index(inner)})
        return (Loop(outer, div(old.count + (by - 1), by), (Loop(inner, turns, body, old.kind),), old.kind),)

    return change(work, name, two)


def _is_multiple(count: Index, by: int) -> bool:
    return count.const % by == 0 and all(factor % by == 0 for _, factor in count.terms)


def peel(work: Work, name: str, by: int, mark: str) -> Work:
    """A loop of a multiple of `by` turns, and one of what is left; in the second all names have a mark."""

    def two(old: Loop) -> Body:
        quotient, rest = div(old.count, by), mod(old.count, by)
        return _cut(old, quotient * by, rest, mark)

    return change(work, name, two)


def cut(work: Work, name: str, at: int, mark: str) -> Work:
    """A loop of `at` turns, and one of those that follow, where all names have a mark."""

    def two(old: Loop) -> Body:
        if old.count.known is None or not 0 <= at <= old.count.known:
            raise Illegal(f"{name} is not known to have {at} turns")
        return _cut(old, index(at), old.count - at, mark)

    return change(work, name, two)


def _cut(old: Loop, first: Index, rest: Index, mark: str) -> Body:
    (again,) = copied((old,), mark)
    assert isinstance(again, Loop)
    moved = put(again.body, {again.name: first + index(again.name)})
    return (replace(old, count=first), replace(again, count=rest, body=moved))


def balance(work: Work, name: str, most: int, outer: str, inner: str, mark: str) -> Work:
    """Blocks of at most `most` turns, as equal as can be: those of one turn more come first; in the shorter ones all
    names have a mark."""

    def blocks(old: Loop) -> Body:
        turns = old.count.known
        if not turns:
            raise Illegal(f"it is not known how many turns {name} has")
        count = -(-turns // most)
        size, longer = divmod(turns, count)
        if not longer:
            body = put(old.body, {name: index(outer) * size + index(inner)})
            return (Loop(outer, index(count), (Loop(inner, index(size), body, old.kind),), old.kind),)
        start = f"{outer}_start"
        long = put(old.body, {name: index(outer) * (size + 1) + index(inner)})
        short = put(rename(old.body, {n: f"{n}{mark}" for n in bound_in(old.body)}),
                    {name: index(start) + index(inner + mark)})  # fmt: skip
        first = Define(start, index(outer) * size + longer)
        then: Body = (Loop(inner, index(size + 1), long, old.kind),)
        otherwise: Body = (first, Loop(inner + mark, index(size), short, old.kind))
        return (Loop(outer, index(count), (If(index(outer), index(longer), then, otherwise),), old.kind),)

    return change(work, name, blocks)
