"""What a static program takes: constants, the arena, and who is alive where most of it is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transpile.host.schedule import Copy, Fill, Repeat, Run, Step, walk
from transpile.host.state import structure_bytes
from transpile.host.static import Static
from transpile.host.values import View


@dataclass(frozen=True)
class Tensor:
    """A buffer of the arena: bytes, where it is, the first and the last step that need it, and what writes it first."""

    bytes: int
    offset: int
    first: int
    last: int
    written_by: str


@dataclass(frozen=True)
class Footprint:
    """Of one function; sizes in bytes."""

    function: str
    steps: tuple[str, ...]
    constants: int
    state: int
    """What lives from call to call, of all functions together."""
    inputs: int
    outputs: int
    arena: int
    bound: int
    """The most that is alive at one step: no arena can be smaller."""
    peak: int
    tensors: tuple[Tensor, ...]

    @property
    def alive(self) -> list[Tensor]:
        """The buffers that are needed at the peak, the largest first."""
        found = (tensor for tensor in self.tensors if tensor.first <= self.peak <= tensor.last)
        return sorted(found, key=lambda tensor: -tensor.bytes)


def footprint(program: Static) -> Footprint:
    """What an export takes."""
    schedule, arena = program.schedule, program.arena
    names = tuple(map(_name, schedule.steps))
    tensors = tuple(
        Tensor(life.storage.size, arena.offsets[life.storage], life.first, life.last, names[life.first])
        for life in sorted(arena.lives, key=lambda life: (life.first, -life.size))
    )
    return Footprint(
        schedule.name,
        names,
        sum(storage.size for storage in program.constants),
        structure_bytes(schedule.state),
        _bytes(schedule.inputs),
        _bytes(schedule.outputs),
        arena.bytes,
        arena.bound,
        arena.peak,
        tensors,
    )


def _bytes(views: Sequence[View]) -> int:
    return sum(view.range.storage.size for view in views)


def _name(step: Step) -> str:
    """What people know a step by: the function that it comes from."""
    match step:
        case Run():
            return step.place.function
        case Copy():
            return "copy"
        case Fill():
            return "fill"
        case Repeat():
            runs = [inner for inner in walk(step.steps) if isinstance(inner, Run)]
            return runs[-1].place.function if runs else "loop"
