"""Tensors that take over the memory of one that is read for the last time, element by element, where they are written.

    Q[c, h + 1, w + 1] = max(x + P[c, h + 1, w + 1], 0)     =>     P[…] = max(x + P[…], 0)

Where only a part is written, the rest has to be the same in both: the zeros of the same border.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from transpile.host.clear import dense_bytes
from transpile.host.schedule import Fill, Repeat, Run, Step, Walked, renamed, rewritten, touched, writes
from transpile.host.values import Storage
from transpile.nests.loops.build import build
from transpile.nests.loops.spell import as_one, is_loaded


def in_place(steps: Sequence[Step]) -> list[Step]:
    """The steps with fewer buffers."""
    return rewritten(steps, _merged)


def _merged(steps: Sequence[Step], at: int) -> list[Step] | None:
    run = steps[at]
    if not isinstance(run, Run) or run.also or run.reads_out or run.stores != ("out",):
        return None
    out = run.arrays["out"]
    if out.storage.kind != "transient":
        return None
    for name, walked in run.arrays.items():
        if name == "out" or not is_by_element(run, name) or not _is_alike(walked, out):
            continue
        if _is_last(steps, at, walked.storage):
            fill = _begins(steps, at, walked, out)
            if fill is not None and sum(each.storage is walked.storage for each in run.arrays.values()) == 1:
                own = with_own(run, name, walked)
                if own is None:
                    continue
                made = [renamed(step, out.storage, walked.storage) for step in steps]
                made[at] = own
                return [step for number, step in enumerate(made) if number != fill]
    return None


def is_by_element(run: Run, name: str) -> bool:
    """Whether an element that is read where one is written is read for that alone: in a nest without running values,
    or, where loops are planned, for what is done at their end, if no running value is kept there meanwhile."""
    if run.nest is not None:
        return not run.nest.reduction
    return name.startswith("end") and not is_loaded(run.work, "out")


def _is_alike(a: Walked, b: Walked) -> bool:
    """Whether two buffers are walked through in the same way, and the first may be the second one."""
    if a.storage is b.storage or a.storage.kind != "transient" or a.storage.size != b.storage.size:
        return False
    return is_same_place(a, b)


def is_same_place(a: Walked, b: Walked) -> bool:
    """Whether two arrays are in the same place of their storages, element by element."""
    return (a.offset, a.element, _moves(a)) == (b.offset, b.element, _moves(b))


def _moves(walked: Walked) -> tuple[tuple[int, int], ...]:
    """By loop: how far and how often."""
    return tuple((s, n) if n > 1 and s else (0, 1) for s, n in zip(walked.strides, walked.turns, strict=True))


def _is_last(steps: Sequence[Step], at: int, storage: Storage) -> bool:
    return not any(storage in touched(step) for step in steps[at + 1 :])


def _begins(steps: Sequence[Step], at: int, source: Walked, out: Walked) -> int | None:
    """The fill of what is written that is not needed any more, -1 if there is none; None if more than that matters."""
    before = [number for number, step in enumerate(steps[:at]) if out.storage in touched(step)]
    if not before:
        return -1 if dense_bytes(out, {}) == (0, out.storage.size) else None
    fill, first = steps[before[0]], next(step for step in steps if source.storage in touched(step))
    if len(before) > 1 or not isinstance(fill, Fill) or not isinstance(first, Fill) or fill.pattern != first.pattern:
        return None
    if (fill.target.offset, fill.target.length) != (first.target.offset, first.target.length):
        return None
    others = [w for step in steps[:at] if step is not first and not isinstance(step, Repeat) for w in writes(step)]
    inside = any(isinstance(step, Repeat) and source.storage in touched(step) for step in steps)
    same = all(
        (w.offset, set(_moves(w)), w.element) == (out.offset, set(_moves(out)), out.element)
        for w in others
        if w.storage is source.storage
    )
    return before[0] if same and not inside else None


def with_own(run: Run, name: str, walked: Walked) -> Run | None:
    """The step with an array that is the written one."""
    arrays = {key: each for key, each in run.arrays.items() if key != name} | {"out": walked}
    if run.nest is not None:
        access = build(run.nest).arrays[name]
        own = replace(access, offset=run.nest.store.offset)
        loads = [own if each is access else each for each in run.nest.loads]
        nest = replace(run.nest, loads=loads, own={**run.nest.own, own: run.nest.store})
        built = build(nest)
        others = [key for key in run.arrays if key not in ("out", name)]
        renamed = dict(zip(others, (key for key in built.arrays if key != "out"), strict=True))
        arrays = {"out": walked, **{renamed[n]: each for n, each in run.arrays.items() if n in renamed}}
        return replace(run, work=built.work, arrays=arrays, nest=nest, reads_out=True)
    work = as_one(run.work, name, "out")
    return None if work is None else replace(run, work=work, arrays=arrays, reads_out=True)
