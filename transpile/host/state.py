"""What lives from call to call: globals that calls change, and memory of the initialisation's that they write.

    count = 41                          state: number0 = 41
    f: count += 1; return count   =>    f: output0 = number0 + 1; number0 = number0 + 1

What the globals are when a call begins is found in rounds: as the initialisation left them, then with whatever a call
changed as memory of which only the size is known, until no call changes anything else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from transpile.host.evaluate import Unit, zero_of
from transpile.host.recorder import Recorder
from transpile.host.scalars import Scalar, all_of, scalar_run
from transpile.host.schedule import Copy, Run, Schedule, Step, reads, spans, touched, walk, writes
from transpile.host.values import Input, Item, List, NotStatic, Object, Range, Storage, Unsure, View, whole
from transpile.nests.find.place import Place
from transpile.nests.loops.index import Index, index
from transpile.nests.loops.nodes import Constant
from transpile.nests.nest import element_bytes
from transpile.program.dtypes import bit_count, element_type_named

_UNSURE = Unsure()


@dataclass
class State:
    """The globals of a module when a call begins, and the memory that they are in where they change.

    `words` and `refs` are what is known of each global, `numbers` and `buffers` the memory of those that change,
    `written` the buffers of the initialisation's that calls write to; `left` is what the initialisation and each call
    leave in the globals for references.
    """

    words: dict[int, Item]
    refs: dict[int, Item]
    numbers: dict[int, Storage] = field(default_factory=dict)
    buffers: dict[int, Storage] = field(default_factory=dict)
    written: list[Storage] = field(default_factory=list)
    left: list[Mapping[int, Item]] = field(default_factory=list)

    @classmethod
    def after_initialisation(cls, unit: Unit) -> Self:
        """As the initialisation of a module leaves it."""
        for item in unit.refs.values():
            _keep(item)
        return cls(dict(unit.words), dict(unit.refs), left=[dict(unit.refs)])

    def cases(self, name: str) -> Iterator[None]:
        """All that the globals may be when a call of a function begins, one after the other."""
        yield

    def enter(self, unit: Unit) -> None:
        """A call begins."""
        unit.words, unit.refs = dict(self.words), dict(self.refs)
        unit.loaded, unit.stored = set(), set()

    def keep(self, storage: Storage) -> None:
        """A call writes to a buffer of the initialisation's."""
        storage.kind, storage.data = "state", None
        self.written.append(storage)

    def takes(self, unit: Unit, name: str) -> bool:
        """Takes in what a call of a function leaves; whether that is something new."""
        self.left.append(unit.refs)
        words = [self._takes_word(place, item, unit.kinds[place][1]) for place, item in unit.words.items()]
        refs = [self._takes_ref(number, item) for number, item in unit.refs.items()]
        return any(words) or any(refs)

    def _takes_word(self, place: int, item: Item, kind: str) -> bool:
        before = self.words.get(place, zero_of(kind))
        if item == before:
            return False
        if place not in self.numbers:
            size = element_bytes(kind)
            self.numbers[place] = Storage("state", size, initial=memoryview(_encoded(before, size)))
        least = _least(before, item)
        if isinstance(before, Scalar) and before.least == least:
            return False
        self.words[place] = Scalar.argument(self.numbers[place], kind, least)
        return True

    def _takes_ref(self, number: int, item: Item) -> bool:
        before = self.refs.get(number)
        if item == before:
            return False
        if all(isinstance(each, Object | Unsure | None) for each in (before, item)):
            self.refs[number] = _UNSURE
            return before != _UNSURE
        mine, its = memory_of(before), memory_of(item)
        check_type(before, item)
        is_exact = mine.is_exact and its.is_exact and mine.length == its.length
        size = min(mine.length, its.length)
        storage = self.buffers.get(number) or Storage("state", size)
        storage.size = size
        kept = Range(storage, index(0), size, is_exact)
        if self.buffers.get(number) is storage and kept == mine:
            return False
        self.buffers[number] = storage
        self.refs[number] = replace(before, range=kept) if isinstance(before, View) else kept
        return True

    # ---- what a call leaves ------------------------------------------------------------------------------------------

    def leave(self, unit: Unit, recorder: Recorder, place: Place) -> bool:
        """Adds the steps that write what a call leaves: what is read of the state there first. Whether anything follows
        for what is known of it."""
        left = [*self._numbers_left(unit, recorder, place), *self._buffers_left(unit)]
        targets = {each.target.storage for each in left}
        begin: list[Step] = []
        end: list[Step] = []
        for each in left:
            step: Step = each.write(each.target)
            others = targets - {each.target.storage} if isinstance(step, Run) else targets
            if any(walked.storage in others for walked in reads(step)):
                between = whole(Storage("transient", each.target.length))
                begin.append(each.write(between))
                step = Copy(each.target, between)
            end.append(step)
        for step in (*begin, *sorted(end, key=lambda step: isinstance(step, Copy))):
            recorder.add(step)
        return False

    def _numbers_left(self, unit: Unit, recorder: Recorder, place: Place) -> Iterator[Left]:
        for at, storage in self.numbers.items():
            kind = unit.kinds[at][1]
            item = unit.words.get(at, zero_of(kind))
            if item is not self.words[at]:
                yield Left(whole(storage), _number_into(item, kind, place, recorder))

    def _buffers_left(self, unit: Unit) -> Iterator[Left]:
        for number, storage in self.buffers.items():
            source = replace(memory_of(unit.refs.get(number)), length=storage.size, is_exact=True)
            if source != whole(storage) and storage.size:
                yield Left(whole(storage), bytes_into(source))

    def agree(self, one: Schedule, other: Schedule) -> bool:
        """Compares what a function does in two cases; whether anything new follows from that."""
        raise NotImplementedError

    def apart(self, steps: Sequence[Step]) -> Sequence[Step]:
        """The steps, with memory of its own for each tensor."""
        return steps

    def check(self, called: Mapping[str, Sequence[Step]], written: set[Storage]) -> None:
        """A buffer of a global that calls write to is no other global's: each has memory of its own here."""
        for _, origin in self.origins():
            if origin is not None and origin.storage in self.written:
                _check_not_written(origin, called)
        self.check_apart({number for number, storage in self.buffers.items() if storage in written})

    def check_apart(self, written: set[int]) -> None:
        """The buffers of these globals are no other globals', whatever call has left them."""
        for refs in self.left:
            for number in written:
                mine = memory_of(refs.get(number)).storage
                check_writable(mine)
                if any(other != number and _storage(item) is mine for other, item in refs.items()):
                    raise shared()

    def origins(self) -> Iterator[tuple[Storage, Range | None]]:
        """The buffers of the state in order, each with what the initialisation has left there; None where nobody reads
        that."""
        for number in sorted(self.buffers):
            storage = self.buffers[number]
            yield storage, replace(memory_of(self.left[0].get(number)), length=storage.size)

    def kept(self) -> Iterator[Storage]:
        """The memory of the initialisation's that calls write to."""
        yield from self.written

    # ---- the memory --------------------------------------------------------------------------------------------------

    def views(self, steps: Sequence[Step]) -> tuple[View, ...]:
        """All memory of the state that a program's steps use: numbers first, buffers as what steps take them for."""
        tensors = list(self.origins())
        for storage, origin in tensors:
            storage.initial = memoryview(bytes(storage.size)) if origin is None else initial_bytes(origin)
        used = {storage for step in steps for storage in touched(step)}
        numbers = [self.numbers[place] for place in sorted(self.numbers)]
        buffers = [*(storage for storage, _ in tensors), *self.kept()]
        kinds = {storage: self.words[place] for place, storage in self.numbers.items()}
        found: list[View] = []
        for storage in (*numbers, *buffers):
            if storage in used:
                storage.number = len(found)
                is_number = storage in kinds
                found.append(_number(storage, kinds[storage]) if is_number else _array(storage, steps))
        return tuple(found)


@dataclass(frozen=True)
class Left:
    """What is written at the end of a call, and how."""

    target: Range
    write: Callable[[Range], Run | Copy]


def _number_into(item: Item, kind: str, place: Place, recorder: Recorder) -> Callable[[Range], Run]:
    return lambda target: scalar_run(item, all_of(target.storage, kind), place, recorder.written)


def bytes_into(source: Range) -> Callable[[Range], Copy]:
    return lambda target: Copy(target, source)


def needed(programs: Sequence[Sequence[Step]]) -> list[list[Step]]:
    """The steps of all functions without those that write numbers and buffers of the state that nobody reads."""
    made = [list(steps) for steps in programs]
    while True:
        read = {walked.storage for steps in made for step in walk(steps) for walked in reads(step)}
        kept = [[step for step in steps if not _is_vain(step, read)] for steps in made]
        if kept == made:
            return made
        made = kept


def _is_vain(step: Step, read: set[Storage]) -> bool:
    targets = [walked.storage for walked in writes(step)]
    return bool(targets) and all(target.kind == "state" and target not in read for target in targets)


def _keep(item: Item) -> None:
    """Lists that live from call to call."""
    if isinstance(item, List) and not item.is_kept:
        item.is_kept = True
        for each in item.items:
            _keep(each)


# ---- values ----------------------------------------------------------------------------------------------------------


def _known(item: Item) -> int | None:
    """A number that is known, or the least that it can be."""
    match item:
        case Index():
            return item.known
        case Scalar():
            return item.least
    return None


def _least(a: Item, b: Item) -> int | None:
    known = [value for value in map(_known, (a, b)) if value is not None]
    return min(known) if len(known) == 2 else None


def _encoded(item: Item, size: int) -> bytes:
    value = item.value if isinstance(item, Constant) else _known(item)
    if value is None:
        raise NotStatic("the initialisation computes on numbers")
    return (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")


def viewed(item: Item) -> Item:
    return item.view if isinstance(item, Input) else item


def check_type(before: Item, item: Item) -> None:
    if _type(before) != _type(item):
        raise NotStatic("a buffer view whose type or shape changes from call to call")


def _type(item: Item) -> tuple[int, tuple[int, ...]] | None:
    view = viewed(item)
    return (view.element_type, view.shape) if isinstance(view, View) else None


def memory_of(item: Item) -> Range:
    """The bytes of a buffer or of a buffer view."""
    match viewed(item):
        case Range() as range_:
            return range_
        case View(range=range_):
            return range_
        case None:
            raise NotStatic("a global is null in some calls, and a buffer in others")
    raise NotStatic("a global changes that is no number and no buffer")


def is_buffer(item: Item) -> bool:
    """Whether an item is a buffer or a buffer view."""
    return isinstance(viewed(item), Range | View)


def known_offset(range_: Range) -> int:
    """Where a range begins."""
    if range_.offset.known is None:
        raise NotStatic("where the buffer of a global begins is not known")
    return range_.offset.known


def check_writable(storage: Storage) -> None:
    """A buffer that the program has made, not one of somebody else's."""
    if storage.kind == "input" or (storage.kind == "constant" and storage.initial is None):
        raise NotStatic("the program writes to a constant or an input that it keeps in a global")


def shared(name: str = "") -> NotStatic:
    return NotStatic("the program writes to a buffer that two globals are", name)


def _check_not_written(range_: Range, called: Mapping[str, Sequence[Step]]) -> None:
    """No function writes to a range."""
    low = known_offset(range_)
    for name, steps in called.items():
        for storage, first, behind in spans(steps, writes):
            if storage is range_.storage and first < low + range_.length and low < behind:
                raise shared(name)


def _storage(item: Item) -> Storage | None:
    found = viewed(item)
    return memory_of(found).storage if is_buffer(found) else None


def initial_bytes(range_: Range) -> memoryview:
    """What the initialisation has left in a range."""
    storage, at = range_.storage, range_.offset.known
    data = storage.initial if storage.data is None else storage.data
    if data is None or at is None:
        raise NotStatic("the initialisation computes on memory")
    return data[at : at + range_.length]


def structure_bytes(state: Sequence[View]) -> int:
    """Of a structure of the state's memory in C, with what aligns each member."""
    end, widest = 0, 1
    for view in state:
        size = bit_count(view.element_type) // 8
        end = -(-end // size) * size + size * math.prod(view.shape)
        widest = max(widest, size)
    return -(-end // widest) * widest


# ---- types -----------------------------------------------------------------------------------------------------------


def _view(storage: Storage, element: str, shape: tuple[int, ...], *, is_number: bool = False) -> View:
    type_ = element_type_named(element)
    assert type_ is not None
    return View(whole(storage), type_, shape, is_number)


def _number(storage: Storage, word: Item) -> View:
    assert isinstance(word, Scalar)
    return _view(storage, word.kind, (), is_number=True)


def retyped(state: Sequence[View], steps: Sequence[Step]) -> tuple[View, ...]:
    """The memory of a state, with arrays of the elements that steps take them for in the end."""
    return tuple(view if view.is_number else _array(view.range.storage, steps) for view in state)


def _array(storage: Storage, steps: Sequence[Step]) -> View:
    """A buffer as an array of the elements that steps take it for; of the widest that fit where they differ."""
    runs = [step for step in walk(steps) if isinstance(step, Run)]
    elements = {w.element for run in runs for w in (*run.arrays.values(), *run.also) if w.storage is storage}
    if len(elements) != 1:
        size = max(map(element_bytes, elements), default=1)
        elements = {f"i{8 * size}"}
    (element,) = elements
    return _view(storage, element, (math.ceil(storage.size / element_bytes(element)),))
