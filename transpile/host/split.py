"""Buffers that compilers put many tensors into, taken apart: each tensor gets a buffer and a life of its own.

Bytes belong together that one access touches, or that one step reads after others wrote them. A step that overwrites
bytes without reading them begins something new there. What nobody reads is not written.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from transpile.host.clear import Known
from transpile.host.schedule import Copy, Fill, Repeat, Run, Step, Walked, factor_of, reads, writes
from transpile.host.values import Range, Storage
from transpile.nests.nest import element_bytes

Units = np.ndarray[Any, Any]
Key = tuple[int, ...]
"""Where an access is: the numbers of its step and of those inside, then its own."""


def split(steps: Sequence[Step]) -> list[Step]:
    """The steps on buffers that each hold one tensor."""
    splitter = _Splitter(_unit_sizes(steps))
    for number, step in enumerate(steps):
        splitter.step(step, (number,))
    made = [splitter.changed(step, (number,)) for number, step in enumerate(steps)]
    return _needed(made)


@dataclass(eq=False)
class _Web:
    """Bytes of a storage that belong together; of joined ones, the first one counts."""

    number: int
    low: int
    high: int
    parent: _Web | None = None
    made: Storage | None = None

    def root(self) -> _Web:
        web = self
        while web.parent is not None:
            web = web.parent
        return web

    def join(self, other: _Web) -> _Web:
        mine, its = self.root(), other.root()
        if mine is not its:
            its.parent = mine
            mine.low, mine.high = min(mine.low, its.low), max(mine.high, its.high)
        return mine


@dataclass
class _Splitter:
    unit: dict[Storage, int]
    """Bytes that are looked at as one."""
    current: dict[Storage, Units] = field(default_factory=dict)
    """Which web each unit belongs to at the moment: its number, or -1."""
    webs: list[_Web] = field(default_factory=list)
    of: dict[Key, _Web] = field(default_factory=dict)

    def step(self, step: Step, key: Key) -> None:
        accesses = _Accesses()
        accesses.add(step, key, {}, Known())
        for old in accesses.old:
            self._touch(old)
        if isinstance(step, Repeat):
            for new in accesses.written:
                new.whole &= not any(old.meets(new) for old in accesses.old)  # a turn may read what one before wrote
        together = [self.of[old.key] for old in accesses.old if old.together]
        for new in accesses.written:
            if new.whole:
                self._begin(new)
            else:
                self._touch(new)
            for web in together if new.together else ():
                web.join(self.of[new.key])
        for own in accesses.own:
            self._touch(own)

    def _units(self, access: _Access) -> tuple[Units, Units]:
        """The map of a storage, and which of its units an access touches."""
        unit = self.unit[access.storage]
        if access.storage not in self.current:
            self.current[access.storage] = np.full(-(-access.storage.size // unit), -1, np.int32)
        return self.current[access.storage], touched_units(access.walked, access.bounds, unit)

    def _web(self, access: _Access) -> _Web:
        web = _Web(len(self.webs), access.low, access.high)
        self.webs.append(web)
        return web

    def _touch(self, access: _Access) -> None:
        """The access belongs to all that is there."""
        now, units = self._units(access)
        web = self._web(access)
        for number in np.unique(now[units]):
            if number >= 0:
                web = self.webs[number].join(web)
        now[units] = web.number
        self.of[access.key] = web

    def _begin(self, access: _Access) -> None:
        """Something new, whatever was there."""
        now, units = self._units(access)
        web = self._web(access)
        now[units] = web.number
        self.of[access.key] = web

    # ---- the same steps on other buffers -----------------------------------------------------------------------------

    def changed(self, step: Step, key: Key) -> Step:
        """The step with its accesses in their own buffers."""
        if isinstance(step, Repeat):
            return replace(step, steps=tuple(self.changed(s, (*key, n)) for n, s in enumerate(step.steps)))
        moved = iter([self._moved(walked, (*key, n)) for n, walked in enumerate(_all(step))])
        match step:
            case Run():
                arrays = {name: next(moved) for name in step.arrays}
                return replace(step, arrays=arrays, also=tuple(next(moved) for _ in step.also))
            case Copy():
                source, target = next(moved), next(moved)
                return Copy(_range(target, step.target), _range(source, step.source))
            case Fill():
                return Fill(_range(next(moved), step.target), step.pattern)
        raise TypeError(step)

    def _moved(self, walked: Walked, key: Key) -> Walked:
        found = self.of.get(key)
        if found is None:
            return walked
        web = found.root()
        if web.made is None:
            old = walked.storage
            web.made = Storage(old.kind, web.high - web.low, number=old.number, home=old.home)
        return replace(walked, storage=web.made, offset=walked.offset - web.low)


def _range(walked: Walked, old: Range) -> Range:
    return Range(walked.storage, walked.offset, old.length)


def _all(step: Step) -> list[Walked]:
    """Every access of a step, in an order that says which."""
    match step:
        case Run():
            return [*step.arrays.values(), *step.also]
        case Copy():
            return [*reads(step), *writes(step)]
        case Fill():
            return list(writes(step))
    return []


@dataclass
class _Access:
    key: Key
    walked: Walked
    bounds: Mapping[str, int]
    low: int
    high: int
    whole: bool = False
    """Whether all of it is written and none read."""
    together: bool = False
    """Whether it is in one array with what the step reads."""

    @property
    def storage(self) -> Storage:
        return self.walked.storage

    def meets(self, other: _Access) -> bool:
        return self.storage is other.storage and self.low < other.high and other.low < self.high


@dataclass
class _Accesses:
    """Of a step: what looks at older contents, what is written, and what looks at that."""

    old: list[_Access] = field(default_factory=list)
    written: list[_Access] = field(default_factory=list)
    own: list[_Access] = field(default_factory=list)

    def add(self, step: Step, key: Key, bounds: Mapping[str, int], known: Known) -> None:
        if isinstance(step, Repeat):
            inside = {**bounds, step.name: step.count}
            for number, inner in enumerate(step.steps):
                self.add(inner, (*key, number), inside, known)
            return
        in_place = isinstance(step, Run) and (step.reads_out or bool(step.also))
        also = len(step.arrays) if isinstance(step, Run) else 2
        for number, walked in enumerate(_all(step)):
            if walked.storage.kind != "transient":
                continue
            access = _Access((*key, number), walked, bounds, *walked.within(bounds))
            if _is_target(step, walked, number):
                if not in_place or known.covers(walked, bounds):
                    access.whole = not in_place
                    access.together = in_place
                    self.written.append(access)
                else:
                    access.together = True
                    self.old.append(access)
            elif known.covers(walked, bounds):
                self.own.append(access)
            else:
                access.together = number >= also
                self.old.append(access)
        for walked in writes(step):
            known.add(walked)


def _is_target(step: Step, walked: Walked, number: int) -> bool:
    if isinstance(step, Run):
        return any(walked is step.arrays[name] for name in step.stores)
    return isinstance(step, Fill) or number == 1


# ---- which bytes an access touches -----------------------------------------------------------------------------------


def _unit_sizes(steps: Sequence[Step]) -> dict[Storage, int]:
    """The greatest size that divides all places and steps of each storage's accesses."""
    found: dict[Storage, int] = {}

    def look(step: Step) -> None:
        if isinstance(step, Repeat):
            for inner in step.steps:
                look(inner)
        for walked in _all(step):
            size = element_bytes(walked.element) if isinstance(step, Run) else math.gcd(*walked.turns)
            size = math.gcd(size, walked.offset.const, *(factor for _, factor in walked.offset.terms))
            found[walked.storage] = math.gcd(found.get(walked.storage, 0), size)

    for step in steps:
        look(step)
    return found


def touched_units(walked: Walked, bounds: Mapping[str, int], unit: int) -> Units:
    """The numbers of the units that are touched in all turns of the loops around."""
    size = element_bytes(walked.element)
    moves: dict[int, int] = {}
    loops = [(factor_of(walked.offset, name), turns) for name, turns in bounds.items()]
    loops += [(size * stride, turns) for stride, turns in zip(walked.strides, walked.turns, strict=True)]
    for by, turns in loops:
        if by:
            moves[by] = moves.get(by, 1) + turns - 1  # two loops with one stride go as far as one loop
    places = np.array([walked.offset.const], np.int64)
    for by, turns in sorted(moves.items(), key=lambda move: abs(move[0])):
        places = _once((places[:, None] + by * np.arange(turns)).ravel())
    places = _once(places // unit)
    width = -(-size // unit)
    return _once((places[:, None] + np.arange(width)).ravel()) if width > 1 else places


def _once(places: Units) -> Units:
    """Each number once, in order: `np.unique` of numbers that are near to each other, without sorting."""
    low = places.min(initial=0)
    seen = np.zeros(places.max(initial=0) - low + 1, np.bool_)
    seen[places - low] = True
    found: Units = np.flatnonzero(seen) + low
    return found


# ---- what nobody reads -----------------------------------------------------------------------------------------------


def _needed(steps: Sequence[Step]) -> list[Step]:
    """Without steps that write what is never read."""
    while True:
        read = {walked.storage for step in steps for walked in _read(step)}
        kept = [made for step in steps if (made := _kept(step, read)) is not None]
        if len(kept) == len(steps):
            return kept
        steps = kept


def _read(step: Step) -> list[Walked]:
    if isinstance(step, Repeat):
        return [walked for inner in step.steps for walked in _read(inner)]
    return [walked for walked in reads(step) if not any(walked is out for out in writes(step))]


def _kept(step: Step, read: set[Storage]) -> Step | None:
    if isinstance(step, Repeat):
        inner = tuple(made for each in step.steps if (made := _kept(each, read)) is not None)
        return replace(step, steps=inner) if inner else None
    targets = [walked.storage for walked in writes(step)]
    return step if any(each.kind != "transient" or each in read for each in targets) else None
