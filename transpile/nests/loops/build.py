"""A recognised nest as the loop IR: the literal loops, with counters that begin at 0.

Array `out` is the one that is written, `out1`, `out2`, … are further ones, `in1`, `in2`, … are the loads that are not
of a stored element, `end1`, `end2`, … those that running values are finished with. Loops are `t0`, `t1`, … from outer
to inner. Running values that are finished as elements of another kind are in an array `sum`, in the order of the
loops.

    for t0 < 8 parallel
      for t1 < 9 serial
        if t1 < 1                        where running values begin with a constant
          out[t0] = f32(0)
        x = …
        out[t0] = x
        if -t1 + 8 < 1                   and are finished
          y = out[t0]
          …
          out[t0] = z
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from transpile.ir.nodes import Op
from transpile.ir.nodes import Value as Result
from transpile.nests.find.affine import Affine, constant_of
from transpile.nests.loops.index import Index, index
from transpile.nests.loops.nodes import (
    Allocate,
    Apply,
    Array,
    Body,
    Constant,
    Function,
    If,
    Let,
    Load,
    Loop,
    Number,
    Operand,
    Statement,
    Store,
    Work,
)
from transpile.nests.nest import Access, Counter, Nest, element_of


@dataclass
class Built:
    """A work and what its names are in the nest: arrays, the turns of loops, strides and the first numbers of counters
    where they are not known, and values from outside; `running` is the array of running values."""

    work: Work
    arrays: dict[str, Access]
    turns: dict[str, Counter]
    strides: dict[str, Affine]
    firsts: dict[str, Counter]
    values: dict[str, Result]
    running: str

    def stride(self, stride: Affine) -> Index:
        """A stride of the nest as it is in the work."""
        return _stride(stride, self.strides)

    def element(self, name: str) -> str:
        """What an array is of."""
        return element_of(self.arrays[name].op)


def build(nest: Nest) -> Built:
    """The nest's loops as they are."""
    return _Builder(nest).built()


@dataclass
class _Builder:
    nest: Nest
    names: dict[Result, Operand] = field(default_factory=dict)
    values: dict[str, Result] = field(default_factory=dict)
    strides: dict[str, Affine] = field(default_factory=dict)
    firsts: dict[str, Counter] = field(default_factory=dict)
    body: list[Statement] = field(default_factory=list)

    def __post_init__(self) -> None:
        loads = [a for a in self.nest.loads if a not in self.nest.own]
        self.places = {self.nest.result: "out", **{a: f"out{n}" for n, a in enumerate(self.nest.others, 1)}}
        self.places |= {a: f"in{n}" for n, a in enumerate(loads, 1)}
        if self.nest.finish is not None:
            self.places |= {a: f"end{n}" for n, a in enumerate(self.nest.finish.loads, 1)}
        self.loops = {c: f"t{n}" for n, c in enumerate(self.nest.loops)}

    def built(self) -> Built:
        arrays = {name: access for access, name in self.places.items()}
        running = self.places.setdefault(self.nest.store, "sum")
        self.places |= {load: self.places[store] for load, store in self.nest.own.items()}
        turns = {f"n{n}": c for n, c in enumerate(self.nest.loops) if c.trips is None}
        self._values(self.nest.body, self.nest.loads)
        stored = [(store, self._operand(store.op.operands[2])) for store in self.nest.stores]
        self.body += [Store(self.places[store], self._place(store), operand) for store, operand in stored]
        body: Body = (*self._begin(), *self.body, *self._finish())
        for number, counter in reversed(list(enumerate(self.nest.loops))):
            count = index(f"n{number}") if counter.trips is None else index(counter.trips)
            kind = "parallel" if self.nest.store.stride(counter) else "serial"
            body = (Loop(f"t{number}", count, body, kind),)  # type: ignore[arg-type]
        body = (*self._own(running), *body)
        declared = tuple(Array(name, element_of(access.op)) for name, access in arrays.items())  # type: ignore[arg-type]
        elements = tuple((name, value.type) for name, value in self.values.items())
        main = Function("nest", declared, (*turns, *self.strides, *self.firsts), elements, body)
        return Built(Work(main), arrays, turns, self.strides, self.firsts, self.values, running)

    def _own(self, running: str) -> Body:
        """The memory of running values that are not in that of the program's."""
        if running == "out":
            return ()
        size = index(math.prod(counter.trips or 0 for counter in self.nest.parallel))
        return (Allocate(Array(running, element_of(self.nest.store.op), "stack", size)),)  # type: ignore[arg-type]

    def _begin(self) -> Body:
        """In the first turn of the serial loops, the running value is a constant."""
        if self.nest.initial is None:
            return ()
        place, kind = self._place(self.nest.store), self.nest.store.op.operands[2].type
        first = index(0)
        for counter in self.nest.reduction:
            first += index(self.loops[counter])
        begun = Store(self.places[self.nest.store], place, Constant(kind, self.nest.initial))
        return (If(first, index(1), (begun,)),)

    def _finish(self) -> Body:
        """In their last turn, it is made what is stored in its place."""
        finish = self.nest.finish
        if finish is None:
            return ()
        left = index(0)
        for counter in self.nest.reduction:
            left += index(counter.trips or 0) - 1 - index(self.loops[counter])
        body, self.body = self.body, []
        self.names[finish.running] = "last"
        self._values(finish.body, finish.loads, "y")
        last = Let("last", Load(self.places[self.nest.store], self._place(self.nest.store)))
        done: Body = (last, *self.body, Store("out", self._place(self.nest.result), self._operand(finish.value)))
        self.body = body
        return (If(left, index(1), done),)

    def _values(self, ops: Sequence[Op], accesses: Sequence[Access], stem: str = "x") -> None:
        loads = {access.op: access for access in accesses}
        for op in ops:
            if op.row.helper is None:
                continue  # a constant
            value: Load | Apply
            if op in loads:
                value = Load(self.places[loads[op]], self._place(loads[op]))
            else:
                found = tuple(map(self._operand, op.operands))
                value = Apply(op.mnemonic, found, tuple(sorted(op.attrs.items())))
            name = f"{stem}{len(self.body)}"
            self.body.append(Let(name, value))
            self.names[op.result] = name

    def _operand(self, value: Result) -> Operand:
        if value not in self.names:
            self.names[value] = self._outside(value)
        return self.names[value]

    def _outside(self, value: Result) -> Operand:
        """A constant, a counter, or a value from outside of the nest."""
        if value.op is not None and value.op.row.helper is None and "value" in value.op.attrs:
            return Constant(value.type, value.op.attrs["value"])
        for counter, turn in self.loops.items():
            if counter.value is value:
                name = f"x{len(self.body)}"
                self.body.append(Let(name, Number(self._first(counter) + index(turn) * counter.step)))
                return name
        name = f"p{len(self.values)}"
        self.values[name] = value
        return name

    def _first(self, counter: Counter) -> Index:
        known = constant_of(counter.first)
        if known is not None:
            return index(known)
        name = f"first_{self.loops[counter]}"
        self.firsts[name] = counter
        return index(name)

    def _place(self, access: Access) -> Index:
        if self.places[access] == "sum":
            return self._turn()
        place = index(0)
        for counter, turn in self.loops.items():
            place += index(turn) * _stride(access.stride(counter), self.strides)
        return place

    def _turn(self) -> Index:
        """The number of the element, in the order of the loops."""
        turn = index(0)
        for counter in self.nest.parallel:
            turn = turn * (counter.trips or 0) + index(self.loops[counter])
        return turn


def _stride(stride: Affine, names: dict[str, Affine]) -> Index:
    """A stride as a number, or as a multiple of one that has a name; new ones get a name."""
    if stride.known is not None:
        return index(stride.known)
    form, factor = stride.parts
    name = next((name for name, other in names.items() if other == form), f"stride{len(names)}")
    names[name] = form
    return index(name) * factor
