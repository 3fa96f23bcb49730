"""The same work in simpler words: without loops of one turn or none, choices that are none, and `div` that divides
nothing."""

from __future__ import annotations

from collections.abc import Mapping

from transpile.nests.loops.index import Index, index
from transpile.nests.loops.nodes import (
    LANE,
    Apply,
    Body,
    Function,
    If,
    Let,
    Load,
    Loop,
    Pack,
    Places,
    Statement,
    Store,
    Transpose,
    Work,
)
from transpile.nests.loops.tree import each, put, with_body, with_functions, with_indexes

_Bounds = Mapping[str, int]
"""What names are below."""


def tidied(work: Work) -> Work:
    """The work in simpler words."""
    return Tidier().tidied(work)


class Tidier:
    """Remembers what it has been through: most of a work is as it was before a rewrite."""

    def __init__(self) -> None:
        self._done: dict[int, tuple[Statement, _Bounds]] = {}
        self._functions: dict[int, Function] = {}

    def tidied(self, work: Work) -> Work:
        return with_functions(work, self._function)

    def _function(self, function: Function) -> Function:
        if id(function) in self._functions:
            return function
        made = with_body(function, self._body(function.body, {}))
        self._functions[id(made)] = made
        return made

    def _body(self, body: Body, bounds: _Bounds) -> Body:
        return each(body, lambda statement: self._known(statement, bounds))

    def _known(self, statement: Statement, bounds: _Bounds) -> Body:
        before = self._done.get(id(statement))
        if before is not None and before[1] == bounds:
            return (statement,)
        match statement:
            case Loop():
                made = self._loop(statement, bounds)
            case If():
                made = self._choice(statement, bounds)
            case Let(_, Apply()):
                return (statement,)
            case _:
                made = (_simple(statement, bounds),)
        if len(made) == 1:
            self._done[id(made[0])] = made[0], bounds
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


def _simple(statement: Statement, bounds: _Bounds) -> Statement:
    match statement:
        case Let(_, Load(_, _, lanes)) | Store(_, _, _, lanes) | Transpose(_, _, _, lanes) if lanes > 1:
            bounds = {**bounds, LANE: lanes}
        case Pack():
            bounds = {**bounds, **_below((*statement.lanes.dims, *statement.turns.dims), bounds)}
        case Places():
            bounds = {**bounds, **_below(statement.walk.dims, bounds)}
    return with_indexes(statement, lambda number: number.tidy(bounds))


def _below(counts: tuple[tuple[str, Index], ...], bounds: _Bounds) -> dict[str, int]:
    """What the turns of loops are below, where it is known."""
    most = [(name, count.most(bounds)) for name, count in counts]
    return {name: limit for name, limit in most if limit is not None and limit > 0}
