"""Works that a team of threads does together, which is there already: each of them calls the work.

    for part_t0 < 2 threads                    for part_t0 < 2 threads
      pack0 = allocate f32[480] thread           for …
      for …                                        pack0[480*part_t0 + …] = …
        pack0[…] = …

The turns of a loop over shares are dealt out; what stands beside such a loop is done once, by any of them, and all wait
for each other behind each.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeGuard

from transpile.nests.loops.index import Index, div, index
from transpile.nests.loops.nodes import (
    Allocate,
    Array,
    Body,
    Call,
    Define,
    Let,
    Loop,
    Statement,
    Transpose,
    Work,
    statements,
)
from transpile.nests.loops.outline import THREADS
from transpile.nests.loops.tree import arrays_of, put, throughout, with_accesses
from transpile.nests.nest import element_bytes

_LINE = 64
"""Bytes of a line of the cache, which two threads should not both write to."""


def as_team(work: Work, threads: int) -> tuple[Work, tuple[Array, ...]] | None:
    """The work with so many shares, and the arrays that it is given for what each thread had for itself.

    None if it has no shares, or if something beside them cannot be done once: an array in a variable or on the C stack
    would be another one in each thread, and elements that are loaded there may be those that a share has changed.
    """
    main = work.main
    if not any(_is_shared(statement) for statement in main.body) or not _can_be_once(main.body):
        return None
    made: list[Array] = []
    body: list[Statement] = []
    for statement in put(main.body, {THREADS: index(threads)}):
        body.append(_with_own(statement, threads, made) if _is_shared(statement) else statement)
    arrays = (*main.arrays, *(Array(array.name, array.element) for array in made))
    numbers = tuple(name for name in main.numbers if name != THREADS)
    return Work(replace(main, arrays=arrays, numbers=numbers, body=tuple(body)), work.kernels), tuple(made)


def is_team(body: Body) -> bool:
    """Whether a function's body has shares for a number of threads that is known."""
    return any(_is_shared(statement) and statement.count.known is not None for statement in body)


def is_once(statement: Statement) -> bool:
    """Whether a statement beside shares changes memory; the others are each thread's own."""
    return not isinstance(statement, Define | Allocate) and not _is_shared(statement)


def _is_shared(statement: Statement) -> TypeGuard[Loop]:
    return isinstance(statement, Loop) and statement.kind == "threads"


def _can_be_once(body: Body) -> bool:
    private = {s.array.name for s in body if isinstance(s, Allocate) and s.array.space in ("registers", "stack")}
    once = [statement for statement in body if is_once(statement)]
    touched = {name for statement in statements(tuple(once)) for name in arrays_of(statement)}
    return not touched & private and not any(isinstance(statement, Let | Transpose) for statement in once)


def _with_own(share: Loop, threads: int, made: list[Array]) -> Loop:
    """The loop over shares, whose turns have their memory in arrays for all, which are added to `made`."""
    own = [s.array for s in statements(share.body) if isinstance(s, Allocate) and s.array.space == "thread"]
    starts: dict[str, Index] = {}
    for array in own:
        assert array.size is not None
        line = _LINE // element_bytes(array.element)
        size = div(array.size + (line - 1), line) * line
        starts[array.name] = index(share.name) * size
        made.append(replace(array, space="program", size=size * threads))

    def at(name: str, place: Index) -> tuple[str, Index]:
        return name, place + starts[name] if name in starts else place

    def one(statement: Statement) -> Body:
        if isinstance(statement, Allocate) and statement.array.name in starts:
            return ()
        if isinstance(statement, Call):
            return (replace(statement, arrays=tuple(at(*given) for given in statement.arrays)),)
        return (statement,)

    return replace(share, body=with_accesses(throughout(share.body, one), at))
