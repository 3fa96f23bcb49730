"""The plan of a nest: the rewrites that make of its literal loops what is run.

    flatten t0 t1 t0
    reorder (t2, t0, t3)

`schedule` decides what kind of plan a nest gets and which tile; here that is said in rewrites of the loop IR, each of
which keeps every element's terms and their order.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from transpile.nests.loops.build import Built, build
from transpile.nests.loops.nodes import Function, Work
from transpile.nests.loops.order import balance, cut, flatten, peel, reorder, split
from transpile.nests.loops.outline import outline, share
from transpile.nests.loops.pack import pack, tabulate, tabulate_lanes
from transpile.nests.loops.stage import stage
from transpile.nests.loops.straight import pad, unroll, vectorise
from transpile.nests.loops.tidy import Tidier
from transpile.nests.loops.tree import has_loop, loop
from transpile.nests.nest import Access, Dim, Nest, walk_as_one
from transpile.nests.plan.schedule import PACKED_STRIP, STRIP, Schedule, schedule
from transpile.nests.plan.target import Target
from transpile.nests.plan.tiling import BLOCKS_FOR_THREADS, Tile, is_contiguous, narrower, narrowing

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


@dataclass(frozen=True, eq=False)
class Plan:
    """A nest, its literal loops, the work as it is run, and the steps that lead there."""

    nest: Nest
    schedule: Schedule
    literal: Built
    work: Work
    steps: tuple[Step, ...]


Done = tuple[Work, tuple[Step, ...]]
Straight = dict[tuple[Function, int], tuple[Function, tuple[Step, ...]]]
"""Kernels as straight code of vectors of so many lanes, and the steps that made them so."""


class Plans:
    """Chooses for several processors.  Nests for which the same is chosen have the same plan, which is made
    once, and plans with the same kernel make straight code of it once.  Without `threads`, no loop is shared among
    them."""

    def __init__(self, targets: Sequence[Target], *, threads: bool = True) -> None:
        self.targets, self.threads = targets, threads
        self._made: dict[tuple[Function, Hashable], Done] = {}
        self._straight: Straight = {}

    def of(self, nest: Nest) -> tuple[Plan, ...]:
        """The plans of a nest, one for each processor."""
        literal = build(nest)
        found = {*nest.stores, *nest.loads}
        names = {access: name for name, access in literal.arrays.items() if access in found}
        chosen = [schedule(nest, target) for target in self.targets]
        done = (self._done(literal.work, each, names, is_finished=nest.finish is not None) for each in chosen)
        return tuple(Plan(nest, each, literal, *made) for each, made in zip(chosen, done, strict=True))

    def _done(self, literal: Work, chosen: Schedule, names: dict[Access, str], *, is_finished: bool) -> Done:
        key = literal.main, chosen.choice(names)
        if key not in self._made:
            planner = _Planner(literal, chosen, names, self._straight, self.threads, is_finished)
            planner.all()
            self._made[key] = planner.work, tuple(planner.steps)
        return self._made[key]


def plan(nest: Nest, target: Target) -> Plan:
    """The plan of one nest."""
    return Plans((target,)).of(nest)[0]


@dataclass
class _Planner:
    """`turn` names the loop of each dimension, `lanes`, `rows` and `reduction` a tile's; "" where there is none."""

    work: Work
    plan: Schedule
    names: dict[Access, str]
    straight: Straight
    threads: bool = True
    is_finished: bool = False
    """Whether something is done with running values at the end, for which C compilers make vectors out of memory."""
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tidier = Tidier()
        self.work = self._tidier.tidied(self.work)
        self.turn = self._merged()
        self.reduction = self.turns([d for d in self.plan.dims if not d.parallel])
        tile = self.plan.tile
        self.lanes = self.turn[tile.vector[0]] if tile is not None and tile.vector else ""
        self.rows = self.turn[tile.unrolled] if tile is not None and tile.unrolled is not None else ""
        store = next((access for access, name in self.names.items() if name == "out"), None)
        self.contiguous = tile is not None and store is not None and is_contiguous(store, tile.vector)

    def all(self) -> None:
        if not self.work.main.body:
            return  # a loop without turns
        if self.plan.kind == "map":
            self.map()
        elif self.plan.kind == "strip":
            self.strip()
        elif self.tile.packed:
            self.panels()
        else:
            self.tiles()

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

    # ---- without tiles -----------------------------------------------------------------------------------------------

    def map(self) -> None:
        loops = self.turns([*self.plan.order, *([self.plan.inner] if self.plan.inner else [])])
        self.order(loops)
        self.spread(loops)

    def strip(self) -> None:
        reduction = self.turns([d for d in self.plan.dims if not d.parallel])
        order = self.turns(self.plan.order)
        inner = self.turn[self.plan.inner] if self.plan.inner else ""
        packed = self.plan.packed if inner and self.has(inner) else ()
        if inner and self.has(inner):
            self.do(split, inner, PACKED_STRIP if packed else STRIP, f"{inner}_strip", inner)
        if packed and self.plan.chunk is not None and self.has(reduction[0]):
            self.do(split, reduction[0], self.plan.chunk, "chunk", reduction[0])
        self.order([*order, f"{inner}_strip", "chunk", *reduction, inner])
        turns = tuple(name for name in reduction if self.has(name))
        serial = self._first("chunk", *turns)
        if serial:
            self.do(stage, "out", serial, "acc", "stack" if inner else "registers")
        for number, access in enumerate(packed if turns else ()):
            self.do(pack, self.names[access], turns[0], inner, turns, PACKED_STRIP, f"pack{number}")
        self.spread([*order, f"{inner}_strip"])

    # ---- tiles -------------------------------------------------------------------------------------------------------

    def tiles(self) -> None:
        """Register tiles whose operands are read where they are."""
        tile, order = self.tile, self.turns(self.plan.order)
        self.order([*order, self.lanes, self.rows, *self.reduction])
        for mark, columns, width in self._pieces():
            self.split(self.lanes, columns * width, mark)
            self.order([f"{self.lanes}_block{mark}", *(f"{n}{mark}" for n in (self.rows, *self.reduction, self.lanes))])
            for inner in self._row_blocks(mark):
                self.kernel(inner, columns, width)
        outer = [name for name in order if self.has(name)]
        many = tile.count is None or tile.count // tile.width >= BLOCKS_FOR_THREADS
        self.spread(outer or ([f"{self.lanes}_block"] if many else []))

    def split(self, base: str, by: int, mark: str) -> None:
        if self.has(base + mark):
            self.do(split, base + mark, by, f"{base}_block{mark}", base + mark)

    def _pieces(self) -> Iterator[tuple[str, int, int]]:
        """The lanes in pieces of ever narrower vectors, each with what is left by the one before: mark, columns, lanes
        of a vector."""
        mark, pieces = "", self._widths() if self.has(self.lanes) else [(1, 1, 0)]
        rewrite = peel if self.tile.count is None else cut
        for number, (columns, width, turns) in enumerate(pieces, 1):
            if number < len(pieces):
                self.do(rewrite, self.lanes + mark, turns, f"_{number}")
            yield mark, columns, width
            mark += f"_{number}"

    def _widths(self) -> list[tuple[int, int, int]]:
        """Columns, lanes of a vector, and the turns that a piece has, or has a multiple of where that is not known."""
        tile = self.tile
        if tile.count is None:
            return [(columns, width, columns * width) for columns, width in narrowing(tile.columns, tile.lanes)]
        whole = tile.count - tile.count % tile.width
        first = [(tile.columns, tile.lanes, whole)] if whole else []
        return first + [(1, width, width) for width in narrower(tile.count - whole, tile.lanes)]

    def _row_blocks(self, mark: str) -> Iterator[str]:
        """The rows in blocks; the mark of what is in each kind of block."""
        dim, rows = self.tile.unrolled, self.rows + mark
        if dim is None or not self.has(rows):
            yield mark
        elif dim.trips is None:
            self.do(peel, rows, self.tile.rows, "_one")
            self.split(self.rows, self.tile.rows, mark)
            yield mark
            self.split(self.rows, 1, f"{mark}_one")
            yield f"{mark}_one"
        else:
            self.do(balance, rows, self.tile.rows, f"{self.rows}_block{mark}", rows, "_short")
            yield mark
            if any(self.has(f"{name}{mark}_short") for name in (self.rows, self.lanes, *self.reduction) if name):
                yield f"{mark}_short"

    def kernel(self, mark: str, columns: int, width: int, *, shared: bool = False) -> None:
        """The innermost loops of a tile as a function whose running values are in registers.

        They are copied to memory first where they do not fill vectors.  Nests of other sizes share the function.
        """
        rows, lanes, serial = self.rows + mark, self.lanes + mark, [k + mark for k in self.reduction]
        column = f"{self.lanes}_column{mark}"
        self.order([*serial, rows, lanes] if rows != mark else [*serial, lanes])
        source, copies = "out", ["", f"_acc{mark}_in", f"_acc{mark}_out"]
        is_straight = self._fills_vectors(lanes, columns * width) if self.has(lanes) else True
        if self.has(lanes) and (not is_straight or (self.is_finished and width > 1)):
            source = f"lanes{mark}"
            self.do(stage, "out", self._first(*serial, rows, lanes), source, "stack", columns * width)
            copies += [f"_lanes{mark}_in", f"_lanes{mark}_out"]
        if self.has(lanes):
            self.do(pad, lanes, width, columns, column, lanes)
        outermost = self._first(*serial, rows, column, lanes)
        if not outermost:
            return
        self.do(stage, source, outermost, f"acc{mark}", "registers", width)
        roles = [(self.rows, "row"), *((name, "turn") for name in self.reduction)] if shared else []
        symbolic = tuple((name + mark + copy, role) for name, role in roles if name for copy in copies)
        self.do(outline, source if source != "out" else f"acc{mark}", f"tile{mark}", symbolic)
        self._straighten(mark, width)

    def _first(self, *names: str) -> str:
        """The first of some loops that is there."""
        return next((name for name in names if self.has(name)), "")

    def _fills_vectors(self, lanes: str, most: int) -> bool:
        """Whether the running values of a tile's lanes are side by side, and as many as its vectors hold."""
        return loop(self.work, lanes).count.known == most and self.contiguous

    def _straighten(self, mark: str, width: int) -> None:
        """Straight code of vectors, made once of kernels that are equal."""
        name, begun = f"tile{mark}", len(self.steps)
        key = self.work.kernels[name], width
        if key in self.straight:
            kernel, steps = self.straight[key]
            self.work = Work(self.work.main, {**self.work.kernels, name: kernel})
            self.steps += steps
        else:
            self._straight(mark, width)
            self.straight[key] = self.work.kernels[name], tuple(self.steps[begun:])

    def _straight(self, mark: str, width: int) -> None:
        """Vectors are loaded before they are used."""
        column = f"{self.lanes}_column{mark}"
        for copy in (f"_acc{mark}_in", "", f"_acc{mark}_out"):
            if width > 1 and self.has(f"{self.lanes}{mark}{copy}"):
                self.do(vectorise, f"{self.lanes}{mark}{copy}", width)
            for name in (self.lanes + mark, column, self.rows + mark):
                if self.has(f"{name}{copy}"):
                    self.do(unroll, f"{name}{copy}")

    # ---- with packed operands ----------------------------------------------------------------------------------------

    def panels(self) -> None:
        """Register tiles that read panels, which are packed for a block of lanes and a chunk of the reduction."""
        tile, lanes = self.tile, self.lanes
        packed = [self.names[a] for a in tile.packed]
        bound = [self.turn[d] for d in self.plan.order if any(d.strides[a] for a in tile.packed)]
        free = [name for name in self.turns(self.plan.order) if name not in bound]
        self.order([*bound, *self.turns(list(tile.vector)), *free, self.rows, *self.reduction])
        for inner in self.turns(list(tile.vector[1:])):
            if self.has(inner) and self.has(lanes):
                self.do(flatten, lanes, inner, lanes)
            elif self.has(inner):
                lanes = inner
        self.lanes = lanes
        if self.has(lanes):
            self._pack(lanes, packed, bound, free)
        else:
            self.tiles()

    def _pack(self, lanes: str, packed: list[str], bound: list[str], free: list[str]) -> None:
        tile, first = self.tile, self.reduction[0]
        self.do(split, lanes, tile.block, "block", lanes)
        if tile.chunk is not None and self.has(first):
            self.do(split, first, tile.chunk, "chunk", first)
        self.order([*bound, "block", "chunk", *free, self.rows, lanes, *self.reduction])
        serial = [name for name in self.reduction if self.has(name)]
        inside = next(name for name in (*free, self.rows, lanes) if self.has(name))
        outside = next(name for name in (*bound, "block", "chunk", inside) if self.has(name))
        self._tables(outside, serial, packed)
        for number, name in enumerate(packed):
            self.do(pack, name, inside, lanes, tuple(serial), tile.width, f"pack{number}")
        if not self.contiguous:
            self.do(tabulate_lanes, "out", inside, lanes, "places")
        for inner in serial[1:]:
            self.do(flatten, serial[0], inner, serial[0])
        self.reduction = serial[:1]
        for mark in self._row_blocks(""):
            self._panel(lanes, mark)
        self._spread_panels([*bound, "block"], bool(bound))

    def _tables(self, at: str, serial: list[str], packed: list[str]) -> None:
        """For operands that are not packed and that the reduction does not walk through as one loop would."""
        dims = [d for d in self.plan.dims if self.turn[d] in serial]
        for access, name in self.names.items():
            if name in packed or name == "out" or len(serial) < 2:
                continue
            if not all(walk_as_one(outer, inner, [access]) for outer, inner in pairwise(dims)):
                self.do(tabulate, name, at, tuple(serial), f"at_{name}", "shared")

    def _panel(self, lanes: str, mark: str) -> None:
        """The panels of a block for one block of rows: the full ones, and what is left."""
        tile, width = self.tile, self.tile.width
        self.order([lanes + mark, self.rows + mark, *(name + mark for name in self.reduction)])
        if not self.has(lanes + mark):
            return
        self.do(peel, lanes + mark, width, "_rest")
        if self.has(lanes + mark):
            self.do(split, lanes + mark, width, f"panel{mark}", lanes + mark)
            self.kernel(mark, tile.columns, tile.lanes, shared=True)
        rest = f"{mark}_rest"
        if self.has(lanes + rest):
            most = loop(self.work, lanes + rest).count.most({}) or width
            if most == 1:
                self._single(lanes, rest)
                return
            self.do(split, lanes + rest, width, f"panel{rest}", lanes + rest)
            self.kernel(rest, -(-most // tile.lanes), tile.lanes, shared=True)

    def _single(self, lanes: str, mark: str) -> None:
        """One lane, or none: no vector is worth it, its running values are in a variable one after the other."""
        serial = [name + mark for name in self.reduction if self.has(name + mark)]
        self.order([lanes + mark, self.rows + mark, *serial])
        self.do(stage, "out", serial[0], f"acc{mark}", "registers")

    def _spread_panels(self, outer: list[str], is_bound: bool) -> None:
        """A block's rows are shared where there are many and few blocks, else the blocks."""
        tile = self.tile
        many = is_bound or tile.count is None or tile.count > BLOCKS_FOR_THREADS * tile.block
        rows = f"{self.rows}_block"
        if not many and self.has(rows) and (loop(self.work, rows).count.known or 0) >= BLOCKS_FOR_THREADS:
            self.spread([rows])
        else:
            self.spread(outer)
