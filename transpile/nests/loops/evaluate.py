"""What the loop IR means: an evaluator, element by element.

Instructions are left to the caller (`apply`), so that elements can be anything.  With `Terms`, every element stands for
the expression that made it: two works that leave the same terms compute the same bits, whatever instructions do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import singledispatchmethod
from itertools import product
from typing import Any

from transpile.nests.loops.index import Index
from transpile.nests.loops.nodes import (
    LANE,
    Allocate,
    Apply,
    Array,
    Body,
    Call,
    Constant,
    Define,
    Function,
    If,
    Let,
    Load,
    Loop,
    Number,
    Operand,
    Pack,
    Places,
    Store,
    Transpose,
    Value,
    Walk,
    Work,
)

Item = Any
ApplyTo = Callable[[str, tuple[tuple[str, Any], ...], list[Item]], Item]


class Undefined(Exception):
    """An element that nobody has written, or a place outside of an array."""


class Terms:
    """Instructions as the terms of their operands.  A term is a number: the same for the same instruction of the same
    operands, however deep, as long as the object lives."""

    def __init__(self) -> None:
        self._numbers: dict[Item, int] = {}

    def __call__(self, mnemonic: str, attrs: tuple[tuple[str, Any], ...], operands: list[Item]) -> Item:
        key = (mnemonic, attrs, *operands)
        return "term", self._numbers.setdefault(key, len(self._numbers))


@dataclass
class Memory:
    """An array of the program's; its elements by place, which may be negative."""

    elements: dict[int, Item] = field(default_factory=dict)


def evaluate(
    work: Work,
    arrays: Mapping[str, Memory],
    numbers: Mapping[str, int] | None = None,
    elements: Mapping[str, Item] | None = None,
    apply: ApplyTo | None = None,
) -> None:
    """Runs a work on memory; raises Undefined where it does something that has no meaning."""
    frame = _Frame(work, apply or Terms(), dict(numbers or {}))
    for array in work.main.arrays:
        frame.arrays[array.name] = _View(array, arrays[array.name], 0)
    frame.values.update({name: [(elements or {})[name]] for name, _ in work.main.elements})
    frame.run(work.main.body)


@dataclass
class _View:
    """Memory from an element on."""

    array: Array
    memory: Memory
    start: int

    def load(self, place: int) -> Item:
        at = self.start + place
        if at not in self.memory.elements:
            raise Undefined(f"{self.array.name}[{place}] is read and was not written")
        value = self.memory.elements[at]
        return value if self.array.type == self.array.element else ("extend", self.array.element, value)

    def store(self, place: int, value: Item) -> None:
        at = self.start + place
        if self.array.space == "program" and at not in self.memory.elements:
            raise Undefined(f"{self.array.name}[{place}] is written and is not the nest's")
        self.memory.elements[at] = self._narrowed(value)

    def _narrowed(self, value: Item) -> Item:
        element = self.array.element
        if self.array.type == element:
            return value
        if isinstance(value, tuple) and value[:2] == ("extend", element):
            return value[2]
        return "narrow", element, value


@dataclass
class _Frame:
    """A call of a function: what its names stand for."""

    work: Work
    apply: ApplyTo
    numbers: dict[str, int]
    arrays: dict[str, _View] = field(default_factory=dict)
    tables: dict[str, list[int]] = field(default_factory=dict)
    values: dict[str, list[Item]] = field(default_factory=dict)  # one, or those of the lanes

    def run(self, body: Body) -> None:
        for statement in body:
            self.do(statement)

    def number(self, index: Index) -> int:
        return index.evaluate(self.numbers, self.tables)

    # ---- statements --------------------------------------------------------------------------------------------------

    @singledispatchmethod
    def do(self, statement: object) -> None:
        raise TypeError(f"no statement: {statement}")

    @do.register
    def _(self, let: Let) -> None:
        self.values[let.name] = self.value(let.value)

    @do.register
    def _(self, vectors: Transpose) -> None:
        for number, name in enumerate(vectors.names):
            self.values[name] = self.value(Load(vectors.array, vectors.index + number, vectors.lanes))

    @do.register
    def _(self, store: Store) -> None:
        lanes = self.operand(store.operand, store.lanes)
        for lane, place in self._places(store.index, store.lanes, store.valid):
            self.arrays[store.array].store(place, lanes[lane])

    @do.register
    def _(self, loop: Loop) -> None:
        for turn in range(self.number(loop.count)):
            self.numbers[loop.name] = turn
            self.run(loop.body)

    @do.register
    def _(self, define: Define) -> None:
        self.numbers[define.name] = self.number(define.index)

    @do.register
    def _(self, choice: If) -> None:
        self.run(choice.then if self.number(choice.index) < self.number(choice.limit) else choice.otherwise)

    @do.register
    def _(self, allocate: Allocate) -> None:
        self.arrays[allocate.array.name] = _View(allocate.array, Memory(), 0)

    @do.register
    def _(self, pack: Pack) -> None:
        lanes = list(self._walk(pack.lanes))[self.number(pack.first) :][: self.number(pack.count)]
        turns, base = list(self._walk(pack.turns)), self.number(pack.base)
        to, source = self.arrays[pack.to], self.arrays[pack.source]
        for lane in range(-(-len(lanes) // pack.width) * pack.width):
            panel, column = divmod(lane, pack.width)
            for number, turn in enumerate(turns):
                value = source.load(base + lanes[lane] + turn) if lane < len(lanes) else 0
                to.store((panel * len(turns) + number) * pack.width + column, value)

    @do.register
    def _(self, places: Places) -> None:
        walked = list(self._walk(places.walk))
        first, count = self.number(places.first), self.number(places.count)
        if first + count > len(walked):
            raise Undefined(f"{places.table} has places behind the end of its loops")
        self.tables[places.table] = walked[first : first + count]

    @do.register
    def _(self, call: Call) -> None:
        function: Function = self.work.kernels[call.function]
        inner = _Frame(self.work, self.apply, dict(zip(function.numbers, map(self.number, call.numbers), strict=True)))
        for array, (name, start) in zip(function.arrays, call.arrays, strict=True):
            at = self.number(start)
            if name in self.tables:
                inner.tables[array.name] = self.tables[name][at:]
            else:
                view = self.arrays[name]
                inner.arrays[array.name] = _View(array, view.memory, view.start + at)
        for (name, _), operand in zip(function.elements, call.operands, strict=True):
            inner.values[name] = self.operand(operand, 1)
        inner.run(function.body)

    def _walk(self, walk: Walk) -> Iterator[int]:
        counts = [range(self.number(count)) for _, count in walk.dims]
        names = [name for name, _ in walk.dims]
        for turns in product(*counts):
            yield walk.index.evaluate({**self.numbers, **dict(zip(names, turns, strict=True))}, self.tables)

    # ---- values ------------------------------------------------------------------------------------------------------

    def value(self, value: Value) -> list[Item]:
        match value:
            case Load(array, index, lanes, valid):
                loaded: list[Item] = [0] * lanes
                for lane, place in self._places(index, lanes, valid):
                    loaded[lane] = self.arrays[array].load(place)
                return loaded
            case Apply(mnemonic, operands, attrs):
                lanes = max((len(self.values[o]) for o in operands if isinstance(o, str)), default=1)
                columns = zip(*(self.operand(o, lanes) for o in operands), strict=True)
                return [self.apply(mnemonic, attrs, list(each)) for each in columns]
            case Number(index):
                return [("number", self.number(index) % 2**64)]

    def operand(self, operand: Operand, lanes: int) -> list[Item]:
        """An operand in so many lanes."""
        if isinstance(operand, Constant):
            return [("constant", operand.type, operand.value)] * lanes
        values = self.values[operand]
        return values * lanes if len(values) == 1 else values

    def _places(self, index: Index, lanes: int, valid: Index | None) -> Iterator[tuple[int, int]]:
        used = lanes if valid is None else max(0, min(lanes, self.number(valid)))
        for lane in range(used):
            yield lane, index.evaluate({**self.numbers, LANE: lane}, self.tables)
