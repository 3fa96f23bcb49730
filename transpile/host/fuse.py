"""Steps that become one: what begins a running value and what is done with its last one are where it is summed up.

    fill T with 0                               for c, h, w
    T[c, h, w] += X[…] * K[…]          =>         x = 0
    Y[c, h, w] = max(T[c, h, w] + B[c], 0)        for …: x += X[…] * K[…]
                                                  Y[c, h, w] = max(x + B[c], 0)

Every element has the same terms in the same order, so that no bit changes; T is gone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from transpile.host.clear import dense_bytes
from transpile.host.contract import contraction
from transpile.host.nests import is_apart, is_map
from transpile.host.schedule import NOWHERE, Fill, Repeat, Run, Step, Walked, rewritten, touched, writes, written
from transpile.host.values import Storage
from transpile.nests.find.affine import Affine, Term
from transpile.nests.loops.build import build
from transpile.nests.loops.index import index
from transpile.nests.loops.nodes import Constant, Store
from transpile.nests.loops.tree import innermost
from transpile.nests.nest import Access, Counter, Finish, Nest, element_of


def fused(
    steps: Sequence[Step],
    bounds: Mapping[str, int] = NOWHERE,
    home: str = "",
    *,
    in_turns: bool = False,
    converts: bool = False,
) -> list[Step]:
    """The steps, with running values in variables where nobody else sees them; `home` is the loop that they are in.

    `in_turns` leaves steps apart that write an image which can be contracted; `converts` makes running values elements
    of another kind, such as bytes of sums, before they are stored.
    """
    where = _Where(bounds, home, in_turns, converts)
    return rewritten([_inside(step, where) for step in steps], lambda made, at: _merged(made, at, where))


@dataclass(frozen=True)
class _Where:
    """See `fused`."""

    bounds: Mapping[str, int]
    home: str
    in_turns: bool
    converts: bool


def _inside(step: Step, where: _Where) -> Step:
    if not isinstance(step, Repeat):
        return step
    bounds = {**where.bounds, step.name: step.count}
    return replace(step, steps=tuple(fused(step.steps, bounds, step.name, converts=where.converts)))


def _merged(steps: Sequence[Step], at: int, where: _Where) -> list[Step] | None:
    """The steps with the reduction at a place as one step with what it begins with, and with the loops behind it."""
    reduction = steps[at]
    if not isinstance(reduction, Run) or reduction.nest is None or not reduction.nest.reduction:
        return None
    if reduction.numbers or reduction.operands or reduction.also or reduction.nest.finish is not None:
        return None
    out = reduction.arrays["out"]
    if any(walked.storage is out.storage for name, walked in reduction.arrays.items() if name != "out"):
        return None
    users = [number for number, step in enumerate(steps) if out.storage in touched(step)]
    first = users[users.index(at) - 1]
    initial = _initial(steps[first], out) if first < at else None
    if initial is None:
        return None
    is_inner = out.storage.kind == "transient" and out.storage.home == where.home and users == [first, at, users[-1]]
    if is_inner and where.in_turns and contraction(steps, users[-1]) is not None:
        is_inner = False
    run, last = (_ended(steps, at, users[-1], initial, where), users[-1]) if is_inner else (None, at)
    if run is None:
        run, last = _begun(steps[first], reduction, initial), at
    if run is None:
        return None
    rest = [step for number, step in enumerate(steps[:last]) if number not in (first, at)]
    return [*rest, run, *steps[last + 1 :]]


def _begun(first: Step, reduction: Run, initial: int) -> Run | None:
    """The reduction with its first values; None where something else is written with them."""
    out, nest = reduction.arrays["out"], reduction.nest
    assert nest is not None
    if not all(_exactly(walked, out) for walked in writes(first)):
        return None
    made = replace(nest, initial=initial)
    return replace(reduction, work=build(made).work, nest=made, reads_out=False)


def _ended(steps: Sequence[Step], at: int, last: int, initial: int, where: _Where) -> Run | None:
    """The reduction with its first values and the loops that use it."""
    reduction, end = steps[at], steps[last]
    assert isinstance(reduction, Run)
    if not isinstance(end, Run) or not is_map(end):
        return None
    inputs = [walked.storage for name, walked in reduction.arrays.items() if name != "out"]
    if any(target in inputs for step in steps[at + 1 : last] for target in written(step)):
        return None
    return _joined(reduction, end, reduction.arrays["out"].storage, initial, where)


def _initial(step: Step, summed: Walked) -> int | None:
    """The bits of the constant that a step writes into all elements of a reduction."""
    if isinstance(step, Fill):
        is_whole = step.target.length == summed.storage.size and not any(step.pattern)
        return 0 if is_whole else None
    if not isinstance(step, Run) or step.arrays.keys() != {"out"} or step.operands or step.also:
        return None
    match innermost(step.work.main.body):
        case (Store("out", _, Constant(_, bits)),):
            return bits if _covers(step.arrays["out"], summed) else None
    return None


def _covers(written: Walked, summed: Walked) -> bool:
    """Whether a step writes all the elements of another one."""
    if written.element != summed.element:
        return False
    if dense_bytes(replace(written, offset=index(0)), {}) == (0, written.storage.size):
        return written.offset == index(0)
    return written.offset == summed.offset and _moves(written) == _moves(summed)


def _exactly(written: Walked, summed: Walked) -> bool:
    """Whether a step writes what another one does, and nothing else."""
    whole = (0, summed.storage.size)
    if dense_bytes(written, {}) == dense_bytes(summed, {}) == whole:
        return True
    return written.element == summed.element and _covers(summed, written) and _covers(written, summed)


def _moves(walked: Walked) -> list[tuple[int, int]]:
    """How far and how often, whichever loop does it; loops that walk as one are one."""
    found: list[tuple[int, int]] = []
    for stride, turns in sorted((s, n) for s, n in zip(walked.strides, walked.turns, strict=True) if s and n > 1):
        if found and stride == found[-1][0] * found[-1][1]:
            found[-1] = found[-1][0], found[-1][1] * turns
        else:
            found.append((stride, turns))
    return found


# ---- one nest of two -------------------------------------------------------------------------------------------------


def _joined(reduction: Run, end: Run, value: Storage, initial: int, where: _Where) -> Run | None:
    """The reduction and the loops behind it as one nest; None where their elements do not match."""
    summed, finish = reduction.nest, end.nest
    assert summed is not None and finish is not None
    names = {access: name for name, access in build(finish).arrays.items()}
    source = [access for access, name in names.items() if end.arrays[name].storage is value]
    if len(source) != 1:
        return None
    is_another = element_of(finish.store.op) != element_of(summed.store.op)
    if is_another and not (where.converts and math.prod(c.trips or 0 for c in summed.reduction) > 1):
        return None
    out, used = reduction.arrays["out"], end.arrays[names[source[0]]]
    if out.element != used.element or out.offset != used.offset:
        return None
    matched = _matched(summed, finish, out, used)
    if matched is None:
        return None
    accesses = {access: _by(access, finish, matched) for access in names if access is not source[0]}
    result = accesses[finish.store]
    store = replace(result, op=summed.store.op, size=summed.store.size)
    if not is_another:
        accesses[finish.store] = store
    own = {load: replace(load, offset=store.offset) for load in summed.own}
    made = replace(
        summed,
        store=store,
        loads=[own.get(load, load) for load in summed.loads],
        own=dict.fromkeys(own.values(), store),
        initial=initial,
        finish=Finish(
            source[0].op.result,
            [accesses[load] for load in finish.loads if load is not source[0]],
            [op for op in finish.body if op is not source[0].op],
            finish.store.op.operands[2],
            result if is_another else None,
        ),
    )
    built = build(made)
    before = {access: reduction.arrays[name] for name, access in build(summed).arrays.items()}
    behind = {new: _walked(end.arrays[names[old]], new, made) for old, new in accesses.items()}
    arrays = {name: behind[a] if a in behind else before[a] for name, a in built.arrays.items()}
    if not all(is_apart(arrays["out"], walked, where.bounds) for name, walked in arrays.items() if name != "out"):
        return None
    return Run(built.work, arrays, end.place, nest=made)


def _walked(before: Walked, access: Access, nest: Nest) -> Walked:
    """The same elements by the loops of a nest."""
    strides = tuple(access.stride(counter).known or 0 for counter in nest.loops)
    return replace(before, strides=strides, turns=tuple(counter.trips or 0 for counter in nest.loops))


def _matched(summed: Nest, finish: Nest, out: Walked, used: Walked) -> dict[Counter, Counter] | None:
    """For each loop that uses the elements, the loop of the reduction that walks through them in the same way."""
    free = {
        (stride, turns): counter
        for counter, stride, turns in zip(summed.loops, out.strides, out.turns, strict=True)
        if stride and turns > 1
    }
    found: dict[Counter, Counter] = {}
    for counter, stride, turns in zip(finish.loops, used.strides, used.turns, strict=True):
        if turns > 1:
            partner = free.pop((stride, turns), None)
            if partner is None:
                return None
            found[counter] = partner
    return None if free else found


def _by(access: Access, nest: Nest, matched: Mapping[Counter, Counter]) -> Access:
    """An access in the counters of the reduction."""
    terms: dict[Term, int] = {}
    for counter in nest.loops:
        stride = access.stride(counter).known
        if stride and counter in matched:
            partner = matched[counter]
            if stride % partner.step:
                raise AssertionError("counters of a schedule advance by what the nest says")
            terms[partner.value,] = stride // partner.step
    return replace(access, offset=Affine(terms), base=Affine())
