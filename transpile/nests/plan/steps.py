"""Steps of plans: rewrites of the loop IR with what they are given, and what all plans are made with.

    flatten t0 t1 t0
    reorder (t2, t0, t3)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from transpile.nests.loops.nodes import Function, Work
from transpile.nests.loops.order import flatten, reorder, split
from transpile.nests.loops.outline import share
from transpile.nests.loops.tidy import Tidier
from transpile.nests.loops.tree import has_loop
from transpile.nests.nest import Access, Dim
from transpile.nests.plan.schedule import Schedule
from transpile.nests.plan.tiling import Tile, is_contiguous

Rewrite = Callable[..., Work]


@dataclass(frozen=True)
class Step:
    """A rewrite and what it is given."""

    rewrite: Rewrite
    arguments: tuple[Any, ...]

    def __str__(self) -> str:
        return " ".join([self.rewrite.__name__, *map(_text, self.arguments)])

    def apply(self, work: Work, tidier: Tidier | None = None) -> Work:
        """The work rewritten, in simple words."""
        return (tidier or Tidier()).tidied(self.rewrite(work, *self.arguments))


def _text(argument: Any) -> str:
    return f"({', '.join(map(_text, argument))})" if isinstance(argument, tuple | list) else str(argument)


Straight = dict[tuple[Function, int], tuple[Function, tuple[Step, ...]]]
"""Kernels as straight code of vectors of so many lanes, and the steps that made them so."""


@dataclass
class Steps:
    """`turn` names the loop of each dimension, `lanes`, `rows` and `reduction` a tile's; "" where there is none."""

    work: Work
    plan: Schedule
    names: dict[Access, str]
    straight: Straight
    threads: bool = True
    has_edges: bool = False
    """Whether running values begin or end as something else in some turns of a kernel, for which C compilers make
    vectors out of memory."""
    running: str = "out"
    """The array of running values."""
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tidier = Tidier()
        self.work = self._tidier.tidied(self.work)
        self.turn = self._merged()
        self.reduction = self.turns([d for d in self.plan.dims if not d.parallel])
        tile = self.plan.tile
        self.lanes = self.turn[tile.vector[0]] if tile is not None and tile.vector else ""
        self.rows = self.turn[tile.unrolled] if tile is not None and tile.unrolled is not None else ""
        store = next((access for access, name in self.names.items() if name == self.running), None)
        self.contiguous = tile is not None and store is not None and is_contiguous(store, tile.vector)

    @property
    def tile(self) -> Tile:
        assert self.plan.tile is not None
        return self.plan.tile

    def do(self, rewrite: Rewrite, *arguments: Any) -> None:
        step = Step(rewrite, arguments)
        self.work = step.apply(self.work, self._tidier)
        self.steps.append(step)

    def has(self, name: str) -> bool:
        """Whether a loop is still there."""
        return has_loop(self.work, name)

    def _merged(self) -> dict[Dim, str]:
        """The loops that walk through all arrays as one become one; the names of what is left."""
        turn, at = {}, 0
        for dim in self.plan.dims:
            there = [name for name in (f"t{at + n}" for n in range(len(dim.counters))) if self.has(name)]
            for inner in there[1:]:
                self.do(flatten, there[0], inner, there[0])
            turn[dim] = there[0] if there else f"t{at}"
            at += len(dim.counters)
        return turn

    def order(self, names: list[str]) -> None:
        """Those of the loops that are still there."""
        there = [name for name in names if self.has(name)]
        if len(there) > 1:
            self.do(reorder, there)

    def spread(self, names: list[str]) -> None:
        """The turns of the first of the loops that is there over threads."""
        for name in [name for name in names if self.has(name)][:1] if self.threads else ():
            self.do(share, name, f"part_{name}")

    def turns(self, dims: list[Dim]) -> list[str]:
        return [self.turn[d] for d in dims]

    def first(self, *names: str) -> str:
        """The first of some loops that is there."""
        return next((name for name in names if self.has(name)), "")

    def split(self, base: str, by: int, mark: str) -> None:
        if self.has(base + mark):
            self.do(split, base + mark, by, f"{base}_block{mark}", base + mark)
