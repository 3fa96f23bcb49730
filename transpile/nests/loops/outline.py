"""Rewrites that make functions of parts of a work, and shares of them for threads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from transpile.nests.loops.index import Entry, Index, Name, div, index, total
from transpile.nests.loops.nodes import (
    Allocate,
    Array,
    Body,
    Call,
    Function,
    Let,
    Load,
    Loop,
    Pack,
    Places,
    Statement,
    Store,
    Work,
)
from transpile.nests.loops.tree import (
    Illegal,
    array,
    bodies,
    bound_in,
    free,
    functions,
    indexes,
    loop,
    operands,
    put,
    statements,
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
    if target.kind == "serial" or depends_on_loops(work, target):
        raise Illegal(f"{name} is serial, or its turns depend on loops around it")
    low = div(target.count * index(part), index(THREADS))
    high = div(target.count * (index(part) + 1), index(THREADS))

    def has(statement: Statement) -> bool:
        return any(each is target for each in statements((statement,)))

    def shared(body: Body) -> Body:
        """What belongs to the loop's statement: itself, or what is packed for it as well."""
        at = next(number for number, statement in enumerate(body) if has(statement))
        while at and isinstance(body[at - 1], Allocate | Pack | Places) and not _is_shared(body, at - 1):
            at -= 1
        end = next(number for number, statement in enumerate(body) if has(statement)) + 1
        if end - at > 1:
            end = len(body)
        _check_private(body[at:end], target)
        inside = _change_in(body[at:end], target, low, high - low)
        return (*body[:at], Loop(part, index(THREADS), inside, "threads"), *body[end:])

    main = replace(work.main, body=shared(work.main.body), numbers=_with(work.main.numbers, THREADS))
    return Work(main, work.kernels)


def _is_shared(body: Body, at: int) -> bool:
    """Whether a statement makes a table that all threads read."""
    names = {s.array.name for s in body if isinstance(s, Allocate) and s.array.space == "shared"}
    match body[at]:
        case Allocate(array):
            return array.space == "shared"
        case Places(table):
            return table in names
    return False


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if name in names else (*names, name)


def depends_on_loops(work: Work, target: Loop) -> bool:
    """Whether a loop's count needs anything that is bound in the work."""
    return bool(target.count.names & bound_in(work.main.body))


def _check_private(body: Body, target: Loop) -> None:
    """Around the shared loop nothing of the program's may be written."""
    for statement in body:
        if statement is target:
            continue
        if isinstance(statement, Store | Call | Let):
            raise Illegal(f"{type(statement).__name__} outside of {target.name} would be done by every thread")
        if isinstance(statement, Allocate) and statement.array.space == "shared":
            raise Illegal(f"{statement.array.name} is shared and would be written by every thread")
        for inner in bodies(statement):
            _check_private(inner, target)


def _change_in(body: Body, target: Loop, low: Index, count: Index) -> Body:
    def one(statement: Statement) -> Statement:
        if statement is target:
            moved = put(target.body, {target.name: low + index(target.name)})
            return replace(target, count=count, body=moved)
        return with_bodies(statement, lambda inner: _change_in(inner, target, low, count))

    return tuple(map(one, body))


def outline(work: Work, name: str, function: str, symbolic: Sequence[tuple[str, str]] = ()) -> Work:
    """What works on an array of the work's own, from its allocation to the end of that body, as a function.

    Arrays begin, for the function, where the call begins in them.  What the `symbolic` loops (name and label) add to a
    place, and how many turns the serial ones have, are parameters, so that works of other sizes have the same function.
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
    """The body from an allocation on; empty if there is none."""
    for number, statement in enumerate(body):
        if _allocates(statement, name):
            return body[number:]
        for inner in bodies(statement):
            if found := _from(inner, name):
                return found
    return ()


def _until(body: Body, name: str, call: Call) -> Body:
    """The body with a call in place of what begins with an allocation."""
    made: list[Statement] = []
    for statement in body:
        if _allocates(statement, name):
            return (*made, call)
        made.append(with_bodies(statement, lambda inner: _until(inner, name, call)))
    return tuple(made)


class _Outlined:
    """A body as a function, and what it is called with."""

    def __init__(self, work: Work, body: Body, symbolic: dict[str, str]) -> None:
        self.work = work
        self.inside = bound_in(body)
        self.symbolic = symbolic
        self.parameters: dict[str, Index] = {}
        names = sorted(free(body), key=list(_order(body)).index)
        self.declared = [self._declared(each) for each in names if self._is_array(each)]
        self._starts = {each.name: self._start(body, each.name) for each in self.declared}
        body = self._based(body)
        self.body = self._with_parameters(body)
        self.elements = tuple(each for each in work.main.elements if each[0] in names)
        known = {each for each, _ in self.elements} | {each.name for each in self.declared}
        rest = [each for each in names if each in free(self.body) and each not in known]
        self.parameters = {**{each: index(each) for each in rest}, **self.parameters}

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

    def _is_array(self, name: str) -> bool:
        try:
            array(self.work, name)
        except Illegal:
            return False
        return True

    def _declared(self, name: str) -> Array:
        found = array(self.work, name)
        space = "program" if found.space == "program" else "stack" if found.space == "stack" else "thread"
        return Array(name, found.element, space)  # type: ignore[arg-type]

    # ---- where arrays begin ------------------------------------------------------------------------------------------

    def _start(self, body: Body, name: str) -> Index:
        """What all places in an array have in common and the body does not move."""
        places = list(_places(body, name))
        common = [
            total((term for term in place.terms if not Index((term,)).names & self.inside), place.const)
            for place in places
        ]
        if len({each - each.const for each in common}) != 1:
            return index(0)
        return common[0] - common[0].const + min(each.const for each in common)

    def _based(self, body: Body) -> Body:
        def moved(place: Index) -> Index:
            made = index(place.const)
            for atom, factor in place.terms:
                if isinstance(atom, Entry) and atom.table in self._starts:
                    atom = Entry(atom.table, atom.place - self._starts[atom.table])
                made += Index(((atom, factor),))
            return made

        def one(statement: Statement) -> Statement:
            made = with_indexes(statement, moved)
            match made:
                case Let(result, Load(source, place) as load) if source in self._starts:
                    return Let(result, replace(load, index=place - self._starts[source]))
                case Store(target, place) if target in self._starts:
                    return replace(made, index=place - self._starts[target])
            return with_bodies(made, self._based)

        return tuple(map(one, body))

    # ---- what is a parameter -----------------------------------------------------------------------------------------

    def _with_parameters(self, body: Body) -> Body:
        if not self.symbolic:
            return body

        def one(statement: Statement) -> Statement:
            match statement:
                case Let(result, Load(source, place) as load) if self._is_program(source):
                    return Let(result, replace(load, index=self._strides(source, place)))
                case Store(target, place) if self._is_program(target):
                    return replace(statement, index=self._strides(target, place))
                case Loop(name, count, _, "serial") if name in self.symbolic:
                    turns = self._parameter(f"{self.symbolic[name]}_turns", count)
                    return replace(statement, count=turns, body=self._with_parameters(statement.body))
            return with_bodies(statement, self._with_parameters)

        return tuple(map(one, body))

    def _is_program(self, name: str) -> bool:
        return name in self._starts and array(self.work, name).space == "program"

    def _strides(self, name: str, place: Index) -> Index:
        made = index(place.const)
        for atom, factor in place.terms:
            label = self.symbolic.get(atom.text) if isinstance(atom, Name) else None
            if label and factor != 1:
                made += self._parameter(f"{name}_{label}", index(factor)) * Index(((atom, 1),))
            else:
                made += Index(((atom, factor),))
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
            case Let(_, Load(name)) | Store(name):
                yield name
        yield from sorted(n for place in indexes(statement) for n in place.names)
        yield from (o for o in operands(statement) if isinstance(o, str))


def _places(body: Body, name: str) -> Iterator[Index]:
    """Where a body touches an array, or looks into a table."""
    for statement in statements(body):
        match statement:
            case Let(_, Load(source, place)) if source == name:
                yield place
            case Store(target, place) if target == name:
                yield place
        for number in indexes(statement):
            for atom, _ in number.terms:
                if isinstance(atom, Entry) and atom.table == name:
                    yield atom.place
