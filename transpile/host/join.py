"""What was cut into parts, as one nest again: a loop of the schedule around a nest, and the rest behind that loop.

for r < 47                                  for t0 < 3025
  for t0 < 64: Y[64*r + t0] = …     =>        Y[t0] = …
for t0 < 17: Y[t0 + 3008] = …
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from transpile.host.nests import as_parallel, but, in_turn, is_apart, names_of, rows, within_row
from transpile.host.schedule import (
    NOWHERE,
    Repeat,
    Run,
    Step,
    Walked,
    accesses,
    factor_of,
    in_all,
    reads,
    rewritten,
    touched,
    writes,
    written,
)
from transpile.host.values import Storage
from transpile.ir.nodes import Value, make_op
from transpile.isa.operations import Operation
from transpile.isa.table import row_of
from transpile.limits import NEST_LOOPS
from transpile.nests.find.affine import Affine
from transpile.nests.forms import uses_counters
from transpile.nests.loops.build import build
from transpile.nests.loops.index import index
from transpile.nests.nest import Access, Counter, element_bytes

_WORD = row_of(Operation.CONST, "i64")
_WINDOW = 8
"""So many steps further on the next part is looked for."""


def joined(steps: Sequence[Step], bounds: Mapping[str, int] = NOWHERE) -> list[Step]:
    """The steps with fewer loops around nests, and fewer nests."""
    apart = [made for step in steps for made in _absorbed(step, bounds)]
    return rewritten(apart, lambda all_, at: _with_next(all_, at, bounds))


# ---- a loop of the schedule as a loop of a nest ----------------------------------------------------------------------


def _absorbed(step: Step, bounds: Mapping[str, int]) -> list[Step]:
    """A loop around nests as the outermost loop of each, where it is one."""
    if not isinstance(step, Repeat):
        return [step]
    inner = joined(step.steps, {**bounds, step.name: step.count})
    return [_as_nest(part, bounds) or part for part in _distributed(replace(step, steps=tuple(inner)))]


def _as_nest(around: Repeat, bounds: Mapping[str, int]) -> Run | None:
    """A loop around one nest as the outermost loop of that."""
    if len(around.steps) != 1 or not isinstance(around.steps[0], Run):
        return None
    run = _with_loop(around, around.steps[0], bounds)
    return run and _coalesced(run)


def _distributed(around: Repeat) -> Iterator[Repeat]:
    """A loop for each part of its steps that has nothing to do with other turns of the others."""
    first = 0
    for cut in range(1, len(around.steps) + 1):
        before, behind = around.steps[first:cut], around.steps[cut:]
        if not behind or all(_keep_to_turn(around, a, b) for a in before for b in behind):
            yield replace(around, steps=before)
            first = cut


def _keep_to_turn(around: Repeat, a: Step, b: Step) -> bool:
    """Whether what two steps have in common, if one of them writes it, is in another place in every turn."""
    its: dict[Storage, list[Walked]] = {}
    for walked in (*accesses(a), *accesses(b)):
        its.setdefault(walked.storage, []).append(walked)
    common = (written(a) | written(b)) & touched(a).keys() & touched(b).keys()
    return all(storage.home != around.name and _moves_on(its[storage], around) for storage in common)


def _moves_on(all_: Sequence[Walked], around: Repeat) -> bool:
    """Whether what is touched in one turn is behind all that was touched in the turns before, or before it: in the
    storage, or in each of its rows."""
    by = abs(factor_of(all_[0].offset, around.name))
    starts = [(walked.offset - all_[0].offset).known for walked in all_]
    if any(start is None for start in starts):
        return False
    for row in (0, *{row for walked in all_ for row in rows(walked)}):
        parts = [within_row(walked, row) if row else walked.extent for walked in all_]
        low = min((start or 0) + part[0] for start, part in zip(starts, parts, strict=True))
        high = max((start or 0) + part[1] for start, part in zip(starts, parts, strict=True))
        if high - low <= by and (row == 0 or by * (around.count - 1) + high - low <= row):
            return True
    return False


def _with_loop(around: Repeat, run: Run, bounds: Mapping[str, int]) -> Run | None:
    nest = run.nest
    if nest is None or run.numbers or len(nest.loops) == NEST_LOOPS:
        return None
    arrays: dict[str, Walked] = {}
    for name, walked in run.arrays.items():
        whole = in_all(walked, around)
        if whole is None:
            return None
        arrays[name] = whole
    moves = {name: walked.strides[0] for name, walked in arrays.items()}
    if not all(moves[store] for store in run.stores):
        return None
    number = make_op(_WORD, [], "i64", 0, value=0).result
    counter = Counter(Value("i64"), number, number, 1, nest.header, around.count)
    new = {access: _moved(access, counter.value, moves[name]) for access, name in names_of(nest).items()}
    made = nest.moved([counter, *nest.loops], new)
    return as_parallel(replace(run, work=build(made).work, arrays=arrays, nest=made), bounds)


def _moved(access: Access, value: Value, by: int) -> Access:
    return replace(access, offset=access.offset.plus(Affine({(value,): by} if by else {})))


# ---- two loops of a nest as one --------------------------------------------------------------------------------------


def _coalesced(run: Run) -> Run:
    """Without the outermost loop, if that goes on where another one ends, in all arrays."""
    nest = run.nest
    assert nest is not None
    if not uses_counters(nest):
        for inner in range(1, len(nest.loops)):
            moves = ((w.strides[0], w.strides[inner] * w.turns[inner]) for w in run.arrays.values())
            if _is_parallel(run, inner) and all(outer == whole for outer, whole in moves):
                return _without_outer(run, inner)
    return run


def _is_parallel(run: Run, loop: int) -> bool:
    return all(run.arrays[store].strides[loop] for store in run.stores)


def _without_outer(run: Run, inner: int) -> Run:
    """The nest with the turns of the outermost loop in another one."""
    out = run.arrays["out"]
    return in_turn(_with_turns(run, inner, out.turns[0] * out.turns[inner]), 0, index(0))


def _with_turns(run: Run, loop: int, turns: int) -> Run:
    """With another number of turns of a loop."""
    assert run.nest is not None
    counters = [replace(c, trips=turns) if n == loop else c for n, c in enumerate(run.nest.loops)]
    nest = replace(run.nest, loops=counters)
    arrays = {name: replace(w, turns=(*w.turns[:loop], turns, *w.turns[loop + 1 :])) for name, w in run.arrays.items()}
    return replace(run, work=build(nest).work, arrays=arrays, nest=nest)


# ---- two nests as one ------------------------------------------------------------------------------------------------


def _with_next(steps: Sequence[Step], at: int, bounds: Mapping[str, int]) -> list[Step] | None:
    """The steps with a nest that goes on where the one at a place ends in that one."""
    first = steps[at]
    if not isinstance(first, Run) or first.nest is None or uses_counters(first.nest):
        return None
    for number, second in enumerate(steps[at + 1 : at + 1 + _WINDOW], at + 1):
        run = _together(first, second, bounds) if isinstance(second, Run) else None
        if run is not None and all(_commute(second, each, bounds) for each in steps[at + 1 : number]):
            return [*steps[:at], run, *steps[at + 1 : number], *steps[number + 1 :]]
    return None


def _together(first: Run, second: Run, bounds: Mapping[str, int]) -> Run | None:
    assert first.nest is not None
    if second.nest is None or first.arrays.keys() != second.arrays.keys() or _rest(first) != _rest(second):
        return None
    both = zip(first.arrays["out"].turns, second.arrays["out"].turns, strict=False)
    for loop, (turns, more) in enumerate(both):
        is_next = _is_parallel(first, loop) and _goes_on(first, second, loop)
        if is_next and _with_turns(first, loop, more).work == second.work:
            return as_parallel(_with_turns(first, loop, turns + more), bounds)
    return None


def _rest(run: Run) -> tuple[object, ...]:
    return run.numbers, run.operands, run.reads_out, run.stores, run.also, run.memory


def _goes_on(first: Run, second: Run, loop: int) -> bool:
    """Whether every array goes on where it ended, if a loop does."""
    for name, a in first.arrays.items():
        b = second.arrays[name]
        distance = element_bytes(a.element) * a.strides[loop] * a.turns[loop]
        if a.storage is not b.storage or a.element != b.element or a.strides != b.strides:
            return False
        if (b.offset - a.offset).known != distance or but(a.turns, loop) != but(b.turns, loop):
            return False
    return True


def _commute(run: Step, step: Step, bounds: Mapping[str, int]) -> bool:
    """Whether it makes no difference which of two steps is first; the one is no loop."""
    if isinstance(step, Repeat):
        return all(_commute(run, inner, {**bounds, step.name: step.count}) for inner in step.steps)

    def apart(written: Sequence[Walked], others: Sequence[Walked]) -> bool:
        return all(is_apart(a, b, bounds) for a in written for b in others)

    mine, its = list(writes(run)), list(writes(step))
    return apart(mine, [*reads(step), *its]) and apart(its, [*reads(run), *mine])
