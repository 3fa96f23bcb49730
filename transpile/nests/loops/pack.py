"""Copies and tables: an array's elements in the order in which they are used, and places that are looked up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from transpile.nests.loops.index import (
    Atom,
    Div,
    Entry,
    Index,
    Min,
    Mod,
    Name,
    Product,
    div,
    index,
    indexed,
    mod,
    total,
)
from transpile.nests.loops.nodes import (
    Allocate,
    Array,
    Body,
    Element,
    Loop,
    Pack,
    Places,
    Space,
    Store,
    Walk,
    Work,
    statements,
)
from transpile.nests.loops.tree import (
    Illegal,
    array,
    bound_in,
    change,
    depends,
    loop,
    places,
    with_accesses,
)


def pack(work: Work, name: str, at: str, lane: str, turns: Sequence[str], width: int, to: str) -> Work:
    """In loop `at`, array `name` is read from a copy in panels, made before it: `lane` is the loop along them, `turns`
    are those of the reduction, which a panel has behind each other."""
    lanes, loops = loop(work, lane), [loop(work, turn) for turn in turns]
    element: Element = array(work, name).type  # type: ignore[assignment]

    def packed(old: Loop) -> Body:
        found = set(places(old.body, name))
        if len(found) != 1:
            raise Illegal(f"{name} is used in {len(found)} places in {at}")
        if any(isinstance(s, Store) and s.array == name for s in statements(old.body)):
            raise Illegal(f"{name} is written")
        inside = _inside(old, [lane, *turns])
        base, along, through = _parts(found.pop(), lane, set(turns))
        if depends(base, inside):
            raise Illegal(f"{name} moves in {at} with more than lanes and turns")
        walk, first = _lanes(along, lanes)
        turn, count = _flat(loops)
        panel = div(index(lane), width) * (count * width) + turn * width + mod(index(lane), width)
        size = _ceiling(div(lanes.count + (width - 1), width) * width * count)
        copy = Pack(to, name, base, _named(walk, to), first, lanes.count, _named(_walk(loops, through), to), width)
        body = with_accesses(old.body, lambda used, place: (to, panel) if used == name else (used, place))
        return (Allocate(Array(to, element, "thread", size)), copy, replace(old, body=body))

    return change(work, at, packed)


def tabulate(work: Work, name: str, at: str, turns: Sequence[str], table: str, space: Space = "stack") -> Work:
    """Before loop `at`, the offsets that `turns`, inside of it, have in array `name` are written into a table."""
    loops = [loop(work, turn) for turn in turns]
    turn, count = _flat(loops)
    whole = [replace(each, count=_ceiling(each.count)) for each in loops]

    def parts(place: Index) -> tuple[Index, Walk, Index]:
        base, _, through = _parts(place, "", set(turns))
        return base, _walk(whole, through), index(0)

    return _with_table(work, name, at, turns, Array(table, "i64", space, _ceiling(count)), turn, _ceiling(count), parts)


def tabulate_lanes(work: Work, name: str, at: str, lane: str, table: str) -> Work:
    """Before loop `at`, the offsets of the turns of `lane` in array `name` are written into a table."""
    lanes = loop(work, lane)

    def parts(place: Index) -> tuple[Index, Walk, Index]:
        base, along, _ = _parts(place, lane, set())
        return base, *_lanes(along, lanes)

    declared = Array(table, "i64", "stack", _ceiling(lanes.count))
    return _with_table(work, name, at, [lane], declared, index(lane), lanes.count, parts)


def _with_table(
    work: Work,
    name: str,
    at: str,
    loops: Sequence[str],
    table: Array,
    entry: Index,
    count: Index,
    parts: Callable[[Index], tuple[Index, Walk, Index]],
) -> Work:
    """`parts` takes a place apart into what stays in it, the walk that the table has, and where that begins."""

    def with_table(old: Loop) -> Body:
        _inside(old, loops)
        walks = {parts(place)[1:] for place in places(old.body, name)}
        if len(walks) != 1:
            raise Illegal(f"{', '.join(loops)} move {name} in {len(walks)} ways")
        ((walk, first),) = walks
        looked_up = indexed(Entry(table.name, entry))
        body = with_accesses(
            old.body, lambda used, place: (used, parts(place)[0] + looked_up if used == name else place)
        )
        filled = Places(table.name, _named(walk, table.name), first, count)
        return (Allocate(table), filled, replace(old, body=body))

    return change(work, at, with_table)


def _inside(around: Loop, names: Sequence[str]) -> set[str]:
    """All names bound by a loop and in it; Illegal if one of these is not among them."""
    inside = bound_in((around,))
    if not inside.issuperset(names):
        raise Illegal(f"{', '.join(names)} are not all inside of {around.name}")
    return inside


def _parts(place: Index, lane: str, turns: set[str]) -> tuple[Index, Index, Index]:
    """A place as a sum: what neither moves, what the lanes move, what the turns move."""
    along = [term for term in place.terms if lane in Index((term,)).names]
    through = [term for term in place.terms if turns & Index((term,)).names]
    if set(along) & set(through):
        raise Illegal(f"lanes and turns move {place} together")
    rest = [term for term in place.terms if term not in along and term not in through]
    return total(rest, place.const), total(along), total(through)


def _lanes(along: Index, lanes: Loop) -> tuple[Walk, Index]:
    """What lanes add to a place as a walk, and the turn at which it begins."""
    name = f"{lanes.name}_lane"
    match list(along.moved({lanes.name}).items()):
        case []:
            return Walk(((name, lanes.count),), index(0)), index(0)
        case [(Name(), stride)]:
            return Walk(((name, lanes.count),), index(name) * stride), index(0)
        case [(Div(value, by), outer), (Mod(other, again), inner)] if (value, by) == (other, again):
            pass
        case [(Div(value, by), outer)]:
            inner = index(0)
        case [(Mod(value, by), inner)]:
            outer = index(0)
        case _:
            raise Illegal(f"{along} is not a place of two flattened loops")
    first = value.put({lanes.name: index(0)})
    if value != first + index(lanes.name):
        raise Illegal(f"{along} does not go on by one")
    turns = div(first + lanes.count + by - 1, by)
    dims = ((f"{name}_outer", turns), (name, by))
    return Walk(dims, index(f"{name}_outer") * outer + index(name) * inner), first


def _flat(loops: Sequence[Loop]) -> tuple[Index, Index]:
    """The number of a turn of loops inside each other, and how many there are."""
    turn, count = index(0), index(1)
    for each in loops:
        turn, count = turn * each.count + index(each.name), count * each.count
    return turn, count


def _walk(loops: Sequence[Loop], through: Index) -> Walk:
    """What the turns of loops add to a place."""
    return Walk(tuple((each.name, each.count) for each in loops), through)


def _named(walk: Walk, mark: str) -> Walk:
    """The walk with names of its own, and in runs as long as can be: they are quick to copy."""
    walk = _runs(walk)
    names = {turn: f"{turn}_{mark}" for turn, _ in walk.dims}
    moved = walk.index.put({turn: index(new) for turn, new in names.items()})
    return Walk(tuple((names[turn], count) for turn, count in walk.dims), moved)


def _runs(walk: Walk) -> Walk:
    """A loop that goes on where the one inside it ends is one with it."""
    dims = list(walk.dims[:1])
    strides = [walk.index.stride(name) for name, _ in walk.dims]
    steps = strides[:1]
    for (name, count), step in zip(walk.dims[1:], strides[1:], strict=True):
        if steps[-1] == step * count:
            dims[-1], steps[-1] = (name, dims[-1][1] * count), step
        else:
            dims.append((name, count))
            steps.append(step)
    moved = [index(name) * step for (name, _), step in zip(dims, steps, strict=True)]
    return Walk(tuple(dims), sum(moved, index(0)))


def _ceiling(size: Index) -> Index:
    """A size that is not less, without what is smaller only in the last turn of a loop outside."""
    return size.rebuilt(_ceiling_of)


def _ceiling_of(atom: Atom) -> Index:
    match atom:
        case Product(factors):
            made = index(1)
            for factor in factors:
                made *= _ceiling_of(factor)
            return made
        case Min(first, second):
            return second if first.known is None and second.known is not None else first
        case Div(value, by):
            return div(_ceiling(value), by)
    return indexed(atom)
