"""The loops of a function as `explain` tells them, with where they are and how they were rewritten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from transpile.explain import loops as told
from transpile.explorer.code import Listing
from transpile.explorer.data import Loop
from transpile.explorer.rewrites import Rewrites
from transpile.ir import Function
from transpile.ir.graph import Loop as Natural
from transpile.ir.graph import analyse
from transpile.ir.nodes import Block
from transpile.isa.disasm import printable
from transpile.nests.find.place import Place
from transpile.pipeline import Lowered


def described(
    fn: Function,
    lowered: Lowered,
    symbols: Mapping[Place, Sequence[str]],
    listing: Listing,
    rewrites: Rewrites,
    vector_bytes: int,
) -> list[Loop]:
    """Everything about the loops, in the order of the code."""
    natural = {header.offset: loop for header, loop in analyse(fn.entry).loops.items()}
    raised = {header.offset: found for header, found in lowered.loops[fn.index].raised.items()}
    return [
        Loop(
            loop.kind,
            loop.depth,
            loop.offset,
            listing.at([loop.offset])[0],
            printable(loop.location),
            [(title, printable(text)) for title, text in loop.lines if title != "C"],
            listing.extent(_offsets(natural[loop.offset])),
            rewrites.of(raised[loop.offset].plans[0]) if loop.offset in raised else None,
            list(symbols.get(raised[loop.offset].place, ())) if loop.offset in raised else [],
        )
        for loop in told(fn, lowered, symbols, vector_bytes)
    ]


def _offsets(loop: Natural[Block]) -> Iterator[int]:
    """All instructions of a loop, those of the loops inside it too."""
    for block in loop.blocks():
        yield from (block.offset, block.end.offset, *(op.offset for op in block.ops))
