"""How a nest is executed: which loop is vectorised, which is unrolled into a register tile, what is copied first.

Only loops that move the store change places; the reduction keeps its order for every element, so the bits stay.

* neighbouring loops that walk all arrays as one are merged (`coalesce`);
* without a reduction the best unit-stride loop becomes the innermost and the C compiler vectorises it ("map");
* with one, a tile of `rows` x `lanes` running values stays in registers while the reduction runs ("tile"), if every
  operation of the body has a vector form; operands that are strided along the vector are packed first;
* otherwise a strip of running values goes through the reduction ("strip").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import permutations

from transpile.nests.nest import Access, Counter, Nest

UNKNOWN_TRIPS = 64  # what a trip count that is only known at run time is taken for
VECTOR_TYPES = ("f32", "f64", "i32", "i64")


@dataclass(eq=False)
class Dim:
    """One loop after merging: its counters from outer to inner, and its stride in every access."""

    counters: list[Counter]
    trips: int | None
    strides: dict[Access, int]
    parallel: bool

    @property
    def likely(self) -> int:
        return UNKNOWN_TRIPS if self.trips is None else max(self.trips, 1)


@dataclass
class Tile:
    """A register tile: vectors of `lanes` along `vector`, `rows` of them along `unrolled`."""

    vector: Dim
    unrolled: Dim | None
    rows: int
    columns: int  # vectors side by side
    lanes: int  # elements of one vector
    packed: list[Access]
    cost: float


@dataclass
class Schedule:
    """`kind` is map, tile or strip; `order` are the loops outside the tile or all of them for a map."""

    kind: str
    dims: list[Dim]
    order: list[Dim]
    inner: Dim | None = None
    tile: Tile | None = None
    notes: list[str] = field(default_factory=list)


def schedule(nest: Nest, vector_bytes: int, element: str, vectorisable: bool, counters_used: bool) -> Schedule:
    """Chooses for a nest whose stored type is `element`; `vectorisable`: every op of the body has a vector form."""
    accesses = [nest.store, *nest.loads]
    dims = [
        Dim([c], c.trips, {a: a.stride(c) for a in accesses}, nest.store.stride(c) != 0) for c in nest.loops
    ]
    if not counters_used:
        dims = coalesce(dims)
    parallel = [d for d in dims if d.parallel]
    reduction = [d for d in dims if not d.parallel]
    if not reduction:
        inner = _innermost(parallel, nest) if parallel else None
        return Schedule("map", dims, [d for d in parallel if d is not inner], inner)
    lanes = vector_bytes // nest.store.size
    if vectorisable and element in VECTOR_TYPES and lanes > 1 and not counters_used:
        tile = best_tile(nest, parallel, reduction, lanes)
        if tile is not None:
            inside = {tile.vector, tile.unrolled}
            return Schedule("tile", dims, [d for d in parallel if d not in inside], tile.vector, tile)
    inner = _innermost(parallel, nest) if parallel else None
    return Schedule("strip", dims, [d for d in parallel if d is not inner], inner)


def coalesce(dims: list[Dim]) -> list[Dim]:
    """Merges an outer loop into the one inside it where all accesses go on without a break."""
    merged: list[Dim] = []
    for dim in dims:
        outer = merged[-1] if merged else None
        if outer is not None and _continues(outer, dim):
            merged[-1] = Dim(
                [*outer.counters, *dim.counters],
                None if outer.trips is None or dim.trips is None else outer.trips * dim.trips,
                dim.strides,
                dim.parallel,
            )
        else:
            merged.append(dim)
    return merged


def _continues(outer: Dim, inner: Dim) -> bool:
    if outer.parallel != inner.parallel or inner.trips is None or outer.trips is None:
        return False
    if inner.trips * outer.trips >= 1 << 62:
        return False
    return all(outer.strides[a] == inner.strides[a] * inner.trips for a in inner.strides)


def _innermost(parallel: list[Dim], nest: Nest) -> Dim:
    """The loop with the most unit strides; the store counts most, a short loop little."""

    def score(dim: Dim) -> tuple[float, int]:
        weight = 3.0 if abs(dim.strides[nest.store]) == 1 else 0.0
        for load in nest.loads:
            stride = abs(dim.strides[load])
            weight += 1.0 if stride == 1 else 0.5 if stride == 0 else 0.0
        return weight * min(1.0, dim.likely / 8), parallel.index(dim)

    return max(parallel, key=score)


def best_tile(nest: Nest, parallel: list[Dim], reduction: list[Dim], lanes: int) -> Tile | None:
    """The cheapest tile over all pairs of parallel loops."""
    candidates: list[Tile] = []
    for vector in parallel:
        candidates += filter(None, [_tile(nest, parallel, reduction, vector, None, lanes)])
    for vector, unrolled in permutations(parallel, 2):
        candidates += filter(None, [_tile(nest, parallel, reduction, vector, unrolled, lanes)])
    return min(candidates, key=lambda t: t.cost, default=None)


def rows_for(trips: int | None, most: int) -> int:
    """Rows of a tile: a divisor of the trip count near `most` if there is one."""
    if trips is None or trips >= 4 * most:
        return most if trips is None or trips % most == 0 else _divisor(trips, most) or most
    return _divisor(trips, most) or min(most, trips)


def _divisor(trips: int, most: int) -> int:
    return next((r for r in range(most, (most + 1) // 2 - 1, -1) if r > 0 and trips % r == 0), 0)


def vector_steps(trips: int, lanes: int) -> list[int]:
    """Widths that cover a loop: full vectors, then halves, then single elements."""
    steps = [lanes] * (trips // lanes)
    rest, width = trips % lanes, lanes // 2
    while rest:
        while width > 1 and (width > rest or width < 4):
            width = width // 2 if width > 4 or width > rest else 1
        steps.append(width)
        rest -= width
    return steps


def _tile(
    nest: Nest, parallel: list[Dim], reduction: list[Dim], vector: Dim, unrolled: Dim | None, lanes: int
) -> Tile | None:
    others = [a for a in nest.loads if a not in nest.own]
    packed = [a for a in others if vector.strides[a] not in (0, 1) or _thrashes(a, reduction, vector, unrolled)]
    if any(unrolled is not None and unrolled.strides[a] != 0 for a in packed):
        return None
    if not any(vector.strides[a] for a in others):
        return None  # nothing varies along the vector but the running value
    wide = lanes * nest.store.size >= 64
    columns = 1  # a second vector makes compilers broadcast into a register instead of multiplying from memory
    most = 16 if wide else 8
    rows = rows_for(unrolled.trips, most) if unrolled is not None else 1
    cost = _cost(nest, parallel, reduction, vector, unrolled, rows, packed, lanes)
    return Tile(vector, unrolled, rows, columns, lanes, packed, cost)


def _thrashes(access: Access, reduction: list[Dim], vector: Dim, unrolled: Dim | None) -> bool:
    """Whether a shared operand walks down a column of memory whose lines fall into few cache sets: a packed copy,
    used again by every row tile, reads as one stream."""
    if vector.strides[access] != 1 or unrolled is None or unrolled.strides[access] or unrolled.likely < 32:
        return False
    strides = [abs(d.strides[access]) * access.size for d in reduction if d.strides[access]]
    return bool(strides) and strides[-1] >= 512 and _product(reduction) >= 64


def _cost(
    nest: Nest,
    parallel: list[Dim],
    reduction: list[Dim],
    vector: Dim,
    unrolled: Dim | None,
    rows: int,
    packed: list[Access],
    lanes: int,
) -> float:
    """Rough cycles: vector steps with their loads, packing, and scattered results."""
    outputs = _product(parallel)
    turns = _product(reduction)
    steps = len(vector_steps(vector.likely, lanes)) / vector.likely
    others = [a for a in nest.loads if a not in nest.own]
    shared = sum(1 for a in others if vector.strides[a] and not (unrolled and unrolled.strides[a]))
    per_row = sum(1 for a in others if unrolled is not None and unrolled.strides[a])
    latency = 4.0 / min(4.0, rows)
    work = outputs * turns * steps * (latency + shared / rows + 0.5 * per_row)
    scattered = 3.0 * outputs if vector.strides[nest.store] != 1 else 0.0
    return work + scattered + sum(_packing(a, parallel, reduction, vector) for a in packed)


def _packing(access: Access, parallel: list[Dim], reduction: list[Dim], vector: Dim) -> float:
    moved = [d for d in (*parallel, *reduction) if access.offset and d.strides[access]]
    each = 0.2 if vector.strides[access] == 1 else 2.0
    return each * _product([vector, *(d for d in moved if d is not vector)])


def _product(dims: list[Dim]) -> float:
    total = 1.0
    for dim in dims:
        total *= dim.likely
    return total
