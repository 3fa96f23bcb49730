"""Where the functions of raised loop nests come from: handed over beside the C, so that nobody has to read it there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from transpile.ir.nodes import Block, Function
from transpile.nests.nest import Nest


@dataclass(frozen=True)
class Place:
    """A loop: the function it is in, the offset of its bytecode there, and its line of the source where it is known."""

    function: str
    offset: int
    location: str | None


def place_of(fn: Function, header: Block, nest: Nest | None, at: Callable[[int, int], str | None]) -> Place:
    """The place of a loop; one that was raised is where the element it computes is stored."""
    locations = (at(fn.index, offset) for offset in _offsets(header, nest))
    return Place(fn.name, header.offset, next(filter(None, locations), None))


def _offsets(header: Block, nest: Nest | None) -> Iterator[int]:
    """The instructions that may tell, the best ones first."""
    if nest is not None:
        yield nest.store.op.offset
    for block in (header, *header.successors()[:1]):
        yield from (op.offset for op in block.ops if op.offset)
        yield block.end.offset
