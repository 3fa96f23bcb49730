"""The rewrite that reads vectors whose lanes are apart: a few elements of each lane at a time, transposed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from transpile.nests.loops.index import Index
from transpile.nests.loops.nodes import Body, Let, Load, Loop, Statement, Store, Transpose, Work, statements
from transpile.nests.loops.tree import Illegal, array, change
from transpile.nests.nest import element_bytes

TURNS = 4
"""Elements of a lane that are read together."""
LANES = (4, 8, 16)
BYTES = 4
"""Of an element."""


def transpose(work: Work, name: str, source: str) -> Work:
    """In loop `name`, vectors of array `source` that are an element apart, four of them each time, are read as rows
    and transposed.

        a = in1[9*lane + 4*k : 8]
        b = in1[9*lane + 4*k + 1 : 8]
        c = in1[9*lane + 4*k + 2 : 8]   =>  transpose a, b, c, d = in1[9*lane + 4*k : 8]
        d = in1[9*lane + 4*k + 3 : 8]
    """
    if element_bytes(array(work, source).element) != BYTES:
        raise Illegal(f"elements of {source} are not of {BYTES} bytes")

    def transposed(old: Loop) -> Body:
        if any(isinstance(s, Store) and s.array == source for s in statements((old,))):
            raise Illegal(f"{source} is written")
        loads = {s.name: s.value for s in old.body if isinstance(s, Let) and isinstance(s.value, Load)}
        vectors = {name: load for name, load in loads.items() if load.array == source and load.lanes > 1}
        groups = {name: group for group in _groups(vectors) for name in group.names}
        return (replace(old, body=tuple(_with_groups(old.body, groups))),)

    return change(work, name, transposed)


def _groups(vectors: Mapping[str, Load]) -> Iterator[Transpose]:
    """The vectors in groups that follow each other."""
    names: dict[Index, str] = {load.index: name for name, load in vectors.items()}
    for first in [place for place in names if place - 1 not in names]:
        place = first
        while place in names:
            found = [names.get(place + number, "") for number in range(TURNS)]
            lanes = {vectors[name].lanes if name else 0 for name in found}
            if lanes not in ({count} for count in LANES):
                raise Illegal(f"no {TURNS} vectors of a known width follow each other from {place}")
            yield Transpose(tuple(found), vectors[found[0]].array, place, lanes.pop())
            place += TURNS


def _with_groups(body: Body, groups: Mapping[str, Transpose]) -> Iterator[Statement]:
    """The body with each group in place of the first of its vectors."""
    done: set[Transpose] = set()
    for statement in body:
        group = groups.get(statement.name) if isinstance(statement, Let) else None
        if group is None:
            yield statement
        elif group not in done:
            done.add(group)
            yield group
