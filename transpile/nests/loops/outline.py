"""Rewrites that make functions of parts of a work, and shares of them for threads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from transpile.nests.loops.index import Atom, Entry, Index, Name, div, index, indexed, total
from transpile.nests.loops.nodes import (
    Allocate,
    Array,
    Body,
    Call,
    Define,
    Function,
    Let,
    Load,
    Loop,
    Pack,
    Places,
    Statement,
    Store,
    Transpose,
    Work,
    statements,
)
from transpile.nests.loops.tree import (
    Illegal,
    bodies,
    bound,
    bound_in,
    change,
    declarations,
    entries,
    free,
    functions,
    indexes,
    loop,
    operands,
    places,
    put,
    rename,
    used,
    with_accesses,
    with_bodies,
    with_functions,
    with_indexes,
)

THREADS = "threads"
"""The number of threads that a nest may use, in every work that shares a loop."""


def share(work: Work, name: str, part: str) -> Work:
    """The turns of a parallel loop in as many parts, next to each other in size, as there are threads.

    What is around the loop is done by each thread.
    """
    target = loop(work, name)
    if target.kind == "serial" or target.count.names & bound_in(work.main.body):
        raise Illegal(f"{name} is serial, or its turns depend on loops around it")

    def own(old: Loop) -> Body:
        low = Define(f"{name}_first", div(old.count * index(part), index(THREADS)))
        high = Define(f"{name}_end", div(old.count * (index(part) + 1), index(THREADS)))
        body = put(old.body, {name: index(low.name) + index(name)})
        return (low, high, replace(old, count=index(high.name) - index(low.name), body=body))

    moved = change(work, name, own)
    body = moved.main.body
    at = next(number for number, statement in enumerate(body) if name in bound_in((statement,)))
    first = at
    while first and isinstance(body[first - 1], Define | Allocate | Pack | Places) and not _is_shared(body, first - 1):
        first -= 1
    packs = any(isinstance(statement, Allocate) for statement in body[first:at])
    end = len(body) if packs else at + 1  # what is packed for the loop is packed for all that follows
    _check_private(body[first:end], name)
    parts = Loop(part, index(THREADS), body[first:end], "threads")
    numbers = dict.fromkeys((*moved.main.numbers, THREADS))
    return Work(replace(moved.main, body=(*body[:first], parts, *body[end:]), numbers=tuple(numbers)), moved.kernels)


def _is_shared(body: Body, at: int) -> bool:
    """Whether a statement makes a table that all threads read."""
    names = {s.array.name for s in body if isinstance(s, Allocate) and s.array.space == "shared"}
    match body[at]:
        case Allocate(array):
            return array.space == "shared"
        case Places(table):
            return table in names
    return False


def _check_private(body: Body, name: str) -> None:
    """Around the shared loop nothing of the program's may be written."""
    for statement in body:
        if isinstance(statement, Loop) and statement.name == name:
            continue
        if isinstance(statement, Store | Call | Let):
            raise Illegal(f"{type(statement).__name__} outside of {name} would be done by every thread")
        if isinstance(statement, Allocate) and statement.array.space == "shared":
            raise Illegal(f"{statement.array.name} is shared and would be written by every thread")
        for inner in bodies(statement):
            _check_private(inner, name)


def outline(work: Work, name: str, function: str, symbolic: Sequence[tuple[str, str]] = ()) -> Work:
    """What works on an array of the work's own, from its allocation to its last use, as a function.

    Arrays begin, for the function, where the call begins in them.  What the `symbolic` loops (name and label) add to a
    place, and how many turns the serial ones have, are parameters, so that works of other sizes have the same function.
    Parameters are `in1_row` and `rows` for the label `row`; other integers from outside are `n0`, `n1`, …
    """
    for inside in functions(work):
        body = _from(inside.body, name)
        if body:
            kernel = _Outlined(work, body, dict(symbolic))
            made = Function(function, kernel.arrays, kernel.numbers, kernel.elements, kernel.body)
            call = Call(function, kernel.starts, kernel.arguments, tuple(element for element, _ in kernel.elements))
            return _calling(work, name, call, made)
    raise Illegal(f"nothing allocates {name}")


def _calling(work: Work, name: str, call: Call, made: Function) -> Work:
    changed = with_functions(work, lambda function: replace(function, body=_until(function.body, name, call)))
    return Work(changed.main, {**changed.kernels, made.name: made})


def _allocates(statement: Statement, name: str) -> bool:
    return isinstance(statement, Allocate) and statement.array.name == name


def _from(body: Body, name: str) -> Body:
    """The statements of a body that an allocation begins; empty if there is none."""
    for number, statement in enumerate(body):
        if _allocates(statement, name):
            return body[number : number + _extent(body[number:])]
        for inner in bodies(statement):
            if found := _from(inner, name):
                return found
    return ()


def _extent(body: Body) -> int:
    """How many statements have to do with what the first one binds."""
    end, names = 1, set(bound(body[0]))
    for number, statement in enumerate(body):
        if names & {name for each in statements((statement,)) for name in used(each)}:
            names |= {name for each in body[end : number + 1] for name in bound(each)}
            end = number + 1
    return end


def _until(body: Body, name: str, call: Call) -> Body:
    """The body with a call in place of what an allocation begins."""
    made: list[Statement] = []
    for number, statement in enumerate(body):
        if _allocates(statement, name):
            return (*made, call, *body[number + _extent(body[number:]) :])
        made.append(with_bodies(statement, lambda inner: _until(inner, name, call)))
    return tuple(made)


class _Outlined:
    """A body as a function, and what it is called with."""

    def __init__(self, work: Work, body: Body, symbolic: dict[str, str]) -> None:
        self.work = work
        self.inside = bound_in(body)
        self.symbolic = symbolic
        self.parameters: dict[str, Index] = {}
        found = declarations(work)
        unbound = free(body)
        names = [name for name in dict.fromkeys(_order(body)) if name in unbound]
        self.declared = [_declared(found[name]) for name in names if name in found]
        self.of_program = {each.name for each in self.declared if each.space == "program"}
        self._starts = {each.name: self._start(body, each.name) for each in self.declared}
        self.elements = tuple(each for each in work.main.elements if each[0] in names)
        based = self._with_parameters(self._based(body))
        unbound = free(based) - self._starts.keys() - {name for name, _ in self.elements} - self.parameters.keys()
        passed = {name: f"n{number}" for number, name in enumerate(name for name in names if name in unbound)}
        self.body = rename(based, passed)
        self.parameters = {**{new: index(name) for name, new in passed.items()}, **self.parameters}

    @property
    def arrays(self) -> tuple[Array, ...]:
        return tuple(self.declared)

    @property
    def starts(self) -> tuple[tuple[str, Index], ...]:
        return tuple((each.name, self._starts[each.name]) for each in self.declared)

    @property
    def numbers(self) -> tuple[str, ...]:
        return tuple(self.parameters)

    @property
    def arguments(self) -> tuple[Index, ...]:
        return tuple(self.parameters.values())

    # ---- where arrays begin ------------------------------------------------------------------------------------------

    def _start(self, body: Body, name: str) -> Index:
        """What all places in an array have in common and the body does not move."""
        common = [
            total((term for term in place.terms if not indexed(*term).names & self.inside), place.const)
            for place in _places(body, name)
        ]
        if len({each - each.const for each in common}) != 1:
            return index(0)
        return common[0] - common[0].const + min(each.const for each in common)

    def _based(self, body: Body) -> Body:
        """The body with places that count from where arrays begin."""

        def looked_up(atom: Atom) -> Index:
            if isinstance(atom, Entry) and atom.table in self._starts:
                atom = Entry(atom.table, atom.place - self._starts[atom.table])
            return indexed(atom)

        def moved(number: Index) -> Index:
            return number.rebuilt(looked_up) if any(isinstance(atom, Entry) for atom, _ in number.terms) else number

        def one(statement: Statement) -> Statement:
            made = with_indexes(statement, moved)
            return with_bodies(made, lambda inner: tuple(map(one, inner)))

        return with_accesses(
            tuple(map(one, body)), lambda name, place: (name, place - self._starts.get(name, index(0)))
        )

    # ---- what is a parameter -----------------------------------------------------------------------------------------

    def _with_parameters(self, body: Body) -> Body:
        if not self.symbolic:
            return body

        def turns(statement: Statement) -> Statement:
            match statement:
                case Loop(name, count, _, "serial") if name in self.symbolic:
                    statement = replace(statement, count=self._parameter(f"{self.symbolic[name]}s", count))
            return with_bodies(statement, lambda inner: tuple(map(turns, inner)))

        moved = with_accesses(
            body, lambda name, place: (name, self._strides(name, place) if name in self.of_program else place)
        )
        return tuple(map(turns, moved))

    def _strides(self, name: str, place: Index) -> Index:
        made = place
        for atom, stride in place.moved(set(self.symbolic)).items():
            if isinstance(atom, Name) and stride.known != 1:
                parameter = self._parameter(f"{name}_{self.symbolic[atom.text]}", stride)
                made += (parameter - stride) * indexed(atom)
        return made

    def _parameter(self, name: str, value: Index) -> Index:
        known = self.parameters.setdefault(name, value)
        if known != value:
            raise Illegal(f"{name} would be {known} and {value}")
        return index(name)


def _order(body: Body) -> Iterator[str]:
    """All names in the order in which a body meets them."""
    for statement in statements(body):
        match statement:
            case Let(_, Load(name)) | Store(name) | Transpose(_, name):
                yield name
        yield from sorted(n for place in indexes(statement) for n in place.names)
        yield from (o for o in operands(statement) if isinstance(o, str))


def _places(body: Body, name: str) -> Iterator[Index]:
    """Where a body touches an array, or looks into a table."""
    yield from places(body, name)
    yield from (entry.place for entry in entries(body) if entry.table == name)


def _declared(found: Array) -> Array:
    """An array as a function is given it."""
    return Array(found.name, found.element, found.space if found.space in ("program", "stack") else "thread")
