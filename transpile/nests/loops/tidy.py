"""The same work in simpler words: without loops of one turn or none, choices that are none, and `div` that divides
nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from transpile.nests.loops.index import Index, index
from transpile.nests.loops.nodes import LANE, Body, If, Let, Load, Loop, Pack, Places, Statement, Store, Work
from transpile.nests.loops.tree import each, put, with_functions, with_indexes

_Bounds = Mapping[str, int]
"""What names are below."""


def tidied(work: Work) -> Work:
    """The work in simpler words."""
    return Tidier().tidied(work)


class Tidier:
    """Remembers what it has been through: most of a work is as it was before a rewrite."""

    def __init__(self) -> None:
        self._done: dict[int, tuple[Statement, _Bounds]] = {}

    def tidied(self, work: Work) -> Work:
        return with_functions(work, lambda function: replace(function, body=self._body(function.body, {})))

    def _body(self, body: Body, bounds: _Bounds) -> Body:
        return each(body, lambda statement: self._known(statement, bounds))

    def _known(self, statement: Statement, bounds: _Bounds) -> Body:
        """Only loops and choices are worth remembering."""
        if not isinstance(statement, Loop | If):
            return _simple(statement, bounds)
        before = self._done.get(id(statement))
        if before is not None and before[1] == bounds:
            return (statement,)
        made = self._loop(statement, bounds) if isinstance(statement, Loop) else self._choice(statement, bounds)
        self._done |= {id(new): (new, bounds) for new in made if isinstance(new, Loop | If)}
        return made

    def _loop(self, loop: Loop, bounds: _Bounds) -> Body:
        count = loop.count.tidy(bounds)
        if count.known == 0:
            return ()
        if count.known == 1:
            return self._body(put(loop.body, {loop.name: index(0)}), bounds)
        body = self._body(loop.body, {**bounds, **_below(((loop.name, count),), bounds)})
        if not body:
            return ()
        return (loop,) if count is loop.count and body is loop.body else (Loop(loop.name, count, body, loop.kind),)

    def _choice(self, choice: If, bounds: _Bounds) -> Body:
        number, limit = choice.index.tidy(bounds), choice.limit.tidy(bounds)
        most = number.most(bounds)
        if most is not None and limit.known is not None and most < limit.known:
            return self._body(choice.then, bounds)
        if number.known is not None and limit.known is not None:
            return self._body(choice.otherwise, bounds)
        return (If(number, limit, self._body(choice.then, bounds), self._body(choice.otherwise, bounds)),)


def _simple(statement: Statement, bounds: _Bounds) -> Body:
    match statement:
        case Let(_, Load(_, _, lanes)) | Store(_, _, _, lanes) if lanes > 1:
            bounds = {**bounds, LANE: lanes}
        case Pack():
            bounds = {**bounds, **_below((*statement.lanes.dims, *statement.turns.dims), bounds)}
        case Places():
            bounds = {**bounds, **_below(statement.walk.dims, bounds)}
    return (with_indexes(statement, lambda number: number.tidy(bounds)),)


def _below(counts: tuple[tuple[str, Index], ...], bounds: _Bounds) -> dict[str, int]:
    """What the turns of loops are below, where it is known."""
    most = [(name, count.most(bounds)) for name, count in counts]
    return {name: limit for name, limit in most if limit is not None and limit > 0}
