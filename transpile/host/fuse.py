"""Steps that become one: what begins a running value and what is done with its last one are where it is summed up.

    fill T with 0                               for c, h, w
    T[c, h, w] += X[…] * K[…]          =>         x = 0
    Y[c, h, w] = max(T[c, h, w] + B[c], 0)        for …: x += X[…] * K[…]
                                                  Y[c, h, w] = max(x + B[c], 0)

Every element has the same terms in the same order, so that no bit changes; T is gone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from transpile.host.nests import is_apart
from transpile.host.schedule import Fill, Repeat, Run, Step, Walked, rewritten, touched, walk, writes
from transpile.host.values import Storage
from transpile.nests.find.affine import Affine, Term
from transpile.nests.forms import uses_counters
from transpile.nests.loops.build import build
from transpile.nests.loops.nodes import Constant, Store
from transpile.nests.loops.tree import innermost
from transpile.nests.nest import Access, Counter, Finish, Nest, element_bytes, element_of


def fused(steps: Sequence[Step]) -> list[Step]:
    """The steps, with running values in variables where nobody else sees them."""
    made = [replace(step, steps=tuple(fused(step.steps))) if isinstance(step, Repeat) else step for step in steps]
    return rewritten(made, _merged)


def _merged(steps: Sequence[Step], at: int) -> list[Step] | None:
    """The steps with the reduction at a place as one step with the fill before it and the loops behind it."""
    reduction = steps[at]
    if not isinstance(reduction, Run) or reduction.nest is None or not reduction.nest.reduction:
        return None
    if reduction.numbers or reduction.operands or reduction.also:
        return None
    value = reduction.arrays["out"].storage
    users = [number for number, step in enumerate(steps) if value in touched(step)]
    if value.kind != "transient" or len(users) != 3 or users[1] != at:
        return None
    first, last = users[0], users[2]
    initial, end = _initial(steps[first], value), steps[last]
    if initial is None or not isinstance(end, Run) or not _is_map(end):
        return None
    inputs = [walked.storage for name, walked in reduction.arrays.items() if name != "out"]
    if any(target in inputs for step in steps[at + 1 : last] for target in _written(step)):
        return None
    run = _joined(reduction, end, value, initial)
    if run is None:
        return None
    return [*steps[:first], *steps[first + 1 : at], *steps[at + 1 : last], run, *steps[last + 1 :]]


def _is_map(run: Run) -> bool:
    """Whether a step computes elements from others, each by itself."""
    if run.nest is None or run.nest.reduction or run.reads_out or run.stores != ("out",) or uses_counters(run.nest):
        return False
    return not (run.numbers or run.operands or run.also)


def _written(step: Step) -> Iterator[Storage]:
    return (walked.storage for inner in walk((step,)) for walked in writes(inner))


def _initial(step: Step, value: Storage) -> int | None:
    """The bits of the constant that a step writes into all of a buffer."""
    if isinstance(step, Fill):
        is_whole = step.target.length == value.size and not any(step.pattern)
        return 0 if is_whole else None
    if not isinstance(step, Run) or step.nest is None or step.nest.loads or step.operands or step.stores != ("out",):
        return None
    match innermost(step.work.main.body):
        case (Store("out", _, Constant(_, bits)),):
            count = math.prod(step.arrays["out"].turns)
            return bits if count * element_bytes(step.arrays["out"].element) == value.size else None
    return None


# ---- one nest of two -------------------------------------------------------------------------------------------------


def _joined(reduction: Run, end: Run, value: Storage, initial: int) -> Run | None:
    """The reduction and the loops behind it as one nest; None where their elements do not match."""
    summed, finish = reduction.nest, end.nest
    assert summed is not None and finish is not None
    names = {access: name for name, access in build(finish).arrays.items()}
    source = [access for access, name in names.items() if end.arrays[name].storage is value]
    if len(source) != 1 or element_of(finish.store.op) != element_of(summed.store.op):
        return None
    out, used = reduction.arrays["out"], end.arrays[names[source[0]]]
    if out.element != used.element or out.offset != used.offset:
        return None
    matched = _matched(summed, finish, out, used)
    if matched is None:
        return None
    accesses = {access: _by(access, finish, matched) for access in names if access is not source[0]}
    store = accesses[finish.store] = replace(accesses[finish.store], op=summed.store.op)
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
        ),
    )
    built = build(made)
    before = {access: reduction.arrays[name] for name, access in build(summed).arrays.items()}
    behind = {new: _walked(end.arrays[names[old]], new, made) for old, new in accesses.items()}
    arrays = {name: behind[a] if a in behind else before[a] for name, a in built.arrays.items()}
    if not all(is_apart(arrays["out"], walked, {}) for name, walked in arrays.items() if name != "out"):
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
