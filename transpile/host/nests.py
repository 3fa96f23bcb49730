"""A nest with what is known where it runs: every element that it touches is in its buffer, what it writes is apart from
what it reads, and no counter wraps; else it cannot be part of a schedule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from transpile.host.recorder import Recorder
from transpile.host.scalars import Scalar, in_memory, load_op
from transpile.host.schedule import Run, Walked, span_of
from transpile.host.turns import Undecided
from transpile.host.values import Item, NotStatic, Range
from transpile.ir.nodes import Block, Value, make_op
from transpile.isa.operations import Operation
from transpile.isa.table import row_of
from transpile.nests.find.affine import Affine, Term
from transpile.nests.find.place import Place
from transpile.nests.forms import uses_counters
from transpile.nests.loops.build import Built, build
from transpile.nests.loops.index import Index, index
from transpile.nests.loops.nodes import Constant, Operand, Work
from transpile.nests.loops.tree import with_accesses
from transpile.nests.nest import Access, Counter, Nest, element_bytes, element_of

_WORD = row_of(Operation.CONST, "i64")
Find = Callable[[Value], Item]


def place_nest(nest: Nest, find: Find, recorder: Recorder, place: Place) -> None:
    """Adds the nest as a step, if it has turns; `find` gives values from outside."""
    bounds = recorder.bounds
    firsts = {counter.value: _number(counter.first, find) for counter in nest.loops}
    counters = {counter: _counter(counter, find, firsts[counter.value]) for counter in nest.loops}
    if any(counter.trips == 0 for counter in counters.values()):
        return
    accesses = {access: _access(access, nest, find) for access in (*nest.stores, *nest.loads)}
    known = nest.moved(list(counters.values()), accesses)
    built = build(known)
    data = {value: item for value in built.values.values() if isinstance(item := find(value), Scalar)}
    kept = {_loaded(value): in_memory(item, recorder, place) for value, item in data.items()}
    if kept:
        loads = [access.op for access in kept]
        known = replace(known, loads=[*known.loads, *kept], body=[*loads, *known.body])
        built = build(known)
    olds = {new: old for old, new in accesses.items()}
    arrays = {
        name: _repeated(kept[access], known) if access in kept else _walked(olds[access], access, known, find, bounds)
        for name, access in built.arrays.items()
    }
    numbers = tuple(firsts[built.firsts[name].value] for name in built.work.main.numbers)
    operands = tuple(_operands(built, find))
    plannable = known if _is_distinct(known) else None
    stores = tuple(name for name, access in built.arrays.items() if access in known.stores)
    run = Run(built.work, arrays, place, numbers, operands, plannable, bool(known.own), stores)
    near = [name for name in arrays if not all(s == name or is_apart(arrays[s], arrays[name], bounds) for s in stores)]
    recorder.add(_merged(run, near) if near else run)


# ---- numbers that are data -------------------------------------------------------------------------------------------


def _loaded(value: Value) -> Access:
    """A value from outside of the loops as one that they load."""
    return Access(load_op(value), Value("span"), element_bytes(value.type), Affine(), Affine())


def _repeated(walked: Walked, nest: Nest) -> Walked:
    """One element in all turns."""
    return replace(walked, strides=(0,) * len(nest.loops), turns=tuple(c.trips or 0 for c in nest.loops))


def fill_with(target: Range, value: Scalar, element: str, recorder: Recorder, place: Place) -> None:
    """Adds loops that write a number into all elements of a range."""
    zero, turn, span, given = make_op(_WORD, [], "i64", 0, value=0).result, *map(Value, ("i64", "span", value.kind))
    counter = Counter(turn, zero, zero, 1, Block(), target.length // element_bytes(element))
    store = make_op(row_of(Operation.BUFFER_STORE, element), [span, turn, given], None, 0)
    access = Access(store, span, element_bytes(element), Affine({(turn,): 1}), Affine())
    found: dict[Value, Item] = {span: target, zero: index(0), given: value}
    place_nest(Nest([counter], access, [], []), found.__getitem__, recorder, place)


# ---- what is known ---------------------------------------------------------------------------------------------------


def _number(value: Value, find: Find) -> Index:
    item = find(value)
    if not isinstance(item, Index):
        raise NotStatic("a number in a loop is computed from data")
    return item


def _counter(counter: Counter, find: Find, first: Index) -> Counter:
    """With a known number of turns; it begins at a known number if it can."""
    begin = counter.first if first.known is None else make_op(_WORD, [], "i64", 0, value=first.known).result
    if counter.factors is not None:
        trips = counter.factors[0]
        for value in counter.factors[1]:
            trips *= _known(_number(value, find))
    elif counter.trips is not None:
        trips = counter.trips
    else:
        trips = max(0, -(-_known(_number(counter.bound, find) - first) // counter.step))
    return replace(counter, first=begin, trips=trips, factors=None)


def _known(number: Index) -> int:
    if number.known is None:
        raise Undecided("how often a loop runs changes in a loop around it")
    return number.known


def _is_distinct(nest: Nest) -> bool:
    """Whether the store meets every element once: each stride is longer than all that the shorter ones can span."""
    return all(_is_distinct_store(nest, store) for store in nest.stores)


def _is_distinct_store(nest: Nest, store: Access) -> bool:
    reach = 0
    moves = [(abs(store.stride(counter).known or 0), counter.trips or 1) for counter in nest.parallel]
    for stride, turns in sorted(moves):
        if stride <= reach and turns > 1:
            return False
        reach += stride * (turns - 1)
    return True


def _operands(built: Built, find: Find) -> list[Operand]:
    """Values from outside of the loops."""
    found: list[Operand] = []
    for name, kind in built.work.main.elements:
        item = find(built.values[name])
        match item:
            case Constant() | str():
                found.append(item)
            case Index() if item.known is not None:
                found.append(Constant(kind, item.known))
            case _:
                raise Undecided("a value in a loop is computed from the turns of a loop around it")
    return found


# ---- where elements are ----------------------------------------------------------------------------------------------


def _access(access: Access, nest: Nest, find: Find) -> Access:
    """With strides that are numbers; where the first element is, `_walked` says."""
    terms: dict[Term, int] = {}
    for counter in nest.loops:
        stride = _evaluated(access.offset.coefficient(counter.value), find)
        if stride.known is None:
            raise Undecided("a stride in a loop changes in a loop around it")
        if stride.known:
            terms[counter.value,] = stride.known
    return replace(access, offset=Affine(terms), base=Affine())


def _walked(old: Access, access: Access, nest: Nest, find: Find, bounds: Mapping[str, int]) -> Walked:
    span = find(access.span)
    if not isinstance(span, Range):
        raise NotStatic("a buffer in a loop is not known")
    start = _evaluated(old.base, find)
    strides = tuple(access.stride(counter).known or 0 for counter in nest.loops)
    turns = tuple(counter.trips or 0 for counter in nest.loops)
    walked = Walked(span.storage, span.offset + start * access.size, element_of(access.op), strides, turns)
    check_inside(walked, span, bounds)
    return walked


def _evaluated(form: Affine, find: Find) -> Index:
    """A sum of products of what is known."""
    sum_ = index(form.const)
    for values, factor in form.terms.items():
        product = index(factor)
        for value in values:
            product *= _number(value, find)
        sum_ += product
    return sum_


def check_inside(walked: Walked, span: Range, bounds: Mapping[str, int]) -> None:
    """Whether all that is touched is in the buffer, which is where the program would fail."""
    low, high = span_of(walked.offset - span.offset, bounds)
    if low + walked.extent[0] < 0 or high + walked.extent[1] > span.length:
        raise NotStatic("an element outside of its buffer: the program fails there")


def is_apart(written: Walked, other: Walked, bounds: Mapping[str, int]) -> bool:
    """Whether two parts of memory have no byte in common, in the same turns of the loops around."""
    if written.storage is not other.storage:
        return True
    distance = (other.offset - written.offset).known
    if distance is None:
        mine, its = written.within(bounds), other.within(bounds)
    else:
        mine, its = written.extent, (other.extent[0] + distance, other.extent[1] + distance)
    if mine[1] <= its[0] or its[1] <= mine[0]:
        return True
    return distance is not None and any(_is_between(written, other, distance, row) for row in rows(written))


def rows(walked: Walked) -> list[int]:
    """The distances, in bytes, by which loops move on."""
    size = element_bytes(walked.element)
    moves = zip(walked.strides, walked.turns, strict=True)
    return [abs(stride) * size for stride, turns in moves if stride and turns > 1]


def within_row(walked: Walked, row: int) -> tuple[int, int]:
    """The first byte and the one behind the last, from `offset` on, that are touched in each row of so many bytes."""
    size = element_bytes(walked.element)
    short = [(s, n) for s, n in zip(walked.strides, walked.turns, strict=True) if s * size % row]
    return replace(walked, strides=tuple(s for s, _ in short), turns=tuple(n for _, n in short)).extent


def _is_between(a: Walked, b: Walked, distance: int, row: int) -> bool:
    """Whether each lies in another part of the rows of a matrix that are so many bytes apart."""
    mine, its = within_row(a, row), within_row(b, row)
    ahead = distance + its[0] - mine[0]
    return ahead % row >= mine[1] - mine[0] and -ahead % row >= its[1] - its[0]


def _merged(run: Run, near: Sequence[str]) -> Run:
    """The loops as they stand, with what is near to the written elements as one array with them."""
    if run.stores != ("out",):
        raise NotStatic("several arrays that a loop writes are not apart")
    near = [name for name in near if name != "out"]
    out, size = run.arrays["out"], element_bytes(run.arrays["out"].element)
    shifts: dict[str, int] = {}
    for name in near:
        distance = (run.arrays[name].offset - out.offset).known
        if run.arrays[name].element != out.element or distance is None or distance % size:
            raise NotStatic("memory is written and read in one loop as different elements")
        shifts[name] = distance // size
    main = run.work.main
    body = with_accesses(main.body, lambda name, at: ("out", at + shifts[name]) if name in shifts else (name, at))
    arrays = tuple(array for array in main.arrays if array.name not in shifts)
    kept = {name: walked for name, walked in run.arrays.items() if name not in shifts}
    work = Work(replace(main, arrays=arrays, body=body))
    also = tuple(run.arrays[name] for name in near)
    return replace(run, work=work, arrays=kept, nest=None, also=also)


def as_parallel(run: Run, bounds: Mapping[str, int]) -> Run | None:
    """The step, if its nest writes each element once and what it reads is apart from that."""
    assert run.nest is not None
    pairs = ((store, name) for store in run.stores for name in run.arrays if name != store)
    apart = all(is_apart(run.arrays[store], run.arrays[name], bounds) for store, name in pairs)
    return run if apart and _is_distinct(run.nest) else None


def is_map(run: Run) -> bool:
    """Whether a step computes elements from others, each by itself."""
    if run.nest is None or run.nest.reduction or run.reads_out or run.stores != ("out",) or uses_counters(run.nest):
        return False
    return not (run.numbers or run.operands or run.also)


def in_turn(run: Run, loop: int, turn: Index) -> Run:
    """One turn of a loop of a nest whose body does not compute with it."""
    assert run.nest is not None
    counter = run.nest.loops[loop]
    new = {access: replace(access, offset=access.offset.without({counter.value})) for access in names_of(run.nest)}
    nest = run.nest.moved([each for each in run.nest.loops if each is not counter], new)
    arrays = {
        name: replace(
            walked,
            offset=walked.offset + turn * (element_bytes(walked.element) * walked.strides[loop]),
            strides=but(walked.strides, loop),
            turns=but(walked.turns, loop),
        )
        for name, walked in run.arrays.items()
    }
    return replace(run, work=build(nest).work, arrays=arrays, nest=nest)


def but(numbers: tuple[int, ...], place: int) -> tuple[int, ...]:
    """All but the number at a place."""
    return (*numbers[:place], *numbers[place + 1 :])


def names_of(nest: Nest) -> dict[Access, str]:
    """The array of each access; running values of another kind go with the elements that they become."""
    names = {access: name for name, access in build(nest).arrays.items()}
    names[nest.store] = "out"
    return names | {load: names[store] for load, store in nest.own.items()}
