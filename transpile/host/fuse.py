"""Steps that become one: what begins a running value and what is done with its last one are where it is summed up.

    fill T with 0                               for c, h, w
    T[c, h, w] += X[…] * K[…]          =>         x = 0
    Y[c, h, w] = max(T[c, h, w] + B[c], 0)        for …: x += X[…] * K[…]
                                                  Y[c, h, w] = max(x + B[c], 0)

Every element has the same terms in the same order, so that no bit changes; T is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from transpile.host.clear import touched
from transpile.host.nests import is_apart
from transpile.host.schedule import Fill, Repeat, Run, Step, Walked, writes
from transpile.host.values import Storage
from transpile.nests.loops.index import Index, index
from transpile.nests.loops.nodes import (
    Allocate,
    Array,
    Body,
    Constant,
    Element,
    Let,
    Load,
    Loop,
    Operand,
    Store,
    Work,
)
from transpile.nests.loops.tree import put, rename, with_accesses
from transpile.nests.nest import element_bytes

_RUNNING = "running"
"""The array of one element that a value is summed up in."""


def fused(steps: Sequence[Step]) -> list[Step]:
    """The steps, with running values in variables where nobody else sees them."""
    made = [replace(step, steps=tuple(fused(step.steps))) if isinstance(step, Repeat) else step for step in steps]
    at = 0
    while at < len(made):
        chain = _chain(made, at)
        if chain is None:
            at += 1
            continue
        first, last, run = chain
        made[last] = run
        del made[at], made[first]
    return made


def _chain(steps: Sequence[Step], at: int) -> tuple[int, int, Run] | None:
    """The reduction at a place as one step with the fill before it and the loops behind it: where these two are."""
    reduction = steps[at]
    if not isinstance(reduction, Run) or reduction.nest is None or not reduction.nest.reduction:
        return None
    if reduction.numbers or reduction.operands:
        return None
    value = reduction.arrays["out"].storage
    users = [number for number, step in enumerate(steps) if value in touched(step)]
    if value.kind != "transient" or len(users) != 3 or users[1] != at:
        return None
    first, last = users[0], users[2]
    begin, end = steps[first], steps[last]
    initial = _initial(begin, value)
    if initial is None or not isinstance(end, Run) or not _is_map(end):
        return None
    inputs = [walked.storage for name, walked in reduction.arrays.items() if name != "out"]
    if any(target in inputs for step in steps[at + 1 : last] for target in _written(step)):
        return None
    run = _joined(reduction, end, value, initial)
    return None if run is None else (first, last, run)


def _is_map(run: Run) -> bool:
    """Whether a step computes elements from others, each by itself."""
    if run.nest is None or run.nest.reduction or run.reads_out or run.stores != ("out",):
        return False
    return not (run.numbers or run.operands or run.also)


def _written(step: Step) -> Iterator[Storage]:
    if isinstance(step, Repeat):
        for inner in step.steps:
            yield from _written(inner)
    yield from (walked.storage for walked in writes(step))


def _initial(step: Step, value: Storage) -> Constant | None:
    """The constant that a step writes into all of a buffer."""
    if isinstance(step, Fill):
        whole = step.target.length == value.size and len(set(step.pattern)) == 1 and step.pattern[0] == 0
        return Constant("", 0) if whole else None
    if not isinstance(step, Run) or step.nest is None or step.nest.loads or step.operands:
        return None
    stored = _innermost(step.work)
    if len(stored) != 1 or not isinstance(stored[0], Store) or not isinstance(stored[0].operand, Constant):
        return None
    count = 1
    for turns in step.arrays["out"].turns:
        count *= turns
    is_whole = count * element_bytes(step.arrays["out"].element) == value.size
    return stored[0].operand if is_whole else None


def _innermost(work: Work) -> Body:
    body = work.main.body
    while len(body) == 1 and isinstance(body[0], Loop):
        body = body[0].body
    return body


def _loops(work: Work) -> list[Loop]:
    """The loops of a literal work from outer to inner."""
    found: list[Loop] = []
    body = work.main.body
    while len(body) == 1 and isinstance(body[0], Loop):
        found.append(body[0])
        body = body[0].body
    return found


# ---- one work of two -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Turn:
    """A loop of the work that is made: its name there, its turns."""

    name: str
    turns: int
    is_serial: bool


def _joined(reduction: Run, end: Run, value: Storage, initial: Constant) -> Run | None:
    """The reduction and the loops behind it as one work; None where their elements do not match."""
    source = [name for name, walked in end.arrays.items() if walked.storage is value]
    if len(source) != 1 or source[0] == "out":
        return None
    summed, used = reduction.arrays["out"], end.arrays[source[0]]
    if summed.element != used.element or summed.offset != used.offset or reduction.also:
        return None
    outer, inner = _loops(reduction.work), _loops(end.work)
    matched = _matched(summed, used, [loop.name for loop in outer], [loop.name for loop in inner])
    if matched is None:
        return None
    order = [n for n, stride in enumerate(summed.strides) if stride] + [
        n for n, s in enumerate(summed.strides) if not s
    ]
    turns = [_Turn(outer[n].name, summed.turns[n], not summed.strides[n]) for n in order]
    arrays: dict[str, Walked] = {"out": _in_order(end.arrays["out"], matched, inner, turns)}
    names = {name: f"{name}_end" for name in end.arrays if name not in ("out", source[0])}
    for name, walked in reduction.arrays.items():
        if name != "out":
            arrays[name] = replace(walked, strides=tuple(walked.strides[n] for n in order), turns=_counts(turns))
    for name, new in names.items():
        arrays[new] = _in_order(end.arrays[name], matched, inner, turns)
    if not all(is_apart(arrays["out"], walked, {}) for name, walked in arrays.items() if name != "out"):
        return None
    work = _work(reduction, end, turns, matched, names, source[0], initial)
    return Run(work, arrays, end.place)


def _counts(turns: Sequence[_Turn]) -> tuple[int, ...]:
    return tuple(turn.turns for turn in turns)


def _matched(summed: Walked, used: Walked, outer: Sequence[str], inner: Sequence[str]) -> dict[str, str] | None:
    """For each loop that uses the elements, the loop of the reduction that walks through them in the same way."""
    free = {
        (stride, turns): name
        for name, stride, turns in zip(outer, summed.strides, summed.turns, strict=True)
        if stride and turns > 1
    }
    found: dict[str, str] = {}
    for name, stride, turns in zip(inner, used.strides, used.turns, strict=True):
        if turns == 1:
            continue
        partner = free.pop((stride, turns), None)
        if partner is None:
            return None
        found[name] = partner
    return None if free else found


def _in_order(walked: Walked, matched: Mapping[str, str], loops: Sequence[Loop], turns: Sequence[_Turn]) -> Walked:
    """What the loops behind touch, by the loops of the work that is made."""
    strides = {matched[loop.name]: s for loop, s in zip(loops, walked.strides, strict=True) if loop.name in matched}
    return replace(walked, strides=tuple(strides.get(turn.name, 0) for turn in turns), turns=_counts(turns))


def _work(
    reduction: Run,
    end: Run,
    turns: Sequence[_Turn],
    matched: Mapping[str, str],
    names: Mapping[str, str],
    source: str,
    initial: Constant,
) -> Work:
    element: Element = reduction.arrays["out"].element  # type: ignore[assignment]
    running = Array(_RUNNING, element, "registers", index(1))
    summing = with_accesses(
        _innermost(reduction.work), lambda name, at: (_RUNNING, index(0)) if name == "out" else (name, at)
    )
    for turn in (turn for turn in reversed(turns) if turn.is_serial):
        summing = (Loop(turn.name, index(turn.turns), summing),)
    finishing = _renamed(_innermost(end.work), matched, names, source)
    first: Operand = initial if initial.type else Constant(running.type, 0)
    body: Body = (Allocate(running), Store(_RUNNING, index(0), first), *summing, *finishing)
    for turn in (turn for turn in reversed(turns) if not turn.is_serial):
        body = (Loop(turn.name, index(turn.turns), body, "parallel"),)
    given = [array for array in reduction.work.main.arrays if array.name != "out"]
    behind = [replace(array, name=names[array.name]) for array in end.work.main.arrays if array.name in names]
    out = next(array for array in end.work.main.arrays if array.name == "out")
    return Work(replace(reduction.work.main, arrays=(out, *given, *behind), body=body))


def _renamed(body: Body, matched: Mapping[str, str], names: Mapping[str, str], source: str) -> Body:
    """The innermost statements of the loops behind, in the loops of the reduction."""
    lets = {s.name: f"{s.name}_end" for s in body if isinstance(s, Let)}
    free = {name for statement in body for name in _loop_names(statement)} - set(matched)
    numbers: dict[str, Index] = {**{old: index(new) for old, new in matched.items()}, **dict.fromkeys(free, index(0))}
    moved = put(rename(body, {**lets, **names}), numbers)
    return with_accesses(moved, lambda name, at: (_RUNNING, index(0)) if name == source else (name, at))


def _loop_names(statement: object) -> frozenset[str]:
    match statement:
        case Let(_, Load(_, at)) | Store(_, at):
            return at.names
        case Let(_, value):
            return getattr(getattr(value, "index", None), "names", frozenset())
    return frozenset()
