"""A loop nest raised from the intermediate form: counted loops around one store.

    for i < 64: for j < 64: for k < 512:
      C[512 i + j + c0] = fma(A[512 i + k + c1], B[512 k + j + c2], C[512 i + j + c0])

`loops` are normalised: every counter runs 0, 1, … below its trip count.  The loops whose counter moves the store are
parallel (the store never hits an element twice: `recognise` proves it or the guard checks it); the others are the
reduction, whose order every schedule keeps.  Without a reduction there may be more stores, each moved by every loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from transpile.ir.nodes import Block, Op, Value
from transpile.isa.operations import Operation
from transpile.nests.find.affine import Affine


@dataclass(eq=False)
class Counter:
    """One loop: counter = first + step * t for t = 0 … trips - 1, trips = ceil((bound - first) / step)."""

    value: Value  # the header's parameter
    first: Value
    bound: Value
    step: int
    header: Block
    trips: int | None  # when it is known
    factors: tuple[int, tuple[Value, ...]] | None = None  # of the trip count, for a digit of a coalesced loop


@dataclass(eq=False)
class Access:
    """One load or store: the span, the element's size in bytes, the element offset in the counters, and that of the
    first iteration."""

    op: Op
    span: Value
    size: int
    offset: Affine
    base: Affine

    def stride(self, counter: Counter) -> Affine:
        """Elements between neighbouring iterations of a loop; values from outside may be in it."""
        return self.offset.coefficient(counter.value).times(counter.step)


WIDENED = {"i8.s": "i8", "i8.u": "u8", "i16.s": "i16", "i16.u": "u16"}
"""Narrow elements, by the kind of the load that widens them to i32."""


def element_bytes(element: str) -> int:
    """The size of an element in memory: `f32`, `u8`."""
    return int(element[1:]) // 8


def is_load(op: Op) -> bool:
    """Whether an operation is a load of an element."""
    return op.row.does is Operation.BUFFER_LOAD


def is_store(op: Op) -> bool:
    """Whether an operation is a store of an element."""
    return op.row.does is Operation.BUFFER_STORE


def element_kind(op: Op) -> str:
    """Which elements a load or store is of: `f32`, `i8.s`."""
    return op.row.type if op.row.signed is None else f"{op.row.type}.{'s' if op.row.signed else 'u'}"


def element_of(op: Op) -> str:
    """The elements that a load or store touches in memory: `f32`, `u8`."""
    kind = element_kind(op)
    return WIDENED.get(kind, kind)


UNKNOWN_TRIPS = 64  # what a trip count that is only known at run time is taken for
UNKNOWN_STRIDE = 64  # and a stride, in elements


@dataclass(eq=False)
class Dim:
    """One loop of a schedule: the counters merged into it from outer to inner, and its stride in every access."""

    counters: list[Counter]
    trips: int | None
    strides: dict[Access, Affine]
    parallel: bool

    @property
    def likely(self) -> int:
        return UNKNOWN_TRIPS if self.trips is None else max(self.trips, 1)

    def distance(self, access: Access) -> int:
        """Elements between neighbouring iterations in either direction, as far as they are known."""
        stride = self.strides[access].known
        return UNKNOWN_STRIDE if stride is None else abs(stride)


def walk_as_one(outer: Dim, inner: Dim, accesses: Iterable[Access]) -> bool:
    """Whether two loops walk through arrays as one loop would."""
    turns = inner.trips
    return turns is not None and all(outer.strides[a] == inner.strides[a].times(turns) for a in accesses)


@dataclass(eq=False)
class Finish:
    """What is done with the last running value of an element: `body` computes what is stored in its place from it,
    which is `running` there, and from further elements that are loaded.

    `store` is there where that is another kind of element. Then running values are in memory of the nest's own.
    """

    running: Value
    loads: list[Access]
    body: list[Op]
    value: Value
    store: Access | None = None

    def moved(self, new: Mapping[Access, Access]) -> Finish:
        """With other accesses in place of all that it has."""
        store = None if self.store is None else new[self.store]
        return replace(self, loads=[new[access] for access in self.loads], store=store)


@dataclass(eq=False)
class Nest:
    """Loops from outermost to innermost around one store, or a few."""

    loops: list[Counter]
    store: Access
    loads: list[Access]
    body: list[Op]  # everything the stored values are computed with, in order, loads included
    own: dict[Access, Access] = field(default_factory=dict)  # loads of the very elements that are stored, before that
    hoisted: bool = False  # a load stands outside the innermost loop: it may fail where that loop has no turn
    others: list[Access] = field(default_factory=list)  # stores behind the first one
    initial: int | None = None  # what running values begin with, as bits, where that is not what is in memory
    finish: Finish | None = None

    def moved(self, loops: list[Counter], new: Mapping[Access, Access]) -> Nest:
        """With other loops, and other accesses in place of all that it has."""
        finish = self.finish
        return replace(
            self,
            loops=loops,
            store=new[self.store],
            loads=[new[access] for access in self.loads],
            others=[new[access] for access in self.others],
            own={new[load]: new[store] for load, store in self.own.items()},
            finish=finish and finish.moved(new),
        )

    @property
    def header(self) -> Block:
        return self.loops[0].header

    @property
    def stores(self) -> list[Access]:
        return [self.store, *self.others]

    @property
    def result(self) -> Access:
        """Where what the first store's elements are in the end is stored."""
        return self.store if self.finish is None else self.finish.store or self.store

    @property
    def parallel(self) -> list[Counter]:
        return [c for c in self.loops if self.store.stride(c)]

    @property
    def reduction(self) -> list[Counter]:
        return [c for c in self.loops if not self.store.stride(c)]
