"""The plan of a nest: the rewrites that make of its literal loops what is run.

    flatten t0 t1 t0
    reorder (t2, t0, t3)

`schedule` decides what kind of plan a nest gets and which tile; here that is said in rewrites of the loop IR, each of
which keeps every element's terms and their order.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from transpile.nests.loops.build import Built, build
from transpile.nests.loops.nodes import Function, Work
from transpile.nests.loops.order import balance, cut, flatten, peel, split
from transpile.nests.loops.pack import pack, tabulate, tabulate_lanes
from transpile.nests.loops.stage import stage
from transpile.nests.loops.transpose import LANES, TURNS
from transpile.nests.loops.tree import loop
from transpile.nests.nest import Access, Nest, walk_as_one
from transpile.nests.plan.kernels import Kernels
from transpile.nests.plan.schedule import PACKED_STRIP, Schedule, schedule
from transpile.nests.plan.steps import Step, Straight
from transpile.nests.plan.target import Target
from transpile.nests.plan.tiling import BLOCKS_FOR_THREADS, narrower, narrowing


@dataclass(frozen=True, eq=False)
class Plan:
    """A nest, its literal loops, the work as it is run, and the steps that lead there."""

    nest: Nest
    schedule: Schedule
    literal: Built
    work: Work
    steps: tuple[Step, ...]


Done = tuple[Work, tuple[Step, ...]]


class Plans:
    """Chooses for several processors.  Nests for which the same is chosen have the same plan, which is made
    once, and plans with the same kernel make straight code of it once."""

    def __init__(self, targets: Sequence[Target]) -> None:
        self.targets = targets
        self._made: dict[tuple[Function, Hashable, bool], Done] = {}
        self._straight: Straight = {}

    def of(self, nest: Nest, *, threads: bool = True) -> tuple[Plan, ...]:
        """The plans of a nest, one for each processor.  Without `threads`, no loop is shared among them."""
        literal = build(nest)
        found = {*nest.stores, *nest.loads}
        names = {access: name for name, access in literal.arrays.items() if access in found}
        names[nest.store] = literal.running
        chosen = [schedule(nest, target) for target in self.targets]
        done = (self._done(nest, literal.work, each, names, threads=threads) for each in chosen)
        return tuple(Plan(nest, each, literal, *made) for each, made in zip(chosen, done, strict=True))

    def _done(self, nest: Nest, literal: Work, chosen: Schedule, names: dict[Access, str], *, threads: bool) -> Done:
        key = literal.main, chosen.choice(names), threads
        if key not in self._made:
            running = names[nest.store]
            planner = _Planner(literal, chosen, names, self._straight, threads, _has_edges(nest, chosen), running)
            planner.all()
            self._made[key] = planner.work, tuple(planner.steps)
        return self._made[key]


def plan(nest: Nest, target: Target) -> Plan:
    """The plan of one nest."""
    return Plans((target,)).of(nest)[0]


def _has_edges(nest: Nest, chosen: Schedule) -> bool:
    in_chunks = chosen.tile is not None and chosen.tile.chunk is not None
    return nest.finish is not None or (nest.initial is not None and in_chunks)


class _Planner(Kernels):
    """Makes the steps of a plan of its kind."""

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
            self.do(split, inner, self.plan.strip, f"{inner}_strip", inner)
        if packed and self.plan.chunk is not None and self.has(reduction[0]):
            self.do(split, reduction[0], self.plan.chunk, "chunk", reduction[0])
        self.order([*order, f"{inner}_strip", "chunk", *reduction, inner])
        turns = tuple(name for name in reduction if self.has(name))
        serial = self.first("chunk", *turns)
        if serial:
            self.do(stage, self.running, serial, "acc", "stack" if inner else "registers")
        for number, access in enumerate(packed if turns else ()):
            self.do(pack, self.names[access], turns[0], inner, turns, PACKED_STRIP, f"pack{number}")
        self.spread([*order, f"{inner}_strip"])

    # ---- tiles -------------------------------------------------------------------------------------------------------

    def tiles(self) -> None:
        """Register tiles whose operands are read where they are."""
        tile, order = self.tile, self.turns(self.plan.order)
        if tile.transposed:
            self._whole_blocks(order)
        self.order([*order, self.lanes, self.rows, *self.reduction])
        for mark, columns, width in self._pieces():
            self.split(self.lanes, columns * width, mark)
            self.order([f"{self.lanes}_block{mark}", *(f"{n}{mark}" for n in (self.rows, *self.reduction, self.lanes))])
            for inner in self._row_blocks(mark):
                self.kernel(inner, columns, width)
        outer = [name for name in order if self.has(name)]
        many = tile.count is None or tile.count // tile.width >= BLOCKS_FOR_THREADS
        self.spread(outer or ([f"{self.lanes}_block"] if many else []))

    def _whole_blocks(self, order: list[str]) -> None:
        """A multiple of the turns that are transposed together; what is left is done for one element at a time."""
        turn = self.reduction[-1]
        count = loop(self.work, turn).count.known
        if count is None or count % TURNS:
            self.order([turn, *order, self.lanes, self.rows])
            self.do(peel, turn, TURNS, "_left")
            self.order([f"{name}_left" for name in (*order, self.lanes, self.rows, turn)])
            if self.has(f"{turn}_left"):
                self.do(stage, self.running, f"{turn}_left", "acc_left", "registers")

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
            pieces = narrowing(tile.columns, tile.lanes)
            return [(c, width, c * width) for c, width in pieces if width == 1 or self._has_width(width)]
        whole = tile.count - tile.count % tile.width
        first = [(tile.columns, tile.lanes, whole)] if whole else []
        return first + [(1, width, width) for width in narrower(tile.count - whole, tile.lanes)]

    def _has_width(self, lanes: int) -> bool:
        """Whether operands can be read as vectors of so many lanes."""
        return not self.tile.transposed or lanes in LANES

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
            self.do(tabulate_lanes, self.running, inside, lanes, "places")
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
            if name in packed or name == self.running or len(serial) < 2:
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
        self.do(stage, self.running, serial[0], f"acc{mark}", "registers")

    def _spread_panels(self, outer: list[str], is_bound: bool) -> None:
        """A block's rows are shared where there are many and few blocks, else the blocks."""
        tile = self.tile
        many = is_bound or tile.count is None or tile.count > BLOCKS_FOR_THREADS * tile.block
        rows = f"{self.rows}_block"
        if not many and self.has(rows) and (loop(self.work, rows).count.known or 0) >= BLOCKS_FOR_THREADS:
            self.spread([rows])
        else:
            self.spread(outer)
