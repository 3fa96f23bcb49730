"""Walking through bodies, and making new ones: what all rewrites are written with."""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import count

from transpile.nests.loops.index import Entry, Index, index
from transpile.nests.loops.nodes import (
    LANE,
    Allocate,
    Apply,
    Array,
    Body,
    Call,
    Define,
    Function,
    If,
    Let,
    Load,
    Loop,
    Number,
    Operand,
    Pack,
    Places,
    Statement,
    Store,
    Transpose,
    Value,
    Walk,
    Work,
    statements,
)


class Illegal(Exception):
    """A rewrite that would change what the work computes, or that finds nothing to rewrite."""


def bodies(statement: Statement) -> tuple[Body, ...]:
    """The bodies inside of a statement."""
    match statement:
        case Loop():
            return (statement.body,)
        case If():
            return (statement.then, statement.otherwise)
    return ()


def with_bodies(statement: Statement, change: Callable[[Body], Body]) -> Statement:
    """The statement with its bodies changed."""
    if isinstance(statement, Loop):
        made = change(statement.body)
        return statement if made is statement.body else Loop(statement.name, statement.count, made, statement.kind)
    if isinstance(statement, If):
        return If(statement.index, statement.limit, change(statement.then), change(statement.otherwise))
    return statement


def each(body: Body, change: Callable[[Statement], Body]) -> Body:
    """The body with what each statement becomes; itself where nothing changes."""
    made: list[Statement] = []
    for statement in body:
        made += change(statement)
    same = len(made) == len(body) and all(map(operator.is_, made, body))
    return body if same else tuple(made)


def throughout(body: Body, change: Callable[[Statement], Body]) -> Body:
    """`each`, in the bodies of statements too: those first."""
    return each(body, lambda statement: change(with_bodies(statement, lambda inner: throughout(inner, change))))


def indexes(statement: Statement) -> Iterator[Index]:
    """The integers that a statement itself uses."""
    match statement:
        case Let(_, value):
            yield from _indexes_of(value)
        case Transpose(_, _, place):
            yield place
        case Store(_, place, _, _, valid):
            yield from _given(place, valid)
        case Loop(_, count):
            yield count
        case Define(_, number):
            yield number
        case If(number, limit):
            yield from (number, limit)
        case Allocate(array):
            yield from _given(array.size)
        case Pack(_, _, base, lanes, first, count, turns):
            yield from (base, first, count, *_walked(lanes), *_walked(turns))
        case Places(_, walk, first, count):
            yield from (first, count, *_walked(walk))
        case Call(_, arrays, numbers):
            yield from (*(start for _, start in arrays), *numbers)


def _indexes_of(value: Value) -> Iterator[Index]:
    match value:
        case Load(_, place, _, valid):
            yield from _given(place, valid)
        case Number(number):
            yield number


def _given(*numbers: Index | None) -> Iterator[Index]:
    return (number for number in numbers if number is not None)


def _walked(walk: Walk) -> Iterator[Index]:
    yield walk.index
    yield from (count for _, count in walk.dims)


def operands(statement: Statement) -> tuple[Operand, ...]:
    """The elements that a statement uses."""
    match statement:
        case Let(_, Apply(_, found)):
            return found
        case Store(_, _, operand):
            return (operand,)
        case Call(_, _, _, found):
            return found
    return ()


def entries(body: Body) -> Iterator[Entry]:
    """Where a body looks into tables."""
    for statement in statements(body):
        for number in indexes(statement):
            yield from (atom for atom, _ in number.terms if isinstance(atom, Entry))


def arrays_of(statement: Statement) -> tuple[str, ...]:
    """The arrays that a statement itself names."""
    match statement:
        case Let(_, Load(array)) | Store(array) | Transpose(_, array):
            return (array,)
        case Pack(to, source):
            return (to, source)
        case Places(table):
            return (table,)
        case Call(_, arrays):
            return tuple(name for name, _ in arrays)
    return ()


def bound(statement: Statement) -> tuple[str, ...]:
    """The names that a statement itself binds."""
    match statement:
        case Let(name) | Loop(name) | Define(name):
            return (name,)
        case Transpose(names):
            return names
        case Allocate(array):
            return (array.name,)
        case Places(_, walk):
            return tuple(name for name, _ in walk.dims)
        case Pack():
            return tuple(name for walk in (statement.lanes, statement.turns) for name, _ in walk.dims)
    return ()


def bound_in(body: Body) -> set[str]:
    return {name for statement in statements(body) for name in bound(statement)}


def used(statement: Statement) -> set[str]:
    """The names that a statement itself uses."""
    numbers = {name for number in indexes(statement) for name in number.names}
    return numbers | {o for o in operands(statement) if isinstance(o, str)} | {*arrays_of(statement)}


def free(body: Body) -> set[str]:
    """The names that a body uses and does not bind."""
    return {name for s in statements(body) for name in used(s)} - bound_in(body) - {LANE}


# ---- new from old ----------------------------------------------------------------------------------------------------


def put(body: Body, values: Mapping[str, Index]) -> Body:
    """The body with indexes in place of integers from outside."""

    def one(statement: Statement) -> Body:
        return (with_bodies(with_indexes(statement, lambda i: i.put(values)), lambda inner: put(inner, values)),)

    return each(body, one)


def with_indexes(statement: Statement, change: Callable[[Index], Index]) -> Statement:
    """The statement with its own integers changed."""
    match statement:
        case Let(name, value):
            new = _with_indexes(value, change)
            return statement if new is value else Let(name, new)
        case Store(to, place, operand, lanes, valid):
            at, end = change(place), None if valid is None else change(valid)
            return statement if at is place and end is valid else Store(to, at, operand, lanes, end)
    if all(change(number) is number for number in indexes(statement)):
        return statement

    def optional(number: Index | None) -> Index | None:
        return None if number is None else change(number)

    def walk(old: Walk) -> Walk:
        return Walk(tuple((name, change(count)) for name, count in old.dims), change(old.index))

    match statement:
        case Loop(name, count, body, kind):
            return Loop(name, change(count), body, kind)
        case Define() | Transpose():
            return replace(statement, index=change(statement.index))
        case If():
            return replace(statement, index=change(statement.index), limit=change(statement.limit))
        case Allocate(array):
            return Allocate(replace(array, size=optional(array.size)))
        case Pack():
            base, first, count = map(change, (statement.base, statement.first, statement.count))
            along, through = walk(statement.lanes), walk(statement.turns)
            return replace(statement, base=base, first=first, count=count, lanes=along, turns=through)
        case Places(table, old, first, count):
            return Places(table, walk(old), change(first), change(count))
        case Call(function, arrays, numbers, found):
            return Call(function, tuple((n, change(s)) for n, s in arrays), tuple(map(change, numbers)), found)
    return statement


def _with_indexes(value: Value, change: Callable[[Index], Index]) -> Value:
    """The value with its own integers changed."""
    match value:
        case Load(array, place, lanes, valid):
            at, to = change(place), None if valid is None else change(valid)
            return value if at is place and to is valid else Load(array, at, lanes, to)
        case Number(number):
            made = change(number)
            return value if made is number else Number(made)
    return value


def with_operands(statement: Statement, names: Mapping[str, str]) -> Statement:
    """The statement with elements of other names in place of those that it uses."""
    if not any(isinstance(o, str) and o in names for o in operands(statement)):
        return statement

    def new(operand: Operand) -> Operand:
        return names.get(operand, operand) if isinstance(operand, str) else operand

    match statement:
        case Let(name, Apply(mnemonic, found, attrs)):
            return Let(name, Apply(mnemonic, tuple(map(new, found)), attrs))
        case Store():
            return replace(statement, operand=new(statement.operand))
        case Call():
            return replace(statement, operands=tuple(map(new, statement.operands)))
    return statement


def with_accesses(body: Body, change: Callable[[str, Index], tuple[str, Index]]) -> Body:
    """The body with its loads and stores at other places, given array and place of each."""

    def one(statement: Statement) -> Statement:
        match statement:
            case Let(result, Load(array, place) as load):
                to, at = change(array, place)
                return Let(result, replace(load, array=to, index=at))
            case Store(array, place) | Transpose(_, array, place):
                to, at = change(array, place)
                return replace(statement, array=to, index=at)
        return with_bodies(statement, lambda inner: with_accesses(inner, change))

    return tuple(map(one, body))


def places(body: Body, name: str) -> Iterator[Index]:
    """Where a body loads from an array and stores to it."""
    for statement in statements(body):
        match statement:
            case Let(_, Load(array, place)) | Store(array, place) | Transpose(_, array, place) if array == name:
                yield place


def rename(body: Body, names: Mapping[str, str]) -> Body:
    """The body with other names, bound or used."""
    return _all_renamed(body, names, {old: index(new) for old, new in names.items()})


def _all_renamed(body: Body, names: Mapping[str, str], integers: Mapping[str, Index]) -> Body:
    return tuple(_renamed(statement, names, integers) for statement in body)


def _renamed(statement: Statement, names: Mapping[str, str], integers: Mapping[str, Index]) -> Statement:
    def new(name: str) -> str:
        return names.get(name, name)

    def operand(old: Operand) -> Operand:
        return new(old) if isinstance(old, str) else old

    def walk(old: Walk) -> Walk:
        return Walk(tuple((new(name), count) for name, count in old.dims), old.index)

    made = with_indexes(statement, lambda i: i.put(integers))
    match made:
        case Let(name, Load(array, place, width, valid)):
            return Let(new(name), Load(new(array), place, width, valid))
        case Let(name, Apply(mnemonic, found, attrs)):
            return Let(new(name), Apply(mnemonic, tuple(map(operand, found)), attrs))
        case Let(name, value):
            return Let(new(name), value)
        case Transpose(found, array, place, width):
            return Transpose(tuple(map(new, found)), new(array), place, width)
        case Store(array, place, stored, width, valid):
            return Store(new(array), place, operand(stored), width, valid)
        case Loop(name, count, body, kind):
            return Loop(new(name), count, _all_renamed(body, names, integers), kind)
        case Define():
            return replace(made, name=new(made.name))
        case If():
            then, otherwise = (_all_renamed(inner, names, integers) for inner in (made.then, made.otherwise))
            return replace(made, then=then, otherwise=otherwise)
        case Allocate(declared):
            return Allocate(replace(declared, name=new(declared.name)))
        case Pack():
            lanes, turns = walk(made.lanes), walk(made.turns)
            return replace(made, to=new(made.to), source=new(made.source), lanes=lanes, turns=turns)
        case Places():
            return replace(made, table=new(made.table), walk=walk(made.walk))
        case Call():
            arrays = tuple((new(name), start) for name, start in made.arrays)
            return replace(made, arrays=arrays, operands=tuple(map(operand, made.operands)))
    return made


def copied(body: Body, mark: str) -> Body:
    """The body again, with `mark` behind all names that it binds."""
    return rename(body, {name: f"{name}{mark}" for name in bound_in(body)})


def turns(target: Loop, count: int) -> Iterator[Statement]:
    """The first turns of a loop behind each other, each with its number behind all names that it binds."""
    own = sorted(bound_in(target.body))
    elements = {statement.name for statement in statements(target.body) if isinstance(statement, Let)}
    for turn in range(count):
        names = {name: f"{name}_{turn}" for name in own}
        integers = {target.name: index(turn)}
        integers |= {old: index(new) for old, new in names.items() if old not in elements}
        yield from _all_renamed(target.body, names, integers)


# ---- places in a work ------------------------------------------------------------------------------------------------


def functions(work: Work) -> Iterator[Function]:
    yield work.main
    yield from work.kernels.values()


def loop(work: Work, name: str) -> Loop:
    """The loop of a name; Illegal if there is none."""
    for function in functions(work):
        if name in function.loops:
            return function.loops[name]
    raise Illegal(f"no loop {name}")


def has_loop(work: Work, name: str) -> bool:
    """Whether there is a loop of a name."""
    return any(name in function.loops for function in functions(work))


def declarations(work: Work) -> dict[str, Array]:
    """All arrays by their names."""
    found: dict[str, Array] = {}
    for function in functions(work):
        found = function.declared | found
    return found


def array(work: Work, name: str) -> Array:
    """The declaration of an array; Illegal if there is none."""
    for function in functions(work):
        if name in function.declared:
            return function.declared[name]
    raise Illegal(f"no array {name}")


def change(work: Work, name: str, to: Callable[[Loop], Body]) -> Work:
    """The work with other statements in place of the loop of a name."""
    loop(work, name)

    def body(old: Body) -> Body:
        return each(old, one)

    def one(statement: Statement) -> Body:
        if isinstance(statement, Loop) and statement.name == name:
            return to(statement)
        return (with_bodies(statement, body),)

    return with_functions(work, lambda old: with_body(old, body(old.body)) if name in old.loops else old)


def with_functions(work: Work, new: Callable[[Function], Function]) -> Work:
    return Work(new(work.main), {name: new(function) for name, function in work.kernels.items()})


def with_body(function: Function, body: Body) -> Function:
    """The function with another body; itself where that is its own."""
    return function if body is function.body else replace(function, body=body)


def innermost(body: Body) -> Body:
    """What is inside of loops that hold each other and nothing else."""
    while len(body) == 1 and isinstance(body[0], Loop):
        body = body[0].body
    return body


def only(loop: Loop) -> Loop:
    """The loop that is all of another one's body; Illegal if it is not."""
    if len(loop.body) == 1 and isinstance(loop.body[0], Loop):
        return loop.body[0]
    raise Illegal(f"{loop.name} has more in it than a loop")


def depends(number: Index, names: set[str]) -> bool:
    return bool(number.names & names)


def written(function: Function, kernels: Mapping[str, Function]) -> set[str]:
    """The arrays that a function stores to, or that a kernel does which it calls."""
    found = set(function.stored)
    for call in function.calls:
        kernel = kernels[call.function]
        inside = written(kernel, kernels)
        found |= {name for array, (name, _) in zip(kernel.arrays, call.arrays, strict=True) if array.name in inside}
    return found


def canonical(function: Function) -> Function:
    """The function with its own names given in the order in which it binds them: equal functions become equal."""
    taken = {*(a.name for a in function.arrays), *function.numbers, *(name for name, _ in function.elements)}
    names: dict[str, str] = {}
    numbers: dict[str, Iterator[int]] = defaultdict(count)
    for statement in statements(function.body):
        for name in bound(statement):
            stem = _STEMS.get(type(statement), name.partition("_")[0])
            made = (f"{stem}{number}" for number in numbers[stem])
            names[name] = next(new for new in made if new not in taken)
    return replace(function, body=rename(function.body, names))


_STEMS: dict[type, str] = {Loop: "k", Let: "x", Transpose: "x", Define: "d"}
