"""Works for programs without a runtime: copies in panels as loops, memory of the instance as arrays that are passed."""

from __future__ import annotations

from dataclasses import replace

from transpile.nests.loops.index import Index, div, index, mod
from transpile.nests.loops.nodes import (
    Allocate,
    Array,
    Body,
    Call,
    Constant,
    If,
    Let,
    Load,
    Loop,
    Pack,
    Statement,
    Store,
    Transpose,
    Walk,
    Work,
    statements,
)
from transpile.nests.loops.tree import declarations, throughout, with_accesses, with_functions


def spell_packs(work: Work) -> Work:
    """Copies in panels as loops over panels, turns and lanes."""
    known = declarations(work)

    def one(statement: Statement) -> Body:
        return _copy(statement, known) if isinstance(statement, Pack) else (statement,)

    return with_functions(work, lambda function: replace(function, body=throughout(function.body, one)))


def _copy(pack: Pack, known: dict[str, Array]) -> Body:
    panel, lane = f"{pack.to}_panel", f"{pack.to}_column"
    names = [f"{pack.to}_turn{number}" for number, _ in enumerate(pack.turns.dims)]
    turn, turns = index(0), index(1)
    for name, (_, count) in zip(names, pack.turns.dims, strict=True):
        turn, turns = turn * count + index(name), turns * count
    at = index(panel) * pack.width + index(lane)
    source = pack.base + _walked(pack.lanes, pack.first + at)
    source += pack.turns.index.put({old: index(new) for new, (old, _) in zip(names, pack.turns.dims, strict=True)})
    target = (index(panel) * turns + turn) * pack.width + index(lane)
    element = f"{pack.to}_element"
    copied: Body = (Let(element, Load(pack.source, source)), Store(pack.to, target, element))
    if pack.count.known is None or pack.count.known % pack.width:
        copied = (If(at, pack.count, copied, (Store(pack.to, target, Constant(known[pack.to].type, 0)),)),)
    body: Body = (Loop(lane, index(pack.width), copied),)
    for name, (_, count) in reversed(list(zip(names, pack.turns.dims, strict=True))):
        body = (Loop(name, count, body),)
    return (Loop(panel, div(pack.count + (pack.width - 1), pack.width), body),)


def _walked(walk: Walk, at: Index) -> Index:
    """The index of a walk in a turn of its loops, flattened."""
    found: dict[str, Index] = {}
    for number, (name, count) in reversed(list(enumerate(walk.dims))):
        found[name] = mod(at, count) if number else at
        at = div(at, count) if number else at
    return walk.index.put(found)


def pass_memory(work: Work) -> tuple[Work, tuple[Array, ...]]:
    """The work with the memory that an instance would have for it as arrays of the program's, and these."""
    arrays = [s.array for s in statements(work.main.body) if isinstance(s, Allocate)]
    passed = tuple(array for array in arrays if array.space in ("thread", "shared"))
    names = {array.name for array in passed}

    def one(statement: Statement) -> Body:
        return () if isinstance(statement, Allocate) and statement.array.name in names else (statement,)

    given = tuple(Array(array.name, array.element) for array in passed)
    main = replace(work.main, arrays=(*work.main.arrays, *given), body=throughout(work.main.body, one))
    return Work(main, work.kernels), passed


def is_loaded(work: Work, name: str) -> bool:
    """Whether elements of an array are read."""
    inside = {
        (call.function, work.kernels[call.function].arrays[at].name)
        for call in statements(work.main.body)
        if isinstance(call, Call)
        for at, (given, _) in enumerate(call.arrays)
        if given == name
    }
    functions = [(work.main, name), *((work.kernels[function], own) for function, own in inside)]
    return any(own in _read(s) for function, own in functions for s in statements(function.body))


def _read(statement: Statement) -> tuple[str, ...]:
    """The arrays whose elements a statement itself reads."""
    match statement:
        case Let(_, Load(array)) | Transpose(_, array) | Pack(_, array):
            return (array,)
    return ()


def as_one(work: Work, name: str, into: str) -> Work | None:
    """The work with an array that is the same memory as another one, from the same element on; None where a function is
    called with different elements of them."""
    removed: dict[str, tuple[int, int]] = {}
    for statement in statements(work.main.body):
        if isinstance(statement, Call) and name in dict(statement.arrays):
            given = [array for array, _ in statement.arrays]
            if into not in given or dict(statement.arrays)[name] != dict(statement.arrays)[into]:
                return None
            removed[statement.function] = given.index(name), given.index(into)

    def one(statement: Statement) -> Body:
        if isinstance(statement, Call):
            arrays = tuple(each for each in statement.arrays if each[0] != name)
            return (replace(statement, arrays=arrays),)
        return (statement,)

    body = with_accesses(throughout(work.main.body, one), lambda used, at: (into if used == name else used, at))
    main = replace(work.main, arrays=tuple(a for a in work.main.arrays if a.name != name), body=body)
    kernels = dict(work.kernels)
    for function, (gone, kept) in removed.items():
        kernel = kernels[function]
        old, new = kernel.arrays[gone].name, kernel.arrays[kept].name
        inside = with_accesses(kernel.body, lambda used, at, old=old, new=new: (new if used == old else used, at))  # type: ignore[misc]
        kernels[function] = replace(kernel, arrays=tuple(a for a in kernel.arrays if a.name != old), body=inside)
    return Work(main, kernels)
