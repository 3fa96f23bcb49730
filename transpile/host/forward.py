"""Copies that disappear: what computes a tensor writes it where it is copied to, such as the inside of a padded one.

T[c, h, w] = …                                     fill P with 0
fill P with 0                               =>     P[c, h + 1, w + 1] = …
P[c, h + 1, w + 1] = T[c, h, w]
… T[c, h, w] …                                     … P[c, h + 1, w + 1] …
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from transpile.host.contract import contraction
from transpile.host.schedule import Fill, Run, Step, Walked, rewritten, touched, writes, written
from transpile.host.values import Storage
from transpile.nests.find.affine import Affine, Term
from transpile.nests.loops.build import build
from transpile.nests.loops.index import Index, index
from transpile.nests.loops.nodes import Let, Load, Loop, Store, Work, statements
from transpile.nests.loops.tree import innermost, with_accesses
from transpile.nests.nest import Nest, element_bytes


def forwarded(steps: Sequence[Step], *, in_turns: bool = False) -> list[Step]:
    """The steps without copies from one tensor to another one that both are written once; `in_turns` leaves those to an
    image that can be contracted."""
    return rewritten(steps, lambda all_, at: None if in_turns and contraction(all_, at) else _without(all_, at))


def _without(steps: Sequence[Step], at: int) -> list[Step] | None:
    """The steps without the copy at a place, if there is one that can go."""
    copy = steps[at]
    if not isinstance(copy, Run) or copy.stores != ("out",) or not _is_copy(copy.work) or copy.memory:
        return None
    source, target = copy.arrays["in1"].storage, copy.arrays["out"].storage
    if {source.kind, target.kind} != {"transient"} or source is target:
        return None
    users = [number for number, step in enumerate(steps) if source in touched(step)]
    others = [number for number, step in enumerate(steps) if target in touched(step)]
    writers = [number for number in users if any(walked.storage is source for walked in writes(steps[number]))]
    before = [number for number in others if number < at]
    writer = writers[0] if len(writers) == 1 else at
    if writer >= at or users[0] != writer or not all(isinstance(steps[number], Run) for number in users):
        return None
    if len(before) > 1 or not all(isinstance(steps[number], Fill) for number in before):
        return None
    if any(number > at and target in written(steps[number]) for number in others):
        return None
    layout = _layout(copy)
    if layout is None:
        return None
    made: dict[int, Step] = {}
    for number in users:
        if number != at:
            moved = _moved(steps[number], layout)
            if moved is None:
                return None
            made[number] = moved
    result: list[Step] = []
    for number, step in enumerate(steps):
        if number == writer:
            result += [steps[each] for each in before if each > writer]
        if number != at and not (number in before and number > writer):
            result.append(made.get(number, step))
    return result


def _is_copy(work: Work) -> bool:
    match innermost(work.main.body):
        case (Let(name, Load("in1", _, 1)), Store("out", _, operand)) if operand == name:
            return not work.kernels
    return False


@dataclass(frozen=True)
class _Layout:
    """Where elements of one storage are in another one: for each dimension the bytes from one to the next in both."""

    source: Storage
    target: Storage
    element: str
    dims: tuple[tuple[int, int, int], ...]
    """Bytes in the source, in the target, and how many: the furthest apart first."""
    base: int
    """Where the first one is in the target."""

    def at(self, walked: Walked) -> tuple[Index, tuple[int, ...]] | None:
        """The offset and the strides of an access of the source, in the target."""
        size = element_bytes(walked.element)
        known = walked.offset.known
        if walked.element != self.element or known is None:
            return None
        digits, rest = [], known
        for by, _, count in self.dims:
            digit = rest // by
            digits.append(digit)
            rest -= digit * by
            if digit >= count:
                return None
        if rest:
            return None
        strides, reach = [], list(digits)
        for stride, turns in zip(walked.strides, walked.turns, strict=True):
            if stride == 0 or turns == 1:
                strides.append(0)
                continue
            found = next((n for n, (by, _, _) in enumerate(self.dims) if stride > 0 and size * stride % by == 0), None)
            if found is None:
                return None
            steps = size * stride // self.dims[found][0]
            reach[found] += steps * (turns - 1)
            strides.append(steps * self.dims[found][1] // size)
        if any(last >= count for last, (_, _, count) in zip(reach, self.dims, strict=True)):
            return None
        offset = self.base + sum(digit * to for digit, (_, to, _) in zip(digits, self.dims, strict=True))
        return index(offset), tuple(strides)


def _layout(copy: Run) -> _Layout | None:
    """Of a copy that reads all of a storage, once."""
    source, target = copy.arrays["in1"], copy.arrays["out"]
    size = element_bytes(source.element)
    if source.element != target.element or source.offset != index(0) or target.offset.known is None:
        return None
    loops = zip(source.strides, target.strides, source.turns, strict=True)
    dims = sorted(((size * a, size * b, n) for a, b, n in loops if n > 1), reverse=True)
    whole = source.storage.size
    for by, to, count in dims:
        if to <= 0 or by * count != whole:
            return None
        whole = by
    return (
        _Layout(source.storage, target.storage, source.element, tuple(dims), target.offset.known)
        if whole == size
        else None
    )


def _moved(step: Step, layout: _Layout) -> Run | None:
    """The step with its accesses of the source in the target."""
    assert isinstance(step, Run)
    if step.stores != ("out",):
        return None
    if step.also or (step.reads_out and step.arrays["out"].storage is layout.source):
        return None
    for name, walked in step.arrays.items():
        if walked.storage is layout.source:
            place = layout.at(walked)
            moved = None if place is None else with_place(step, name, layout.target, *place)
            if moved is None:
                return None
            step = moved
    return step


def with_place(run: Run, name: str, storage: Storage, offset: Index, strides: tuple[int, ...]) -> Run | None:
    """The step with an array at another place, and other distances between its elements; None where it has more to do
    with them than to walk through them."""
    old = run.arrays[name]
    loops = [s.name for s in statements(run.work.main.body) if isinstance(s, Loop)]
    if len(loops) != len(strides) or run.work.kernels:
        return None
    before, after = index(0), index(0)
    for loop, stride, new, turns in zip(loops, old.strides, strides, old.turns, strict=True):
        if turns > 1:
            before += index(loop) * stride
            after += index(loop) * new
    places = set()

    def change(array: str, at: Index) -> tuple[str, Index]:
        if array != name:
            return array, at
        places.add(at)
        return array, after

    body = with_accesses(run.work.main.body, change)
    single = {loop: index(0) for loop, turns in zip(loops, old.turns, strict=True) if turns == 1}
    if {at.put(single) for at in places} != {before}:
        return None
    walked = replace(old, storage=storage, offset=offset, strides=strides)
    arrays = {**run.arrays, name: walked}
    nest = None if run.nest is None else _with_strides(run.nest, name, strides)
    if run.nest is not None and nest is None:
        return None
    return replace(run, work=Work(replace(run.work.main, body=body)), arrays=arrays, nest=nest)


def _with_strides(nest: Nest, name: str, strides: Sequence[int]) -> Nest | None:
    """The nest with an array of its literal work at other places."""
    access = build(nest).arrays[name]
    terms: dict[Term, int] = {}
    for counter, stride in zip(nest.loops, strides, strict=True):
        if stride % counter.step:
            return None
        if stride:
            terms[counter.value,] = stride // counter.step
    new = replace(access, offset=Affine(terms))
    if access is nest.result:
        if nest.own and nest.initial is None:
            return None
        store = new if access is nest.store else replace(nest.store, offset=new.offset)
        own = {load: replace(load, offset=new.offset) for load in nest.own}
        loads = [own.get(load, load) for load in nest.loads]
        finish = nest.finish if store is new or nest.finish is None else replace(nest.finish, store=new)
        return replace(nest, store=store, own=dict.fromkeys(own.values(), store), loads=loads, finish=finish)
    if nest.finish is not None and access in nest.finish.loads:
        ends = [new if each is access else each for each in nest.finish.loads]
        return replace(nest, finish=replace(nest.finish, loads=ends))
    return replace(nest, loads=[new if each is access else each for each in nest.loads])
