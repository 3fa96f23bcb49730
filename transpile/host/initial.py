"""What steps leave in memory before the first call: each is done here, so that what they leave are constants.

    fill t0[0..16] with 0
    for r0 < 4                        =>    t0: bytes
      t0[4*r0] = constant1[4*r0]

Loops are done element by element, except those whose turns may be done in any order: all of them at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from transpile.host.numbers import Bits, compute_bits
from transpile.host.schedule import Copy, Fill, Repeat, Run, Step, Walked
from transpile.host.values import NotStatic, Range, Storage
from transpile.ir.derived import DERIVED
from transpile.isa.table import BY_NAME
from transpile.limits import INITIALISED
from transpile.nests.find.place import Place
from transpile.nests.loops.index import Index
from transpile.nests.loops.nodes import Apply, Array, Body, Constant, Let, Load, Loop, Number, Operand, Statement, Store
from transpile.nests.nest import element_bytes

_ROWS = BY_NAME | DERIVED
_LEAST = 32
"""Elements that each time counts as which something is done."""
Places = np.ndarray[Any, np.dtype[np.int64]]


def freeze(steps: Sequence[Step], buffers: Sequence[Storage]) -> None:
    """Makes memory that steps write constants, and buffers that they do not write constants of zeros."""
    done = _Done()
    for step in steps:
        done.do(step, {})
    for storage in dict.fromkeys((*done.contents, *buffers)):
        storage.kind, storage.initial = "constant", memoryview(bytes(done.contents.get(storage, storage.size)))
        storage.data = storage.initial


class _Done:
    """Memory as steps leave it."""

    def __init__(self) -> None:
        self.contents: dict[Storage, bytearray] = {}
        self.count = 0

    def do(self, step: Step, turns: Mapping[str, int]) -> None:
        """Does a step, in turns of the loops around."""
        match step:
            case Repeat():
                for turn in range(step.count):
                    for inner in step.steps:
                        self.do(inner, {**turns, step.name: turn})
            case Copy():
                source = bytes(self._bytes(step.source, turns))
                self._bytes(step.target, turns)[:] = source
            case Fill():
                count = step.target.length // len(step.pattern)
                self._bytes(step.target, turns)[:] = step.pattern * count
            case Run():
                try:
                    _Loops(self, step, turns).run(step.work.main.body)
                except NotStatic as why:
                    why.found_at(_where(step.place))
                    raise

    def counts(self, elements: int) -> None:
        """Something is done with so many elements."""
        self.count += max(elements, _LEAST)
        if self.count > INITIALISED:
            raise NotStatic(f"the initialisation computes more than {INITIALISED:,} elements")

    def elements(self, walked: Walked, turns: Mapping[str, int]) -> tuple[Bits, int]:
        """All elements of a memory that an array is in, as bits, and which of them is the array's first one."""
        size = element_bytes(walked.element)
        first, behind = divmod(walked.offset.evaluate(turns, {}), size)
        memory = self._memory(walked.storage)
        return np.frombuffer(memory, f"u{size}", (len(memory) - behind) // size, behind), first

    def _bytes(self, range_: Range, turns: Mapping[str, int]) -> memoryview:
        self.counts(0)
        at = range_.offset.evaluate(turns, {})
        return self._memory(range_.storage)[at : at + range_.length]

    def _memory(self, storage: Storage) -> memoryview:
        if storage.data is not None:
            return storage.data
        return memoryview(self.contents.setdefault(storage, bytearray(storage.size)))


class _Loops:
    """Literal loops on memory.  The turns of those that are done at once are a dimension each of what is computed."""

    def __init__(self, done: _Done, run: Run, turns: Mapping[str, int]) -> None:
        main = run.work.main
        self.done, self.at_once = done, run.nest is not None
        self.arrays: dict[str, Array] = {array.name: array for array in main.arrays}
        self.memory = {name: done.elements(walked, turns) for name, walked in run.arrays.items()}
        given = zip(main.numbers, run.numbers, strict=True)
        self.numbers: dict[str, Any] = {name: number.evaluate(turns, {}) for name, number in given}
        self.values: dict[str, Bits] = {}
        for (name, kind), operand in zip(main.elements, run.operands, strict=True):
            self.values[name] = self._operand(operand, kind)

    def run(self, body: Body) -> None:
        for statement in body:
            self._do(statement)

    def _do(self, statement: Statement) -> None:
        match statement:
            case Loop(name, count, body, "parallel") if self.at_once:
                outside = self.numbers, self.values
                self.numbers = {name: _longer(number) for name, number in self.numbers.items()}
                self.numbers[name] = np.arange(self._number(count))
                self.values = {name: _longer(bits) for name, bits in self.values.items()}
                self.run(body)
                self.numbers, self.values = outside
            case Loop(name, count, body):
                for turn in range(self._number(count)):
                    self.numbers[name] = turn
                    self.run(body)
            case Let(name, Load(array, place, 1, None)):
                self.values[name] = self._loaded(array, place)
            case Let(name, Apply(mnemonic, operands, ())):
                self.values[name] = self._applied(mnemonic, operands)
            case Let(name, Number(number)):
                self.values[name] = np.asarray(self._number(number), np.int64).astype(np.uint64)
            case Store(array, place, operand, 1, None):
                elements, first = self.memory[array]
                places = self._places(first, place)
                elements[places] = self._operand(operand, self.arrays[array].element).astype(elements.dtype)
            case _:
                raise NotStatic("the initialisation computes on memory")

    def _number(self, number: Index) -> Any:
        """A number, or those in all turns."""
        return number.evaluate(self.numbers, {})

    def _places(self, first: int, place: Index) -> Places:
        places = np.asarray(first + self._number(place), np.int64)
        self.done.counts(places.size)
        return places

    def _loaded(self, name: str, place: Index) -> Bits:
        array, (elements, first) = self.arrays[name], self.memory[name]
        found = np.asarray(elements[self._places(first, place)])
        if array.type != array.element and array.element.startswith("i"):
            return found.view(f"i{found.itemsize}").astype(np.int32).view(np.uint32).astype(np.uint64)
        return found.astype(np.uint64)

    def _applied(self, mnemonic: str, operands: Sequence[Operand]) -> Bits:
        row = _ROWS[mnemonic]
        given = [self._operand(o, each.kind.type) for o, each in zip(operands, row.operands, strict=True)]
        self.done.counts(max(each.size for each in given))
        made = compute_bits(row, given)
        if made is None:
            raise NotStatic(f"the initialisation computes {mnemonic}, or with numbers that are denormal or none")
        return made

    def _operand(self, operand: Operand, kind: str) -> Bits:
        """The bits of an operand, as many as an element of a kind has."""
        bits = np.asarray(operand.value % 2**64, np.uint64) if isinstance(operand, Constant) else self.values[operand]
        return bits & np.uint64((1 << 8 * element_bytes(kind)) - 1)


def _longer(number: Any) -> Any:
    """With one dimension more, in which it is the same."""
    return number[..., np.newaxis] if isinstance(number, np.ndarray) else number


def _where(place: Place) -> str:
    at = f", {place.location}" if place.location else ""
    return f"{place.function}+0x{place.offset:x}{at}"
