"""The loops of a function as `explain` tells them, with where they are and how they were rewritten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from transpile.explain import loops as told
from transpile.explorer.code import Listing
from transpile.explorer.data import Loop
from transpile.explorer.rewrites import Rewrites
from transpile.ir import Function
from transpile.ir.graph import Loop as Natural
from transpile.ir.graph import analyse
from transpile.ir.nodes import Block, Op
from transpile.isa.disasm import printable
from transpile.nests.find.place import Place
from transpile.nests.loops.nodes import Pack, statements
from transpile.nests.loops.tree import functions
from transpile.nests.plan.plans import Plan
from transpile.nests.plan.target import Target
from transpile.pipeline import Lowered


def described(
    fn: Function,
    lowered: Lowered,
    symbols: Mapping[Place, Sequence[str]],
    listing: Listing,
    rewrites: Rewrites,
    target: Target,
) -> list[Loop]:
    """Everything about the loops, in the order of the code."""
    natural = {header.offset: loop for header, loop in analyse(fn.entry).loops.items()}
    plans = {header.offset: found.plans[0] for header, found in lowered.loops[fn.index].raised.items()}
    places = {header.offset: found.place for header, found in lowered.loops[fn.index].raised.items()}
    return [
        Loop(
            loop.kind,
            loop.depth,
            loop.offset,
            listing.at([loop.offset])[0],
            printable(loop.location),
            [(title, printable(text)) for title, text in loop.lines if title != "C"],
            listing.extent(_offsets(natural[loop.offset])),
            rewrites.of(plans[loop.offset]) if loop.offset in plans else None,
            list(symbols.get(places[loop.offset], ())) if loop.offset in plans else [],
            _named(plans[loop.offset], listing) if loop.offset in plans else {},
        )
        for loop in told(fn, lowered, symbols, target)
    ]


def _named(plan: Plan, listing: Listing) -> dict[str, list[int]]:
    """The instructions that arrays and operations of the loop IR come from; an operation that is there more than once
    cannot be told from its likes."""
    nest = plan.nest
    found = {name: [access.op.offset] for name, access in plan.literal.arrays.items()}
    found["out"] += [access.op.offset for access in nest.own]
    for function in functions(plan.work):
        for pack in statements(function.body):
            if isinstance(pack, Pack) and pack.source in found:
                found[pack.to] = found[pack.source]
    for mnemonic, ops in groupby(sorted(nest.body, key=_mnemonic), _mnemonic):
        offsets = [op.offset for op in ops]
        if len(offsets) == 1:
            found.setdefault(mnemonic, offsets)
    return {name: listing.at(offsets) for name, offsets in found.items()}


def _mnemonic(op: Op) -> str:
    return op.mnemonic


def _offsets(loop: Natural[Block]) -> Iterator[int]:
    """All instructions of a loop, those of the loops inside it too."""
    for block in loop.blocks():
        yield from (block.offset, block.end.offset, *(op.offset for op in block.ops))
