"""Copies and tables: an array's elements in the order in which they are used, and places that are looked up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from transpile.nests.loops.index import Atom, Div, Entry, Index, Min, Mod, Name, div, index, mod, total
from transpile.nests.loops.nodes import (
    Allocate,
    Array,
    Body,
    Element,
    Let,
    Load,
    Loop,
    Pack,
    Places,
    Space,
    Statement,
    Store,
    Walk,
    Work,
)
from transpile.nests.loops.tree import Illegal, array, bound_in, change, depends, loop, rename, with_bodies


def pack(work: Work, name: str, at: str, lane: str, turns: Sequence[str], width: int, to: str) -> Work:
    """In loop `at`, array `name` is read from a copy in panels, made before it: `lane` is the loop along them, `turns`
    are those of the reduction, which a panel has behind each other."""
    lanes, loops = loop(work, lane), [loop(work, turn) for turn in turns]
    made = Array(to, _wide(array(work, name)), "thread", None)

    def packed(old: Loop) -> Body:
        places = {place for place, _ in _loads(old.body, name)}
        if len(places) != 1:
            raise Illegal(f"{name} is loaded from {len(places)} places in {at}")
        inside = _inside(old, [lane, *turns])
        base, along, through = _parts(places.pop(), lane, set(turns))
        if depends(base, inside):
            raise Illegal(f"{name} moves in {at} with more than lanes and turns")
        walk, first, rest = _lanes(along, lanes)
        turn, count = _flat(loops)
        names = {each.name: f"{each.name}_{to}" for each in loops}
        dims = {turn: f"{turn}_{to}" for turn, _ in walk.dims}
        walk = Walk(tuple((dims[t], c) for t, c in walk.dims), walk.index.put({t: index(n) for t, n in dims.items()}))
        walked = _walk(loops, through, names)
        panel = div(index(lane), width) * (count * width) + turn * width + mod(index(lane), width)
        size = _ceiling(div(lanes.count + (width - 1), width) * width * count)
        copy = Pack(to, name, base + rest, walk, first, lanes.count, walked, width)
        body = _with_loads(old.body, name, lambda _: Load(to, panel))
        return (Allocate(replace(made, size=size)), copy, replace(old, body=body))

    return change(work, at, packed)


def tabulate(work: Work, name: str, at: str, turns: Sequence[str], table: str, space: Space = "stack") -> Work:
    """Before loop `at`, the offsets that `turns`, inside of it, have in array `name` are written into a table."""
    loops = [loop(work, turn) for turn in turns]

    def with_table(old: Loop) -> Body:
        _inside(old, turns)
        turn, count = _flat(loops)
        walks = set()

        def looked_up(place: Index) -> Index:
            base, _, through = _parts(place, "", set(turns))
            walks.add(through)
            return base + Index(((Entry(table, turn), 1),))

        body = _with_places(old.body, name, looked_up)
        if len(walks) != 1:
            raise Illegal(f"{turns} move {name} in {len(walks)} ways")
        names = {each.name: f"{each.name}_{table}" for each in loops}
        bounded = [replace(each, count=_ceiling(each.count)) for each in loops]
        size = _ceiling(count)
        places = Places(table, _walk(bounded, walks.pop(), names), index(0), size)
        return (Allocate(Array(table, "i64", space, size)), places, replace(old, body=body))

    return change(work, at, with_table)


def tabulate_lanes(work: Work, name: str, at: str, lane: str, table: str) -> Work:
    """Before loop `at`, the offsets of the turns of `lane` in array `name` are written into a table."""
    lanes = loop(work, lane)

    def with_table(old: Loop) -> Body:
        _inside(old, [lane])
        walks = set()

        def looked_up(place: Index) -> Index:
            base, along, _ = _parts(place, lane, set())
            walk, first, rest = _lanes(along, lanes)
            walks.add((walk, first))
            return base + rest + Index(((Entry(table, index(lane)), 1),))

        body = _with_places(old.body, name, looked_up)
        if len(walks) != 1:
            raise Illegal(f"{lane} moves {name} in {len(walks)} ways")
        walk, first = walks.pop()
        names = {turn: f"{turn}_{table}" for turn, _ in walk.dims}
        moved = walk.index.put({turn: index(new) for turn, new in names.items()})
        renamed = Walk(tuple((names[turn], count) for turn, count in walk.dims), moved)
        declared = Allocate(Array(table, "i64", "stack", _ceiling(lanes.count)))
        return (declared, Places(table, renamed, first, lanes.count), replace(old, body=body))

    return change(work, at, with_table)


def _inside(around: Loop, names: Sequence[str]) -> set[str]:
    """All names bound by a loop and in it; Illegal if one of these is not among them."""
    inside = bound_in((around,))
    if not inside.issuperset(names):
        raise Illegal(f"{', '.join(names)} are not all inside of {around.name}")
    return inside


def _wide(source: Array) -> Element:
    found: Element = source.type  # type: ignore[assignment]
    return found


def _loads(body: Body, name: str) -> list[tuple[Index, str]]:
    found: list[tuple[Index, str]] = []

    def note(place: Index) -> Index:
        found.append((place, name))
        return place

    _with_places(body, name, note)
    return found


def _with_loads(body: Body, name: str, new: Callable[[Load], Load]) -> Body:
    def one(statement: Statement) -> Statement:
        match statement:
            case Let(result, Load(array) as load) if array == name:
                return Let(result, new(load))
            case Store(array) if array == name:
                raise Illegal(f"{name} is written")
        return with_bodies(statement, lambda inner: _with_loads(inner, name, new))

    return tuple(map(one, body))


def _with_places(body: Body, name: str, new: Callable[[Index], Index]) -> Body:
    def one(statement: Statement) -> Statement:
        match statement:
            case Let(result, Load(array) as load) if array == name:
                return Let(result, replace(load, index=new(load.index)))
            case Store(array) if array == name:
                return replace(statement, index=new(statement.index))
        return with_bodies(statement, lambda inner: _with_places(inner, name, new))

    return tuple(map(one, body))


def _parts(place: Index, lane: str, turns: set[str]) -> tuple[Index, Index, Index]:
    """A place as a sum: what neither moves, what the lanes move, what the turns move."""
    along = [term for term in place.terms if lane in Index((term,)).names]
    through = [term for term in place.terms if turns & Index((term,)).names]
    if set(along) & set(through):
        raise Illegal(f"lanes and turns move {place} together")
    rest = [term for term in place.terms if term not in along and term not in through]
    return total(rest, place.const), total(along), total(through)


def _lanes(along: Index, lanes: Loop) -> tuple[Walk, Index, Index]:
    """What lanes add to a place as a walk, the turn at which it begins, and what is added to all."""
    name = f"{lanes.name}_lane"
    factor = along.factor(lanes.name)
    if along == index(lanes.name) * factor:
        return Walk(((name, lanes.count),), index(name) * factor), index(0), index(0)
    match [(atom, factor) for atom, factor in along.terms]:
        case [(Div(value, by), outer), (Mod(other, again), inner)] if (value, by) == (other, again):
            pass
        case [(Div(value, by), outer)]:
            inner = 0
        case [(Mod(value, by), inner)]:
            outer = 0
        case _:
            raise Illegal(f"{along} is no place of two flattened loops")
    first = value.put({lanes.name: index(0)})
    if value != first + index(lanes.name):
        raise Illegal(f"{along} does not go on by one")
    turns = div(first + lanes.count + by - 1, by)
    dims = ((f"{name}_outer", turns), (name, by))
    return Walk(dims, index(f"{name}_outer") * outer + index(name) * inner), first, index(0)


def _flat(loops: Sequence[Loop]) -> tuple[Index, Index]:
    """The number of a turn of loops inside each other, and how many there are."""
    turn, count = index(0), index(1)
    for each in loops:
        turn, count = turn * each.count + index(each.name), count * each.count
    return turn, count


def _walk(loops: Sequence[Loop], through: Index, names: dict[str, str]) -> Walk:
    moved = through.put({old: index(new) for old, new in names.items()})
    if depends(moved, set(names)):
        raise Illegal(f"{through} moves with loops that it has not got")
    return Walk(tuple((names[each.name], each.count) for each in loops), moved)


def _ceiling(size: Index) -> Index:
    """A size that is not less, without what is smaller only in the last turn of a loop outside."""
    values = []
    for atom, factor in size.terms:
        part = index(factor)
        for each in atom.factors if hasattr(atom, "factors") else (atom,):
            part *= _ceiling_of(each)
        values.append(part)
    made = index(size.const)
    for value in values:
        made += value
    return made


def _ceiling_of(atom: Atom) -> Index:
    match atom:
        case Min(first, second):
            known = [each for each in (first, second) if each.known is not None]
            return known[0] if known else first
        case Div(value, by):
            return div(_ceiling(value), by)
        case Name():
            return Index(((atom, 1),))
    return Index(((atom, 1),))


__all__ = ["pack", "rename", "tabulate", "tabulate_lanes"]
