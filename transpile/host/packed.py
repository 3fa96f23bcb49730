"""Tensors of globals that share a buffer at first: numbers in globals say where each of them is, until calls give it a
buffer of its own.

    buffer = pack, place = 832 at first      f reads 40 bytes of pack from 832 on, or all of t:
    f: buffer = t, place = 0           =>    those of state0, which begins as bytes 832 to 872 of pack

Globals that change together hold one of few known sets of values.  Functions are evaluated with each of them: they have
to do the same, apart from where in its buffer a tensor lies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from math import prod
from typing import Self

from transpile.host.alike import Pairs
from transpile.host.evaluate import Unit, zero_of
from transpile.host.recorder import Recorder
from transpile.host.schedule import Run, Schedule, Step, Walked, reads, relocated, spans, walk, writes
from transpile.host.state import (
    Left,
    State,
    bytes_into,
    check_type,
    check_writable,
    initial_bytes,
    is_buffer,
    known_offset,
    memory_of,
    shared,
    viewed,
)
from transpile.host.values import Item, NotStatic, Range, Storage, View
from transpile.nests.find.place import Place
from transpile.nests.loops.index import Index, index

_VALUES = 4
"""What a number of a global may be, before it is taken for data."""
_CASES = 64
"""Sets of values that a function is evaluated with."""

Key = tuple[str, int]
"""A global: see `Unit.loaded`."""
Value = int | tuple[int, int]
"""A number; offset and length of a range of some buffer."""
Group = tuple[Key, ...]
"""Globals that change together."""
Values = tuple[Value, ...]
"""What they hold."""
Part = tuple[int, int]
"""The first byte, and the one behind the last."""
_ZERO: dict[str, Value] = {"word": 0, "ref": (0, 0)}
"""Before anything is stored there."""


class Decides(NotStatic):
    """What is done depends on numbers, as it seems; some may be data."""

    def __init__(self, name: str, places: Sequence[int]) -> None:
        where = ", ".join(map(str, places))
        super().__init__(f"what is done depends on numbers in globals that change (at bytes {where} of them)", name)
        self.places = places


@dataclass
class Packed(State):
    """See above.

    `data` are numbers that say nothing about buffers, by place.
    `seen` are the values of globals after the initialisation and after calls, `uses` and `stores` which of them
    functions use and change; `chosen` is what globals hold when a call begins. `made` is the memory of a buffer for
    each set of values of its group.  What is used of that of the basis are `tensors`; in others each of them is
    `shifts` bytes further on. `own` is the memory that they have in the end.
    `direct` are the parts of memory that calls write themselves, `leaves` the globals behind each function.
    """

    data: frozenset[int] = frozenset()
    seen: list[dict[Key, Value]] = field(default_factory=list)
    uses: dict[str, set[Key]] = field(default_factory=dict)
    stores: dict[str, set[Key]] = field(default_factory=dict)
    chosen: dict[Group, Values] = field(default_factory=dict)
    basis: dict[Group, Values] = field(default_factory=dict)
    made: dict[tuple[int, Group, Values], Storage] = field(default_factory=dict)
    tensors: dict[Storage, list[Part]] = field(default_factory=dict)
    shifts: dict[tuple[Storage, Part], int] = field(default_factory=dict)
    direct: set[tuple[Storage, int, int]] = field(default_factory=set)
    leaves: dict[tuple[str, tuple[Values, ...]], tuple[Mapping[int, Item], Mapping[Key, Value]]] = field(
        default_factory=dict
    )
    own: dict[tuple[Storage, Part], Storage] = field(default_factory=dict)
    differs: set[str] = field(default_factory=set)

    # ---- what is known when a call begins ----------------------------------------------------------------------------

    @classmethod
    def after_initialisation(cls, unit: Unit, data: frozenset[int] = frozenset()) -> Self:
        state = super().after_initialisation(unit)
        state.data = data
        state.seen.append(state._values(unit))
        return state

    def cases(self, name: str) -> Iterator[None]:
        """The basis first, then what else the globals that a function uses may hold."""
        groups = self._groups()
        known = {group: self._sets(group) for group in groups}
        self._choose({group: max(known[group], key=_size) for group in groups})
        used = [group for group in groups if not self.uses.get(name, set()).isdisjoint(group)]
        if prod(len(known[group]) for group in used) > _CASES:
            raise NotStatic("the tensors of too many globals move from call to call", name)
        self.differs.discard(name)
        basis = dict(self.chosen)
        yield
        for values in product(*(known[group] for group in used)):
            self.chosen = {**basis, **dict(zip(used, values, strict=True))}
            if self.chosen != basis:
                yield

    def keep(self, storage: Storage) -> None:
        super().keep(storage)
        self.tensors[storage] = []

    def _groups(self) -> list[Group]:
        """Globals that change, by the functions that change them."""
        groups: dict[frozenset[str], list[Key]] = {}
        for key in dict.fromkeys(key for values in self.seen for key in values):
            names = frozenset(name for name, stored in self.stores.items() if key in stored)
            moves = key[0] == "ref" or (len(self._sets((key,))) > 1 and not self._is_data(key[1]))
            if names and moves:
                groups.setdefault(names, []).append(key)
        return [tuple(keys) for keys in groups.values()]

    def _is_data(self, place: int) -> bool:
        return place in self.numbers or place in self.data

    def _sets(self, group: Group) -> list[Values]:
        """What globals have held."""
        return list(dict.fromkeys(tuple(values.get(key, _ZERO[key[0]]) for key in group) for values in self.seen))

    def _choose(self, basis: dict[Group, Values]) -> None:
        """Other sets of values are what memory is seen from."""
        if basis != self.basis:
            self.basis, self.made, self.shifts, self.direct, self.leaves = basis, {}, {}, set(), {}
            self.buffers = {
                key[1]: self._memory(key[1], group, values)
                for group, values in basis.items()
                for key in group
                if key[0] == "ref"
            }
            self.tensors = {storage: [] for storage in (*self.buffers.values(), *self.written)}
        self.chosen = dict(basis)

    def _memory(self, number: int, group: Group, values: Values) -> Storage:
        """What a buffer is, given the values of its group."""
        offset, length = self._place(number, group, values)
        return self.made.setdefault((number, group, values), Storage("state", offset + length))

    def _place(self, number: int, group: Group, values: Values) -> tuple[int, int]:
        found = values[group.index(("ref", number))]
        assert isinstance(found, tuple)
        return found

    def enter(self, unit: Unit) -> None:
        super().enter(unit)
        for group, values in self.chosen.items():
            for (_, number), value in zip(group, values, strict=True):
                if isinstance(value, int):
                    unit.words[number] = index(value)
                else:
                    storage = self._memory(number, group, values)
                    range_ = Range(storage, index(value[0]), value[1])
                    before = viewed(self.refs.get(number))
                    unit.refs[number] = replace(before, range=range_) if isinstance(before, View) else range_

    # ---- what calls leave --------------------------------------------------------------------------------------------

    def takes(self, unit: Unit, name: str) -> bool:
        is_new = super().takes(unit, name)
        left, uses, stores = self._values(unit), unit.loaded | unit.stored, self.stores.setdefault(name, set())
        known = self.uses.setdefault(name, set())
        if left not in self.seen or not uses <= known or not unit.stored <= stores:
            is_new = True
            self.seen.append(left)
            known |= uses
            stores |= unit.stored
        self.leaves[name, tuple(self.chosen.values())] = unit.refs, left
        self.direct.update(spans(unit.recorder.steps, writes))
        is_new |= self._needs(spans((*unit.recorder.first, *unit.recorder.steps), _accesses))
        data = [key for group in self._groups() for key in group if self._becomes_data(key, group)]
        for key in data:
            for (value,) in self._sets((key,)):
                assert isinstance(value, int)
                super()._takes_word(key[1], index(value), unit.kinds[key[1]][1])
        return is_new or bool(data)

    def _becomes_data(self, key: Key, group: Group) -> bool:
        """Whether a number has nothing to do with buffers, or is too many."""
        alone = all(kind == "word" for kind, _ in group)
        return key[0] == "word" and (alone or len(self._sets((key,))) > _VALUES)

    def _takes_word(self, place: int, item: Item, kind: str) -> bool:
        is_data = self._is_data(place) or not isinstance(item, Index)
        return is_data and super()._takes_word(place, item, kind)

    def _takes_ref(self, number: int, item: Item) -> bool:
        before = self.refs.get(number)
        if not is_buffer(before) and not is_buffer(item):
            return super()._takes_ref(number, item)
        check_type(before, item)
        return False

    def _values(self, unit: Unit) -> dict[Key, Value]:
        """What the globals hold that are known numbers or buffers."""
        found: dict[Key, Value] = {}
        for place, kind in sorted(set(unit.kinds.values())):
            item = unit.words.get(place, zero_of(kind))
            if not self._is_data(place) and isinstance(item, Index) and item.known is not None:
                found["word", place] = item.known
        for number, item in unit.refs.items():
            if is_buffer(item):
                range_ = memory_of(item)
                found["ref", number] = (known_offset(range_), range_.length)
        return found

    def leave(self, unit: Unit, recorder: Recorder, place: Place) -> bool:
        before = len(recorder.steps)
        super().leave(unit, recorder, place)
        return self._needs(spans(recorder.steps[before:], reads))

    def _needs(self, used: Iterable[tuple[Storage, int, int]]) -> bool:
        """What steps use of a buffer of the basis is a tensor, or part of one; whether that is new."""
        is_new = False
        for storage, first, behind in used:
            if storage in self.tensors and self._tensor(storage, first, behind) is None:
                near = [part for part in self.tensors[storage] if part[0] < behind and first < part[1]]
                others = [part for part in self.tensors[storage] if part not in near]
                made = min([first, *(low for low, _ in near)]), max([behind, *(high for _, high in near)])
                self.tensors[storage], self.shifts, is_new = sorted([*others, made]), {}, True
        return is_new

    def _tensor(self, storage: Storage, first: int, behind: int) -> Part | None:
        """The one that bytes of a buffer of the basis are of."""
        return next((part for part in self.tensors[storage] if part[0] <= first and behind <= part[1]), None)

    def _buffers_left(self, unit: Unit) -> Iterator[Left]:
        left = self._values(unit)
        for group in self.basis:
            values = tuple(left.get(key, _ZERO[key[0]]) for key in group)
            for number, target in self._buffers(group):
                for part in self.tensors[target]:
                    shift = self._shift(number, group, values, part)
                    if shift is not None:
                        first, behind = part
                        memory = memory_of(unit.refs.get(number)).storage
                        sources = list(self._on_basis(Range(memory, index(first + shift), behind - first)))
                        if _range(target, part) not in sources:
                            yield Left(_range(target, part), bytes_into(sources[0]))

    def _buffers(self, group: Group) -> Iterator[tuple[int, Storage]]:
        return ((number, self.buffers[number]) for kind, number in group if kind == "ref")

    def _shift(self, number: int, group: Group, values: Values, part: Part) -> int | None:
        """How much further on a tensor is than on the basis, if that is known: if somebody reads it."""
        if values == self.basis[group]:
            return 0
        return self.shifts.get((self._memory(number, group, values), part))

    def _on_basis(self, range_: Range) -> Iterator[Range]:
        """Bytes of a buffer, which has them: those of the basis that they stand for, each with what they hold."""
        first = known_offset(range_)
        if first < 0 or first + range_.length > range_.storage.size:
            raise NotStatic("a tensor of a global is larger in some calls than in others")
        for storage, basis in self._moved().items():
            for part in self.tensors[basis] if storage is range_.storage else ():
                shift = self.shifts.get((storage, part))
                if shift is not None and part[0] + shift <= first and first + range_.length <= part[1] + shift:
                    yield replace(range_, storage=basis, offset=index(first - shift))
        yield range_

    def _moved(self) -> dict[Storage, Storage]:
        """The buffers that globals are when this call begins, where they are not those of the basis, and what they are
        there."""
        groups = ((group, values) for group, values in self.chosen.items() if values != self.basis[group])
        return {
            self._memory(number, group, values): storage
            for group, values in groups
            for number, storage in self._buffers(group)
        }

    # ---- whether all calls do the same -------------------------------------------------------------------------------

    def agree(self, one: Schedule, other: Schedule) -> bool:
        """Compares what a function does with what it does on the basis; whether anything new follows."""
        before, moved = len(self.shifts), self._moved()
        pairs = Pairs(moved)
        same = pairs.alike(one, other)
        for move in pairs.moves:
            part = self._tensor(moved[move.storage], move.first, move.behind)
            assert part is not None
            same &= self.shifts.setdefault((move.storage, part), move.shift) == move.shift
        if not same:
            self.differs.add(one.name)
        return len(self.shifts) > before

    def check(self, called: Mapping[str, Sequence[Step]], written: set[Storage]) -> None:
        for name in self.differs:
            places = sorted(place for group in self.basis for kind, place in group if kind == "word")
            raise Decides(name, places)
        super().check(called, written)

    def check_apart(self, written: set[int]) -> None:
        for refs, values in ((self.left[0], self.seen[0]), *self.leaves.values()):
            places = list(self._places(refs, values))
            for at, (mine, is_written) in enumerate(places):
                if is_written:
                    check_writable(mine.storage)
                    if any(_overlap(mine, its) for its, _ in (*places[:at], *places[at + 1 :])):
                        raise shared()

    def _places(self, refs: Mapping[int, Item], values: Mapping[Key, Value]) -> Iterator[tuple[Range, bool]]:
        """Where tensors are that a call or the initialisation leaves, and whether calls write them other than by
        leaving something."""
        for group in self.basis:
            held = tuple(values.get(key, _ZERO[key[0]]) for key in group)
            for number, storage in self._buffers(group):
                memory = memory_of(refs.get(number)).storage
                for part in self.tensors[storage]:
                    shift = self._shift(number, group, held, part)
                    if shift is not None:
                        mine = _range(storage, part)
                        is_written = any(_overlap(mine, _range(at, (low, high))) for at, low, high in self.direct)
                        yield Range(memory, index(part[0] + shift), mine.length), is_written
        for number, item in refs.items():
            if is_buffer(item) and number not in self.buffers:
                range_ = memory_of(item)
                parts = self.tensors.get(range_.storage)
                ranges = [range_] if parts is None else [_range(range_.storage, part) for part in parts]
                yield from ((each, False) for each in ranges)

    # ---- the memory --------------------------------------------------------------------------------------------------

    def origins(self) -> Iterator[tuple[Storage, Range | None]]:
        for group in self.basis:
            (first, *_) = self._sets(group)
            for number, storage in self._buffers(group):
                memory = memory_of(self.left[0].get(number)).storage
                for part in self.tensors[storage]:
                    shift = self._shift(number, group, first, part)
                    at = None if shift is None else Range(memory, index(part[0] + shift), part[1] - part[0])
                    yield self._own(storage, part), at

    def kept(self) -> Iterator[Storage]:
        for storage in self.written:
            for part in self.tensors[storage]:
                own = self._own(storage, part)
                own.initial = initial_bytes(_range(storage, part))
                yield own

    def _own(self, storage: Storage, part: Part) -> Storage:
        """The memory of a tensor."""
        return self.own.setdefault((storage, part), Storage("state", part[1] - part[0]))

    def apart(self, steps: Sequence[Step]) -> Sequence[Step]:
        made = [relocated(step, self._in_own) for step in steps]
        runs = [step for step in walk(made) if isinstance(step, Run)]
        if any(walked.storage is not run.arrays["out"].storage for run in runs for walked in run.also):
            raise NotStatic("tensors of globals are written and read in one loop as one")
        return made

    def _in_own(self, walked: Walked, bounds: Mapping[str, int]) -> Walked:
        if walked.storage not in self.tensors:
            return walked
        part = self._tensor(walked.storage, *walked.within(bounds))
        assert part is not None
        return replace(walked, storage=self._own(walked.storage, part), offset=walked.offset - part[0])


def _overlap(one: Range, other: Range) -> bool:
    mine, its = known_offset(one), known_offset(other)
    return one.storage is other.storage and mine < its + other.length and its < mine + one.length


def _range(storage: Storage, part: Part) -> Range:
    return Range(storage, index(part[0]), part[1] - part[0])


def _accesses(step: Step) -> Iterator[Walked]:
    yield from reads(step)
    yield from writes(step)


def _size(values: Values) -> int:
    """Of all buffers together."""
    return sum(sum(value) for value in values if isinstance(value, tuple))
