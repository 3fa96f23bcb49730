"""Buffers that compilers put many tensors into, taken apart: each tensor gets a buffer and a life of its own.

Bytes belong together that one access touches, or that one step reads after others wrote them. A step that overwrites
bytes without reading them begins something new there. What nobody reads is not written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from transpile.host.clear import Known, dense_bytes
from transpile.host.schedule import Copy, Fill, Repeat, Run, Step, Walked, reads, writes
from transpile.host.values import Range, Storage

Key = tuple[int, ...]
"""Where an access is: the numbers of its step and of those inside, then its own."""


def split(steps: Sequence[Step]) -> list[Step]:
    """The steps on buffers that each hold one tensor."""
    splitter = _Splitter()
    for number, step in enumerate(steps):
        splitter.step(step, (number,))
    made = [splitter.changed(step, (number,)) for number, step in enumerate(steps)]
    return _needed(made)


@dataclass(eq=False)
class _Web:
    """Bytes of a storage that belong together; of joined ones, the first one counts."""

    storage: Storage
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
    current: dict[Storage, list[tuple[int, int, _Web]]] = field(default_factory=dict)
    """Which web each byte belongs to at the moment: ranges apart from each other."""
    webs: dict[Key, _Web] = field(default_factory=dict)

    def step(self, step: Step, key: Key) -> None:
        accesses = _Accesses()
        accesses.add(step, key, {}, Known())
        for old in accesses.old:
            self._touch(old)
        if isinstance(step, Repeat):
            for new in accesses.written:
                new.whole &= not any(old.meets(new) for old in accesses.old)  # a turn may read what one before wrote
        together = [self.webs[old.key] for old in accesses.old if old.together]
        for new in accesses.written:
            if new.whole:
                self._begin(new)
            else:
                self._touch(new)
            for web in together if new.together else ():
                web.join(self.webs[new.key])
        for own in accesses.own:
            self._touch(own)

    def _touch(self, access: _Access) -> None:
        """The access belongs to all that is there."""
        found = self.current.setdefault(access.storage, [])
        near = [each for each in found if each[0] < access.high and access.low < each[1]]
        web = _Web(access.storage, access.low, access.high)
        for _, _, other in near:
            web = other.join(web)
        low, high = min([access.low, *(e[0] for e in near)]), max([access.high, *(e[1] for e in near)])
        found[:] = [*(each for each in found if each not in near), (low, high, web)]
        self.webs[access.key] = web

    def _begin(self, access: _Access) -> None:
        """Something new, whatever was there."""
        found = self.current.setdefault(access.storage, [])
        kept: list[tuple[int, int, _Web]] = []
        for low, high, web in found:
            if low < min(high, access.low):
                kept.append((low, min(high, access.low), web))
            if max(low, access.high) < high:
                kept.append((max(low, access.high), high, web))
        web = _Web(access.storage, access.low, access.high)
        found[:] = [*kept, (access.low, access.high, web)]
        self.webs[access.key] = web

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
        found = self.webs.get(key)
        if found is None:
            return walked
        web = found.root()
        if web.made is None:
            web.made = Storage(walked.storage.kind, web.high - web.low, number=walked.storage.number)
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
    storage: Storage
    low: int
    high: int
    whole: bool = False
    """Whether all its bytes are written."""
    together: bool = False
    """Whether it is in one array with what the step reads."""

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
            access = _Access((*key, number), walked.storage, *walked.within(bounds))
            if _is_target(step, walked, number):
                if not in_place or known.covers(walked, bounds):
                    access.whole = not in_place and dense_bytes(walked, bounds) == (access.low, access.high)
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
        return walked is step.arrays["out"]
    return isinstance(step, Fill) or number == 1


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
