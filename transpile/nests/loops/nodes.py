"""The loop IR: what a raised nest does, as loops over arrays of elements.

    work (out: f32, in1: f32, in2: f32)
      for t0 < 64 parallel
        for t1 < 64 parallel
          for t2 < 512
            a = in1[512*t0 + t2]
            b = in2[t1 + 64*t2]
            c = out[64*t0 + t1]
            d = fma.f32 a, b, c
            out[64*t0 + t1] = d

All nodes are immutable; a rewrite makes new ones.  A name is bound once in a function: loops and definitions bind
integers, `Let` elements, `Allocate` arrays, which `Pack` and `Places` fill.  `evaluate` says what each node means,
`check` what is well formed, `text` how it is written.

Arrays start at their first element: that which the nest touches first in memory of the program's, and 0 in its own.
The program's arrays do not overlap the one that is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from transpile.nests.loops.index import Index

Element = Literal["i8", "u8", "i16", "u16", "i32", "i64", "f32", "f64"]
"""What an array is of.  Loading a narrow one extends it to i32, storing to it keeps the low bits."""

Space = Literal["program", "registers", "stack", "thread", "shared"]
"""Where an array is: memory of the program's; variables (every place in it is known when all is unrolled); the C stack;
scratch memory of the instance, for each thread or for all of them."""

Kind = Literal["serial", "parallel", "threads"]
"""Of a loop.  serial: its turns follow each other.  parallel: they may be done in any order.  threads: each turn is the
share of one thread."""

LANE = "lane"
"""The name of the lane in the places of vectors: lane l of a load is the element at the index with l for it."""

WIDENED: dict[str, str] = {"i8": "i32", "u8": "i32", "i16": "i32", "u16": "i32"}


@dataclass(frozen=True)
class Array:
    """`size` in elements; None for memory of the program's."""

    name: str
    element: Element
    space: Space = "program"
    size: Index | None = None

    @property
    def type(self) -> str:
        """Of a loaded element."""
        return WIDENED.get(self.element, self.element)


@dataclass(frozen=True)
class Constant:
    """An element; floats are given as bits."""

    type: str
    value: int


Operand = str | Constant


@dataclass(frozen=True)
class Load:
    """An element, or a vector of `lanes` of them. Lanes from `valid` on are not looked at and 0."""

    array: str
    index: Index
    lanes: int = 1
    valid: Index | None = None


@dataclass(frozen=True)
class Apply:
    """A pure instruction; with vectors among its operands lane by lane, single operands for all lanes."""

    mnemonic: str
    operands: tuple[Operand, ...]
    attrs: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Number:
    """An integer of the loops as an i64 of the program's: modulo 2^64."""

    index: Index


Value = Load | Apply | Number


@dataclass(frozen=True)
class Let:
    name: str
    value: Value


@dataclass(frozen=True)
class Transpose:
    """Vectors of elements that are side by side from one vector to the next: lane l of vector n is the element at the
    index, with l for the lane, and n."""

    names: tuple[str, ...]
    array: str
    index: Index
    lanes: int


@dataclass(frozen=True)
class Store:
    array: str
    index: Index
    operand: Operand
    lanes: int = 1
    valid: Index | None = None


@dataclass(frozen=True)
class Loop:
    """`body` for name = 0, 1, … below `count`."""

    name: str
    count: Index
    body: Body
    kind: Kind = "serial"


@dataclass(frozen=True)
class Define:
    name: str
    index: Index


@dataclass(frozen=True)
class If:
    """One body where `index` is below `limit`, the other one elsewhere."""

    index: Index
    limit: Index
    then: Body
    otherwise: Body = ()


@dataclass(frozen=True)
class Allocate:
    """Memory for the statements that follow in the same body; what is in it is not known."""

    array: Array


@dataclass(frozen=True)
class Walk:
    """Turns of loops inside each other, flattened: `index` in the `dims`, (name, turns) from outer to inner."""

    dims: tuple[tuple[str, Index], ...]
    index: Index


@dataclass(frozen=True)
class Pack:
    """A copy in panels of `width` lanes: element (p * turns + k) * width + l of `to` is that which lane
    first + p * width + l has in turn k, for `count` lanes; the last panel is filled up with zeros.

    Where an element is in `source` is the sum of `lanes` and `turns`.
    """

    to: str
    source: str
    base: Index
    lanes: Walk
    first: Index
    count: Index
    turns: Walk
    width: int


@dataclass(frozen=True)
class Places:
    """A table: entry l is the index of the walk in its turn first + l, for `count` entries."""

    table: str
    walk: Walk
    first: Index
    count: Index


@dataclass(frozen=True)
class Call:
    """A function of the work on `arrays`, each from an element on, with integers and elements."""

    function: str
    arrays: tuple[tuple[str, Index], ...]
    numbers: tuple[Index, ...] = ()
    operands: tuple[Operand, ...] = ()


Statement = Let | Transpose | Store | Loop | Define | If | Allocate | Pack | Places | Call
Body = tuple[Statement, ...]


@dataclass(frozen=True)
class Function:
    """`numbers` are integers of loops, `elements` (name, type) values of the program's."""

    name: str
    arrays: tuple[Array, ...]
    numbers: tuple[str, ...]
    elements: tuple[tuple[str, str], ...]
    body: Body

    @cached_property
    def loops(self) -> dict[str, Loop]:
        """All loops by name, those around others first."""
        return {each.name: each for each in statements(self.body) if isinstance(each, Loop)}

    @cached_property
    def declared(self) -> dict[str, Array]:
        """All arrays by name: those that it is given, and its own."""
        own = (each.array for each in statements(self.body) if isinstance(each, Allocate))
        return {array.name: array for array in (*self.arrays, *own)}

    @cached_property
    def stored(self) -> frozenset[str]:
        """The arrays that it stores to itself."""
        return frozenset(each.array for each in statements(self.body) if isinstance(each, Store))

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        return tuple(each for each in statements(self.body) if isinstance(each, Call))


def statements(body: Body) -> Iterator[Statement]:
    """All statements, in order, those around others first."""
    for statement in body:
        yield statement
        if isinstance(statement, Loop):
            yield from statements(statement.body)
        elif isinstance(statement, If):
            yield from statements(statement.then)
            yield from statements(statement.otherwise)


@dataclass(frozen=True)
class Work:
    """What a nest does: a function, and those that it calls, by name."""

    main: Function
    kernels: dict[str, Function] = field(default_factory=dict)
