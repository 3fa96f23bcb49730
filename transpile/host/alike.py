"""Whether two schedules do the same: on memory that corresponds, which may lie some bytes further on.

    Y[4*r0] = kept[4*r0]        Y[4*r0] = kept[4*r0 + 832]        alike, if kept[0..40] is 832 bytes further on
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from transpile.host.schedule import Copy, Fill, Repeat, Run, Schedule, Step, Walked, bytes_of
from transpile.host.values import Range, Storage, View


@dataclass(frozen=True)
class Move:
    """Bytes from `first` up to `behind` are so much further on in another storage."""

    storage: Storage
    first: int
    behind: int
    shift: int


@dataclass
class Pairs:
    """Which memory of a schedule is which of another one.

    `movable` are the storages of the other that stand for some of the first, with tensors in other places; `moves` says
    of bytes of the first that are used how much further on they are in the other.
    """

    movable: dict[Storage, Storage]
    moves: list[Move] = field(default_factory=list)
    _found: dict[Storage, Storage] = field(default_factory=dict)
    _bounds: dict[str, int] = field(default_factory=dict)

    def alike(self, one: Schedule, other: Schedule) -> bool:
        """Whether both do the same, given the moves."""
        given = zip((*one.inputs, *one.outputs), (*other.inputs, *other.outputs), strict=True)
        return self._steps(one.steps, other.steps) and all(self._views(mine, its) for mine, its in given)

    def _steps(self, one: Sequence[Step], other: Sequence[Step]) -> bool:
        return all(map(self._step, one, other)) and len(one) == len(other)

    def _step(self, one: Step, other: Step) -> bool:
        match one, other:
            case Run(), Run():
                return self._runs(one, other)
            case Copy(), Copy():
                return self._ranges(one.target, other.target) and self._ranges(one.source, other.source)
            case Fill(), Fill():
                return one.pattern == other.pattern and self._ranges(one.target, other.target)
            case Repeat(), Repeat():
                self._bounds[one.name] = one.count
                same = (one.name, one.count) == (other.name, other.count)
                return same and self._steps(one.steps, other.steps)
        return False

    def _runs(self, one: Run, other: Run) -> bool:
        if (one.work, one.numbers, one.operands) != (other.work, other.numbers, other.operands):
            return False
        mine, its = (*one.arrays.values(), *one.also), (*other.arrays.values(), *other.also)
        names = (list(one.arrays), one.stores, len(mine)) == (list(other.arrays), other.stores, len(its))
        return names and all(map(self._walked, mine, its))

    def _walked(self, one: Walked, other: Walked) -> bool:
        if (one.element, one.strides, one.turns) != (other.element, other.strides, other.turns):
            return False
        shift = (other.offset - one.offset).known
        if shift is not None and other.storage is not one.storage and self.movable.get(other.storage) is one.storage:
            self.moves.append(Move(other.storage, *one.within(self._bounds), shift))
            return True
        return shift == 0 and self._storages(one.storage, other.storage)

    def _ranges(self, one: Range, other: Range) -> bool:
        return self._walked(bytes_of(one), bytes_of(other))

    def _views(self, one: View, other: View) -> bool:
        same = (one.element_type, one.shape, one.is_number) == (other.element_type, other.shape, other.is_number)
        return same and self._ranges(one.range, other.range)

    def _storages(self, one: Storage, other: Storage) -> bool:
        """Whether both are the same, or made in the same place."""
        if one.kind in ("state", "constant"):
            return one is other or (one.kind == other.kind and one.data is not None and one.data == other.data)
        same = (one.kind, one.size, one.number, one.home) == (other.kind, other.size, other.number, other.home)
        return same and self._found.setdefault(other, one) is one
