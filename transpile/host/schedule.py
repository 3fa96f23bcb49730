"""The schedule of a program whose host has been evaluated: buffers, and steps that work on ranges of them.

input0 49152 bytes f32[1x3x64x64]
t1 65536 bytes
constant0 309440 bytes

fill t1[0..73984] with 0
run nest (out: t1[79424], in1: constant0[2560], in2: input0[0])
for r0 < 64
  run nest (out: t1[1156*r0 + 140], …)
copy output0[0] from t1[0], 40 bytes
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from transpile.host.values import NotStatic, Range, Storage, View
from transpile.nests.find.place import Place
from transpile.nests.loops.index import Index, Name, index
from transpile.nests.loops.nodes import Operand, Places, Work, statements
from transpile.nests.loops.team import is_team
from transpile.nests.nest import Nest, element_bytes


@dataclass(frozen=True)
class Walked:
    """Which elements a step touches: the first one is `offset` bytes into the storage; each loop moves on by so many
    elements, so many turns long."""

    storage: Storage
    offset: Index
    element: str
    strides: tuple[int, ...]
    turns: tuple[int, ...]

    @property
    def extent(self) -> tuple[int, int]:
        """The first byte and the one behind the last, from `offset` on."""
        size = element_bytes(self.element)
        reach = [stride * (turns - 1) for stride, turns in zip(self.strides, self.turns, strict=True)]
        return size * sum(min(r, 0) for r in reach), size * (1 + sum(max(r, 0) for r in reach))

    def within(self, bounds: Mapping[str, int]) -> tuple[int, int]:
        """The first byte and the one behind the last in the storage, over all turns of the loops around."""
        low, high = span_of(self.offset, bounds)
        return low + self.extent[0], high + self.extent[1]


NOWHERE: Mapping[str, int] = MappingProxyType({})
"""The turns of the loops around a step that is in none."""


def factor_of(number: Index, name: str) -> int:
    """How much a sum of turns grows with one of them."""
    return number.stride(name).known or 0


def span_of(number: Index, bounds: Mapping[str, int]) -> tuple[int, int]:
    """The least and the greatest that a sum of turns can be."""
    low = high = number.const
    for atom, factor in number.terms:
        if not isinstance(atom, Name) or atom not in bounds:
            raise NotStatic("an offset is not a sum of the turns of loops")
        reach = factor * (bounds[atom] - 1)
        low, high = low + min(reach, 0), high + max(reach, 0)
    return low, high


@dataclass(frozen=True, eq=False)
class Run:
    """Literal loops on arrays.

    `arrays` says which elements of the program's memory they touch.  `nest` is what a plan can be made for, if there is
    one; `reads_out` whether elements that are written are read before; `numbers` and `operands` are the work's.
    """

    work: Work
    arrays: dict[str, Walked]
    place: Place
    numbers: tuple[Index, ...] = ()
    operands: tuple[Operand, ...] = ()
    nest: Nest | None = None
    reads_out: bool = False
    stores: tuple[str, ...] = ("out",)
    """The arrays that are written."""
    also: tuple[Walked, ...] = ()
    """What is read as elements of `out`, besides those that are written."""
    memory: dict[str, Storage] = field(default_factory=dict)
    """What the work has for itself, by array."""

    @property
    def tables(self) -> frozenset[str]:
        """Arrays of that memory which hold places."""
        return frozenset(s.table for s in statements(self.work.main.body) if isinstance(s, Places))


@dataclass(frozen=True, eq=False)
class Copy:
    """Bytes of one range to another one of the same length, which does not overlap it."""

    target: Range
    source: Range


@dataclass(frozen=True, eq=False)
class Fill:
    """A range with the bytes of a pattern, again and again."""

    target: Range
    pattern: bytes


@dataclass(frozen=True, eq=False)
class Repeat:
    """Steps for name = 0, 1, … below `count`."""

    name: str
    count: int
    steps: tuple[Step, ...]


Step = Run | Copy | Fill | Repeat


@dataclass(frozen=True, eq=False)
class Schedule:
    """What an export does.  A result is an output's whole storage; scratch memory is among the transients."""

    name: str
    inputs: tuple[View, ...]
    outputs: tuple[View, ...]
    steps: tuple[Step, ...]
    flushes: bool = False
    """Whether denormals are zero in here, as in IREE's dispatches."""
    state: tuple[View, ...] = ()
    """The memory that lives from call to call, of all functions of the program; `Storage.initial` is what it begins
    with."""


def in_all(walked: Walked, around: Repeat) -> Walked | None:
    """What is touched in all turns of a loop of the schedule; None where that moves on by parts of elements."""
    by, rest = divmod(factor_of(walked.offset, around.name), element_bytes(walked.element))
    first = walked.offset.put({around.name: index(0)})
    strides, turns = (by, *walked.strides), (around.count, *walked.turns)
    return None if rest else replace(walked, offset=first, strides=strides, turns=turns)


def walk(steps: Sequence[Step]) -> Iterator[Step]:
    """All steps, those inside of others behind them."""
    for step in steps:
        yield step
        if isinstance(step, Repeat):
            yield from walk(step.steps)


def is_shared(step: Step) -> bool:
    """Whether a team of threads does a step, or one inside, together."""
    return any(isinstance(inner, Run) and is_team(inner.work.main.body) for inner in walk((step,)))


def reads(step: Step) -> Iterator[Walked]:
    """What a step by itself looks at."""
    match step:
        case Run():
            yield from (walked for name, walked in step.arrays.items() if name not in step.stores or step.reads_out)
            yield from step.also
        case Copy():
            yield bytes_of(step.source)


def writes(step: Step) -> Iterator[Walked]:
    """What a step by itself changes."""
    match step:
        case Run():
            yield from (step.arrays[name] for name in step.stores)
        case Copy() | Fill():
            yield bytes_of(step.target)


def accesses(step: Step) -> list[Walked]:
    """All that a step and those inside look at or change."""
    return [walked for inner in walk((step,)) for walked in (*reads(inner), *writes(inner))]


def written(step: Step) -> set[Storage]:
    """The storages that a step and those inside change."""
    return {walked.storage for inner in walk((step,)) for walked in writes(inner)}


def spans(
    steps: Sequence[Step], of: Callable[[Step], Iterable[Walked]], bounds: Mapping[str, int] = NOWHERE
) -> Iterator[tuple[Storage, int, int]]:
    """What steps read, write or both, as `of` says: a storage, the first byte and the one behind the last."""
    for step in steps:
        if isinstance(step, Repeat):
            yield from spans(step.steps, of, {**bounds, step.name: step.count})
        yield from ((walked.storage, *walked.within(bounds)) for walked in of(step))


def touched(step: Step) -> dict[Storage, None]:
    """The storages that a step works on, in order."""
    found: dict[Storage, None] = {}
    if isinstance(step, Repeat):
        for inner in step.steps:
            found |= touched(inner)
    for walked in (*reads(step), *writes(step)):
        found[walked.storage] = None
    if isinstance(step, Run):
        found |= dict.fromkeys(step.memory.values())
    return found


def relocated(
    step: Step, change: Callable[[Walked, Mapping[str, int]], Walked], bounds: Mapping[str, int] = NOWHERE
) -> Step:
    """The step on other memory: `change` says which, given the turns of the loops around."""

    def range_(each: Range) -> Range:
        found = change(bytes_of(each), bounds)
        return replace(each, storage=found.storage, offset=found.offset)

    match step:
        case Run():
            arrays = {name: change(each, bounds) for name, each in step.arrays.items()}
            return replace(step, arrays=arrays, also=tuple(change(each, bounds) for each in step.also))
        case Copy(target, source):
            return Copy(range_(target), range_(source))
        case Fill(target, pattern):
            return Fill(range_(target), pattern)
        case Repeat():
            inside = {**bounds, step.name: step.count}
            return replace(step, steps=tuple(relocated(each, change, inside) for each in step.steps))
    raise TypeError(step)


def renamed(step: Step, old: Storage, new: Storage) -> Step:
    """The step with another storage in place of one."""
    return relocated(step, lambda walked, _: replace(walked, storage=new) if walked.storage is old else walked)


def rewritten(steps: Sequence[Step], change: Callable[[Sequence[Step], int], list[Step] | None]) -> list[Step]:
    """The steps after all changes: at each place in turn `change` makes the steps new, until it returns None there."""
    made, at = list(steps), 0
    while at < len(made):
        changed = change(made, at)
        if changed is None:
            at += 1
        else:
            made = changed
    return made


def bytes_of(range_: Range) -> Walked:
    """A range as elements of one byte."""
    return Walked(range_.storage, range_.offset, "u8", (1,), (range_.length,))
