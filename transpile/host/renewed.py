"""Tensors that live from call to call and get what a call computes: that is written there, not copied there at the end.

    for i < 4: T[i] = state0[i] + X[i]            for i < 4: state0[i] = state0[i] + X[i]
    copy Y from T                           =>    copy Y from state0
    copy state0 from T
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from transpile.host.clear import Known
from transpile.host.in_place import is_by_element, is_same_place, with_own
from transpile.host.schedule import Copy, Run, Step, Walked, relocated, rewritten, touched, written
from transpile.host.values import Kind, Range, Storage, whole
from transpile.nests.loops.index import index


def renewed(steps: Sequence[Step]) -> list[Step]:
    """The steps with fewer copies to the state, and from there to outputs."""
    return rewritten(rewritten(steps, _from_its_source), _where_it_stays)


def _copied(steps: Sequence[Step], at: int, *kinds: Kind) -> Copy | None:
    """A copy from a buffer to memory of these kinds."""
    copy = steps[at]
    if not isinstance(copy, Copy) or copy.target.storage.kind not in kinds:
        return None
    source = copy.source.storage
    return copy if source.kind == "transient" and not source.home else None


# ---- a copy of a copy ------------------------------------------------------------------------------------------------


def _from_its_source(steps: Sequence[Step], at: int) -> list[Step] | None:
    """The steps with a copy of what is a copy itself from where that is from."""
    copy = _copied(steps, at, "state", "output")
    if copy is None:
        return None
    between = copy.source.storage
    writers = [number for number, step in enumerate(steps) if between in written(step)]
    first = steps[writers[0]] if len(writers) == 1 and writers[0] < at else None
    if not isinstance(first, Copy) or first.source.storage is copy.target.storage:
        return None
    distance = (copy.source.offset - first.target.offset).known
    if distance is None or distance < 0 or distance + copy.source.length > first.target.length:
        return None
    if any(first.source.storage in written(step) for step in steps[writers[0] : at]):
        return None
    made = list(steps)
    made[at] = Copy(copy.target, first.source.part(index(distance), copy.source.length))
    if not any(between in touched(step) for number, step in enumerate(made) if number != writers[0]):
        del made[writers[0]]
    return made


# ---- a buffer that becomes the state ---------------------------------------------------------------------------------


def _where_it_stays(steps: Sequence[Step], at: int) -> list[Step] | None:
    """The steps without a copy of a whole buffer, which is the memory of the state from the first step on that writes
    it, where nobody uses what was there before meanwhile."""
    copy = _copied(steps, at, "state")
    if copy is None or copy.source != whole(copy.source.storage) or copy.target.offset.known is None:
        return None
    buffer, state = copy.source.storage, copy.target.storage
    users = [number for number, step in enumerate(steps) if buffer in touched(step)]
    first, last = users[0], users[-1]
    if any(buffer in written(step) for step in steps[at + 1 :]) or _is_read_early(steps, buffer):
        return None
    used = any(state in touched(step) for step in steps[first + 1 : at])
    if used or any(state in written(step) for step in steps[at + 1 : last + 1]):
        return None
    made = [_on(step, buffer, copy.target) for step in steps]
    if state in touched(steps[first]):
        own = _in_place(steps[first], made[first], state)
        if own is None:
            return None
        made[first] = own
    del made[at]
    return made


def _is_read_early(steps: Sequence[Step], buffer: Storage) -> bool:
    """Whether a byte of a buffer is read that nobody has written, which is zero."""
    known, early = Known(), dict[Storage, None]()
    for step in steps:
        known.step(step, {}, early)
    return buffer in early


def _on(step: Step, buffer: Storage, range_: Range) -> Step:
    """The step with a range in place of a buffer."""

    def change(walked: Walked, _: Mapping[str, int]) -> Walked:
        if walked.storage is not buffer:
            return walked
        return replace(walked, storage=range_.storage, offset=walked.offset + range_.offset)

    return relocated(step, change)


def _in_place(before: Step, after: Step, state: Storage) -> Run | None:
    """The first step, if it reads each element of the state for the one that it writes in that place."""
    if not isinstance(before, Run) or not isinstance(after, Run):
        return None
    if before.also or before.reads_out or before.stores != ("out",):
        return None
    names = [name for name, walked in before.arrays.items() if walked.storage is state]
    if len(names) != 1 or names == ["out"] or not is_by_element(after, names[0]):
        return None
    walked = after.arrays[names[0]]
    return with_own(after, names[0], walked) if is_same_place(walked, after.arrays["out"]) else None
