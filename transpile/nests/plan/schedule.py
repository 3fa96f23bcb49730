"""How a nest is executed: which loop is vectorised, which is unrolled into a register tile, what is copied first.

Only loops that move the store change places; the reduction keeps its order for every element, so the bits stay.

* neighbouring loops that walk all arrays as one are merged (`coalesce`);
* without a reduction the best unit-stride loop becomes the innermost and the C compiler vectorises it ("map");
* with one, a tile of running values stays in registers while the reduction runs ("tile", `tiling.py`), if every
  operation of the body has a vector form;
* otherwise a strip of running values goes through the reduction ("strip"), and the C compiler vectorises along it;
  operands that are strided there are copied first, a panel at a time.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from transpile.nests.forms import is_vectorisable, uses_counters
from transpile.nests.nest import Access, Dim, Nest, walk_as_one
from transpile.nests.plan.target import Target
from transpile.nests.plan.tiling import Tile, best_tile, trips_of

PACKED_STRIP = 16
"""Running values of a strip with packed operands: lanes of a panel. More would fetch lines that are thrown out of the
first-level cache before all of them is copied, where rows are a page or half of it apart."""
_TURNS_TO_PACK = 16
"""Of a reduction, at least, for a copy of its operands to pay; a pooling has fewer."""


@dataclass
class Schedule:
    """`kind` is map, tile or strip; `order` are the loops outside the tile or all of them for a map."""

    kind: str
    dims: list[Dim]
    order: list[Dim]
    inner: Dim | None = None
    tile: Tile | None = None
    strip: int = 0  # running values that are in memory at a time
    packed: tuple[Access, ...] = ()  # operands of a strip that are copied
    chunk: int | None = None  # turns of the outermost reduction loop that they are copied for at a time
    notes: list[str] = field(default_factory=list)

    def choice(self, names: Mapping[Access, str]) -> Hashable:
        """What is chosen, told by numbers of loops and names of arrays: nests that do the same and for which the same
        is chosen have the same plan."""
        number = {dim: at for at, dim in enumerate(self.dims)}
        loops = tuple(len(dim.counters) for dim in self.dims)
        inner = None if self.inner is None else number[self.inner]
        tile = None if self.tile is None else self.tile.choice(number, names)
        packed = tuple(names[access] for access in self.packed), self.chunk
        return self.kind, loops, tuple(number[dim] for dim in self.order), inner, tile, self.strip, packed


def schedule(nest: Nest, target: Target) -> Schedule:
    """Chooses for a processor."""
    counters_used = uses_counters(nest)
    accesses = dict.fromkeys([*nest.stores, *nest.loads, nest.result])
    dims = [
        Dim([c], c.trips, {a: a.stride(c) for a in accesses}, bool(nest.store.stride(c))) for c in nest.loops
    ]
    if not counters_used:
        dims = coalesce(dims)
    parallel = [d for d in dims if d.parallel]
    reduction = [d for d in dims if not d.parallel]
    if not reduction:
        inner = _innermost(parallel, nest) if parallel else None
        return Schedule("map", dims, [d for d in parallel if d is not inner], inner)
    if is_vectorisable(nest) and not counters_used:
        tile = best_tile(nest, parallel, reduction, target)
        if tile is not None:
            inside = {*tile.vector, tile.unrolled}
            return Schedule("tile", dims, [d for d in parallel if d not in inside], None, tile)
    inner = _innermost(parallel, nest) if parallel else None
    plan = Schedule("strip", dims, [d for d in parallel if d is not inner], inner, strip=target.strip)
    if inner is not None:
        _pack_strided(plan, nest, inner, reduction, target)
    return plan


def _pack_strided(plan: Schedule, nest: Nest, inner: Dim, reduction: list[Dim], target: Target) -> None:
    """Has a strip's operands copied where its lanes are not side by side."""
    turns = math.prod(dim.likely for dim in reduction)
    if turns < _TURNS_TO_PACK or inner.likely < _TURNS_TO_PACK:
        return
    loads = [a for a in nest.loads if a not in nest.own and any(d.strides[a] for d in reduction)]
    most = target.caches.panel // (PACKED_STRIP * nest.store.size)
    first, inside = reduction[0], trips_of(reduction[1:])
    chunk = None
    if inside is not None and (turns > most or first.trips is None):
        chunk = max(1, most // max(inside, 1))
    if chunk is not None and nest.result is not nest.store:
        return  # there is nowhere to keep running values between chunks
    plan.packed, plan.chunk = tuple(a for a in loads if inner.distance(a) > 1), chunk
    plan.strip = PACKED_STRIP if plan.packed else plan.strip


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
    return walk_as_one(outer, inner, inner.strides)


def _innermost(parallel: list[Dim], nest: Nest) -> Dim:
    """The loop with the most unit strides; stores count most, a short loop little."""

    def score(dim: Dim) -> tuple[float, int]:
        weight = sum(3.0 for store in nest.stores if dim.distance(store) == 1)
        for load in nest.loads:
            stride = dim.distance(load)
            weight += 1.0 if stride == 1 else 0.5 if stride == 0 else 0.0
        return weight * min(1.0, dim.likely / 8), parallel.index(dim)

    return max(parallel, key=score)
