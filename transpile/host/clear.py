"""Memory that is read before anything is written there holds zeros: it is cleared where that happens, only there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from transpile.host.schedule import Fill, Repeat, Step, Walked, factor_of, reads, touched, writes
from transpile.host.values import Storage, whole
from transpile.nests.loops.index import Index, index
from transpile.nests.nest import element_bytes


def cleared(steps: Sequence[Step]) -> list[Step]:
    """The steps, and before the first one that touches a buffer a fill with zeros if a byte may be read too early."""
    known = Known()
    early: dict[Storage, None] = {}
    for step in steps:
        known.step(step, {}, early)
    return list(_with_fills(steps, early, ""))


def _with_fills(steps: Sequence[Step], early: Mapping[Storage, None], home: str) -> Iterator[Step]:
    """With fills of the buffers that are made where the steps are."""
    waiting = {storage for storage in early if storage.home == home}
    for step in steps:
        for storage in touched(step):
            if storage in waiting:
                waiting.remove(storage)
                yield Fill(whole(storage), b"\0")
        if isinstance(step, Repeat):
            step = replace(step, steps=tuple(_with_fills(step.steps, early, step.name)))
        yield step


@dataclass
class Known:
    """Bytes that are written, by storage; inside of a loop of the schedule by what their place depends on."""

    written: dict[tuple[Storage, Index], list[tuple[int, int]]] = field(default_factory=dict)

    def step(self, step: Step, bounds: Mapping[str, int], early: dict[Storage, None]) -> None:
        if isinstance(step, Repeat):
            inside = {**bounds, step.name: step.count}
            turn = Known({key: list(found) for key, found in self.written.items()})
            for inner in step.steps:
                turn.step(inner, inside, early)
            for inner in step.steps:
                self._after(inner, inside)
            return
        for walked in reads(step):
            if walked.storage.kind in ("transient", "output") and not self.covers(walked, bounds):
                early[walked.storage] = None
        for walked in writes(step):
            self.add(walked)

    def covers(self, walked: Walked, bounds: Mapping[str, int]) -> bool:
        low, high = walked.extent
        symbolic = walked.offset - walked.offset.const
        own = self.written.get((walked.storage, symbolic), [])
        at = walked.offset.const
        if any(first <= low + at and high + at <= end for first, end in own):
            return True
        first_byte, last_byte = walked.within(bounds)
        everywhere = self.written.get((walked.storage, index(0)), [])
        return any(first <= first_byte and last_byte <= end for first, end in everywhere)

    def add(self, walked: Walked) -> None:
        """A step has written."""
        symbolic = walked.offset - walked.offset.const
        if (dense := _dense(walked.element, walked.strides, walked.turns)) is not None:
            at = walked.offset.const
            _join(self.written.setdefault((walked.storage, symbolic), []), dense[0] + at, dense[1] + at)

    def _after(self, step: Step, bounds: Mapping[str, int]) -> None:
        """What a step in a loop has written when the loop is done."""
        if isinstance(step, Repeat):
            for inner in step.steps:
                self._after(inner, {**bounds, step.name: step.count})
            return
        for walked in writes(step):
            dense = dense_bytes(walked, bounds)
            if dense is not None:
                _join(self.written.setdefault((walked.storage, index(0)), []), *dense)


def dense_bytes(walked: Walked, bounds: Mapping[str, int]) -> tuple[int, int] | None:
    """The bytes of the storage that are touched in all turns of the loops around, if there is no gap between them."""
    size = element_bytes(walked.element)
    moves = [(factor_of(walked.offset, name), turns) for name, turns in bounds.items()]
    if any(by % size for by, _ in moves):
        return None
    strides = (*(by // size for by, _ in moves), *walked.strides)
    dense = _dense(walked.element, strides, (*(turns for _, turns in moves), *walked.turns))
    at = walked.offset.const
    return None if dense is None else (dense[0] + at, dense[1] + at)


def _dense(element: str, strides: Sequence[int], turns: Sequence[int]) -> tuple[int, int] | None:
    """The bytes from the first element on, if loops touch all of them without a gap."""
    reach, low = 1, 0
    for stride, count in sorted(zip(strides, turns, strict=True), key=lambda each: abs(each[0])):
        if stride == 0 or count == 1:
            continue
        if abs(stride) > reach:
            return None
        reach += abs(stride) * (count - 1)
        low += min(stride * (count - 1), 0)
    size = element_bytes(element)
    return size * low, size * (low + reach)


def _join(found: list[tuple[int, int]], low: int, high: int) -> None:
    """Adds bytes to ranges that do not touch each other."""
    rest = [(first, end) for first, end in found if end < low or high < first]
    near = [each for each in found if each not in rest]
    found[:] = sorted([*rest, (min([low, *(f for f, _ in near)]), max([high, *(e for _, e in near)]))])
