"""Register tiles: which running values are held in registers while a reduction runs, and what is packed for them.

    for i < 64: for j < 14: for k < 14: for l < 512:      rows:   6 of i
      C[i, j, k] += W[i, l] * A[l, j, k]            =>    lanes:  2 vectors along j and k, flattened to one loop of 196
                                                          packed: A, in panels of [l][16 lanes]

The turns of the `vector` loops, flattened, are the lanes of vectors side by side (`columns` of them); `rows` turns of
the `unrolled` loop share what is loaded for a lane. An operand that is not one piece of memory along the lanes, or that
many rows read again, is copied into panels that the micro-kernel reads from front to back; a copy changes no bits. So
that panels stay in the caches, `chunk` turns of the outermost reduction loop and `block` lanes are packed at a time:
the running values go back to memory between chunks, and each still sees its terms in the original order.

Where few rows share such an operand, as in a matrix times a vector, a copy does not pay: if its turns are side by side,
a few of them are read for each lane and transposed in registers (`transposed`).

All pairs of loops are tried; the cheapest by a rough count of cycles is taken.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from transpile.nests.loops.transpose import BYTES, LANES, TURNS
from transpile.nests.nest import Access, Dim, Nest, element_kind
from transpile.nests.plan.target import Target, Vectors

MOST_PANELS = 32
BLOCKS_FOR_THREADS = 4
"""A loop of fewer turns is not worth spreading over threads."""


@dataclass
class Tile:
    """See above. `packed`: operands that are copied; `chunk`: None where the whole reduction is one; `transposed`:
    operands whose turns, not lanes, are next to each other, read a few turns at a time and transposed in registers."""

    vector: tuple[Dim, ...]  # from outer to inner; empty: scalars
    unrolled: Dim | None
    rows: int
    columns: int
    lanes: int  # of one vector
    packed: tuple[Access, ...]
    chunk: int | None
    block: int
    transposed: tuple[Access, ...] = ()
    cost: float = 0.0

    @property
    def width(self) -> int:
        """Lanes of all columns."""
        return self.columns * self.lanes

    @property
    def count(self) -> int | None:
        """Turns of the flattened vector loops, if they are known."""
        return trips_of(self.vector)

    def choice(self, number: Mapping[Dim, int], names: Mapping[Access, str]) -> Hashable:
        """The tile, told by numbers of loops and names of arrays."""
        loops = tuple(number[dim] for dim in self.vector), None if self.unrolled is None else number[self.unrolled]
        packed = tuple(names[access] for access in self.packed)
        transposed = tuple(names[access] for access in self.transposed)
        return *loops, self.rows, self.columns, self.lanes, packed, self.chunk, self.block, transposed


def trips_of(dims: tuple[Dim, ...] | list[Dim]) -> int | None:
    """Turns of loops together, if they are known."""
    total = 1
    for dim in dims:
        if dim.trips is None:
            return None
        total *= dim.trips
    return total


def is_contiguous(access: Access, dims: tuple[Dim, ...]) -> bool:
    """Whether the flattened turns of loops walk through an array element by element."""
    step: int | None = 1
    for dim in reversed(dims):
        if step is None or dim.strides[access].known != step:
            return False
        step = None if dim.trips is None else step * dim.trips
    return True


def best_tile(nest: Nest, parallel: list[Dim], reduction: list[Dim], target: Target) -> Tile | None:
    """The cheapest tile on a processor, or None if no operand varies along any loop."""
    widths = target.widths(element_kind(nest.store.op)) or (None,)
    tiles = (tile for each in widths for tile in _Search(nest, parallel, reduction, target, each).tiles())
    return min(tiles, key=lambda tile: tile.cost, default=None)


def narrower(rest: int, lanes: int) -> Iterator[int]:
    """Widths of vectors that cover what is left of a loop: halves, then single elements."""
    width = lanes
    while rest:
        while width > rest or (width < 4 and width != 1):
            width = 1 if width <= 4 else width // 2
        yield width
        rest -= width


def narrowing(columns: int, lanes: int) -> Iterator[tuple[int, int]]:
    """Columns and lanes of ever narrower blocks, for a loop whose turns are not known: one column, halves, one lane."""
    if columns > 1:
        yield columns, lanes
    while lanes >= 4:
        yield 1, lanes
        lanes //= 2
    if columns == 1 and lanes == 2:
        yield 1, 2
    yield 1, 1


def row_blocks(trips: int, rows: int) -> tuple[int, int, int]:
    """A loop as blocks of at most `rows` turns, as equal as can be: how many, the lesser size, how many are longer.
    One without turns has none."""
    if not trips:
        return 0, rows, 0
    blocks = -(-trips // rows)
    return blocks, trips // blocks, trips % blocks


def _product(dims: tuple[Dim, ...] | list[Dim]) -> float:
    total = 1.0
    for dim in dims:
        total *= dim.likely
    return total


@dataclass
class _Search:
    nest: Nest
    parallel: list[Dim]
    reduction: list[Dim]
    target: Target
    vectors: Vectors | None

    def __post_init__(self) -> None:
        self.loads = [a for a in self.nest.loads if a not in self.nest.own]
        self.size = self.nest.store.size
        self.turns = _product(self.reduction)
        self.lanes = self.vectors.bytes // self.size if self.vectors else 1

    def tiles(self) -> Iterator[Tile]:
        for vector in self._vectors():
            for unrolled in (None, *(d for d in self.parallel if d not in vector)):
                for packed in self._packings(vector, unrolled):
                    yield from self._shapes(vector, unrolled, packed, ())
                if transposed := self._transposed(vector):
                    yield from self._shapes(vector, unrolled, (), transposed)

    def _vectors(self) -> Iterator[tuple[Dim, ...]]:
        """Loops whose turns are lanes: none, one, or two that are next to each other in the result."""
        yield ()
        if self.vectors is None:
            return
        for dim in self.parallel:
            yield (dim,)
        for outer, inner in combinations(self.parallel, 2):
            if inner.trips is not None and (outer.strides[self.nest.store].known or 1) > 0:
                yield (outer, inner)

    def _packings(self, vector: tuple[Dim, ...], unrolled: Dim | None) -> Iterator[tuple[Access, ...]]:
        """Sets of operands to pack: those that must be, and those that may be as well."""
        along = [a for a in self.loads if any(d.strides[a] for d in vector)]
        if vector and not along:
            return  # nothing varies along the lanes but the running value
        narrow = [a for a in self.loads if a.size != self.size]
        single = len(vector) == 1
        must = [a for a in along if not single or vector[0].strides[a].known != 1 or a in narrow]
        per_row = [a for a in along if unrolled is not None and unrolled.strides[a]]
        if any(a in per_row for a in must):
            return
        may = [a for a in along if a not in per_row]
        for packed in (must, may) if len(may) > len(must) else (must,):
            if not packed or len(packed) == len(along) or self._is_whole(vector):
                yield tuple(packed)

    def _transposed(self, vector: tuple[Dim, ...]) -> tuple[Access, ...]:
        """What can be transposed in registers for vectors along one loop, if all that must be can."""
        last = self.reduction[-1]
        apart = [a for a in self.loads if any(d.strides[a].known not in (0, 1) for d in vector)]
        if len(vector) != 1 or self.size != BYTES or self.lanes not in LANES or last.likely < 2 * TURNS:
            return ()
        if len(self.reduction) > 1 and (last.trips is None or last.trips % TURNS):
            return ()
        fit = all(a.size == self.size and last.strides[a].known == 1 for a in apart)
        return tuple(apart) if fit else ()

    def _is_whole(self, vector: tuple[Dim, ...]) -> bool:
        """Whether the lanes fill vectors: beside a packed operand, which is padded, another can only be read so."""
        count = trips_of(vector)
        return count is not None and count % self.lanes == 0

    def _shapes(
        self,
        vector: tuple[Dim, ...],
        unrolled: Dim | None,
        packed: tuple[Access, ...],
        transposed: tuple[Access, ...],
    ) -> Iterator[Tile]:
        if vector and self.vectors is not None:
            shapes = self.vectors.shapes
        else:
            shapes = ((self.target.singles(element_kind(self.nest.store.op)), 1),) if unrolled is not None else ()
        for rows, columns in shapes:
            if (rows > 1) != (unrolled is not None):
                continue
            if unrolled is not None and unrolled.trips is not None:
                _, least, longer = row_blocks(unrolled.trips, rows)
                rows = least + (longer > 0)
            lanes = self.lanes if vector else 1
            tile = Tile(vector, unrolled, rows, columns, lanes, packed, None, 0, transposed)
            self._fit_caches(tile)
            tile.cost = self._cost(tile)
            yield tile

    def _fit_caches(self, tile: Tile) -> None:
        """Sets chunk and block."""
        if not tile.packed:
            return
        inner = trips_of(self.reduction[1:])
        turns = int(self.turns)
        if inner is not None and self.nest.result is self.nest.store:
            most = self.target.caches.panel // (tile.width * self.size)
            if turns > most * 3 // 2 or self.reduction[0].trips is None:
                chunks = -(-turns // most)
                tile.chunk = -(-self.reduction[0].likely // chunks)
                if self.reduction[0].trips is None:
                    tile.chunk = max(1, most // inner)
                turns = tile.chunk * inner
        panels = max(1, min(MOST_PANELS, self.target.caches.block // (turns * tile.width * self.size)))
        if tile.count is not None:
            needed = -(-max(tile.count, 1) // tile.width)
            panels = -(-needed // -(-needed // panels))
        tile.block = panels * tile.width

    def _cost(self, tile: Tile) -> float:
        """Rough cycles."""
        costs, outputs = self.target.costs, _product(self.parallel)
        count = _product(tile.vector)
        others = outputs / count  # rows, and everything outside
        vectors = -(-count // tile.lanes)
        if tile.vector and not tile.packed:
            vectors = count // tile.lanes + sum(1 for _ in narrower(int(count % tile.lanes), tile.lanes))
        columns = min(tile.columns, vectors)
        rows = tile.rows
        issue = self.vectors.issue if tile.vector and self.vectors else costs.scalar
        issue += self._transposing(tile) / rows
        each = max(issue, self._loads(tile, rows, columns) / 2, costs.latency / (rows * columns))
        work = others * vectors * self.turns * (each + self._misses(tile, rows, columns))
        chunks = 1.0 if tile.chunk is None else -(-self.reduction[0].likely // tile.chunk)
        calls = others / rows * -(-count // tile.width) * chunks * costs.call
        return work + calls + outputs * chunks * self._transfer(tile) + self._packing(tile)

    def _loads(self, tile: Tile, rows: int, columns: float) -> float:
        """Loads for one vector of running values and one turn of the reduction."""
        total = 0.0
        for access in self.loads:
            along = any(d.strides[access] for d in tile.vector)
            per_row = tile.unrolled is not None and bool(tile.unrolled.strides[access])
            if access not in tile.transposed:
                total += 1 / (1 if per_row else rows) / (1 if along else columns)
        return total

    def _transposing(self, tile: Tile) -> float:
        """Cycles for a vector out of rows: their loads, what puts them side by side, two that change lanes, and what
        reading in many places at once costs the caches."""
        pieces, places = tile.lanes / TURNS, tile.lanes * tile.columns
        issue = self.vectors.issue if self.vectors else 0.0
        return len(tile.transposed) * (0.5 * pieces + 0.75 * (pieces - 1) + 2 * issue + 0.02 * places)

    def _misses(self, tile: Tile, rows: int, columns: float) -> float:
        """Cycles in which one vector of running values waits for the second-level cache in a turn of the reduction."""
        costs, total = self.target.costs, 0.0
        for access in self.loads:
            along = any(d.strides[access] for d in tile.vector)
            if along and access not in tile.packed and self._is_read_again(tile, access) and self._walks_lines(access):
                total += costs.line * tile.lanes * self.size / 64 / rows
            if not along and tile.unrolled is not None and tile.unrolled.strides[access]:
                step = tile.unrolled.distance(access) * access.size
                if self._walks_lines(access):
                    total += costs.line * min(1.0, step / 64) / columns
                elif self._collide(step, rows):
                    total += costs.collision / columns
        return total

    def _collide(self, step: int, rows: int) -> bool:
        """Whether rows so many bytes apart are in too few sets of the first-level cache for a line of each."""
        caches = self.target.caches
        sets = caches.way_bytes // math.gcd(step, caches.way_bytes)
        return rows > caches.ways * sets

    def _is_read_again(self, tile: Tile, access: Access) -> bool:
        outside = [d for d in self.parallel if d not in tile.vector and not d.strides[access]]
        return _product(outside) > tile.rows

    def _walks_lines(self, access: Access) -> bool:
        """Whether each turn of the reduction is in another line of memory, and few sets of the cache hold them."""
        stride = self.reduction[-1].distance(access) * access.size
        return stride >= 512 and self.turns >= 64

    def _transfer(self, tile: Tile) -> float:
        """Cycles to load and store one running value."""
        if not tile.vector or is_contiguous(self.nest.store, tile.vector):
            return 1.0 / tile.lanes
        return 3.0

    def _packing(self, tile: Tile) -> float:
        total = 0.0
        for access in tile.packed:
            inner, last = tile.vector[-1], self.reduction[-1]
            if inner.strides[access].known == 1:
                each = 0.25 if inner.likely >= 2 * tile.lanes else 0.7
            else:
                each = 0.6 if last.strides[access].known == 1 and last.likely >= 4 else 1.2
            outside = [d for d in self.parallel if d not in tile.vector and d is not tile.unrolled]
            moved = [d for d in outside if any(d.strides[a] for a in tile.packed)]
            lanes = -(-_product(tile.vector) // tile.width) * tile.width
            total += each * lanes * self.turns * _product(moved)
        return total
