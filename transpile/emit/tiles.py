"""The loops around the register tiles of a nest whose operands are read where they are.

    for (int64_t t0 = 0; t0 < 48; t0++) {
      for (int64_t v = 0; v < 48; v += 16) {                       lanes
        for (int64_t block = 0; block < 8; block++) {              rows
          const int64_t u = block * 6;
          tile(out + t0 * 2304 + u * 48 + v, in1 + t0 * 2500 + u * 50 + v, in2 + t0 * 9);
        }
      }
    }

`microkernel` has the tiles themselves, `panels` the loops where operands are packed; `nests.tiling` decides which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from transpile.emit.microkernel import Shape
from transpile.emit.parallel import Parts
from transpile.emit.tile_body import TileBody
from transpile.ir.nodes import Value
from transpile.nests.nest import Access, Dim, Nest
from transpile.nests.schedule import Schedule
from transpile.nests.tiling import BLOCKS_FOR_THREADS, is_contiguous, narrower, narrowing, row_blocks


class TileWriter:
    """Writes the work of one nest."""

    def __init__(
        self,
        nest: Nest,
        plan: Schedule,
        trips: dict[Dim, str],
        pointers: dict[Access, str],
        number: Callable[[Value], str],
    ) -> None:
        assert plan.tile is not None
        self.nest, self.plan, self.tile, self.trips, self.pointers = nest, plan, plan.tile, trips, pointers
        self.reduction = [d for d in plan.dims if not d.parallel]
        self.body = TileBody(nest, plan.tile, self.reduction, trips, number)
        self.contiguous = is_contiguous(nest.store, self.tile.vector)

    def lines(self, parts: Parts) -> list[str]:
        """All of the work; what runs in parallel becomes a function of `parts`."""
        unfused = ["if (VM_FUSED_FMA) return 0;"] if self._uses_fma() else []
        return [*unfused, *self._work(parts)]

    def _uses_fma(self) -> bool:
        return any(op.mnemonic in ("fma.f32", "fma.f64") for op in self.nest.body)

    def head(self, dim: Dim) -> str:
        turn = self.turn(dim)
        return f"for (int64_t {turn} = 0; {turn} < {self.trips[dim]}; {turn}++) {{"

    def turn(self, dim: Dim) -> str:
        return f"t{self.plan.dims.index(dim)}"

    def corner(self, access: Access, extra: list[tuple[str, int]]) -> str:
        """Offset of an operand's first element for a tile, from the loops outside of it and `extra` turns."""
        turns = [(self.turn(d), d.strides[access]) for d in self.plan.order]
        terms = [t if s == 1 else f"{t} * {s}" for t, s in (*turns, *extra) if s and t != "0"]
        return " + ".join(terms) or "0"

    def count(self) -> str:
        """Turns of the flattened vector loops."""
        known = self.tile.count
        return str(known) if known is not None else " * ".join(self.trips[d] for d in self.tile.vector)

    def _work(self, parts: Parts) -> list[str]:
        heads = [self.head(d) for d in self.plan.order]
        body = list(self._blocks(parts, alone=not heads))
        return parts.spread([*heads, *body, *("}" for _ in heads)]) if heads else body

    def _blocks(self, parts: Parts, *, alone: bool) -> Iterator[str]:
        """Blocks of lanes that cover the vector loop, the last ones narrower; `alone`: no loop is outside."""
        if not self.tile.vector:
            yield from self.rows(lambda rows, u: self._tiles(rows, 1, 1, "0", u))
            return
        full, known = self.tile.width, self.tile.count
        if known is None:
            yield from self._blocks_of_unknown(parts, alone=alone)
            return
        whole = known - known % full
        if whole:
            block = [
                f"for (int64_t v = 0; v < {whole}; v += {full}) {{",
                *self.rows(lambda rows, u: self._tiles(rows, self.tile.columns, self.tile.lanes, "v", u)),
                "}",
            ]
            yield from parts.spread(block) if alone and whole // full >= BLOCKS_FOR_THREADS else block
        at = whole
        for lanes in narrower(known - at, self.tile.lanes):
            yield from self.rows(lambda rows, u, at=at, lanes=lanes: self._tiles(rows, 1, lanes, str(at), u))  # type: ignore[misc]
            at += lanes

    def _blocks_of_unknown(self, parts: Parts, *, alone: bool) -> Iterator[str]:
        """Loops over blocks that become narrower, each over what is left by the one before."""
        count, start = self.count(), "0"
        for columns, lanes in narrowing(self.tile.columns, self.tile.lanes):
            width = columns * lanes
            end = f"{count} - {count} % {width}" if width > 1 else count
            block = [
                f"for (int64_t v = {start}; v < {end}; v += {width}) {{",
                *self.rows(lambda rows, u, c=columns, n=lanes: self._tiles(rows, c, n, "v", u)),  # type: ignore[misc]
                "}",
            ]
            yield from parts.spread(block) if alone and start == "0" else block
            start = end

    def _tiles(self, rows: int, columns: int, lanes: int, v: str, u: str) -> list[str]:
        tile, store = self.tile, self.nest.store
        shape = Shape(rows, columns, lanes, columns * lanes, "direct")
        lane = [(v, tile.vector[0])] if tile.vector else []
        row = [(u, tile.unrolled)] if tile.unrolled else []

        def extra(access: Access) -> list[tuple[str, int]]:
            return [(turn, dim.strides[access]) for turn, dim in (*lane, *row)]

        pointers = [f"{self.pointers[a]} + {self.corner(a, extra(a))}" for a in self.body.loads]
        if tile.vector and not self.contiguous and lanes > 1:
            shape = replace(shape, transfer="scattered")
            step = tile.vector[0].strides[store]
            steps = ", ".join(str(step * lane) for lane in range(columns * lanes))
            place = f"(const int64_t[]){{{steps}}}"
            out = f"out + {self.corner(store, extra(store))}"
            return [self.body.call(shape, out, pointers, str(columns * lanes), place)]
        return [self.body.call(shape, f"out + {self.corner(store, extra(store))}", pointers)]

    def rows(self, work: Callable[[int, str], list[str]]) -> list[str]:
        """Blocks of rows, of two sizes that differ by one."""
        dim = self.tile.unrolled
        if dim is None:
            return work(1, "0")
        if dim.trips is None:
            count, rows = self.trips[dim], self.tile.rows
            start = f"{count} - {count} % {rows}"
            return [
                f"for (int64_t u = 0; u < {start}; u += {rows}) {{", *work(rows, "u"), "}",
                f"for (int64_t u = {start}; u < {count}; u++) {{", *work(1, "u"), "}",
            ]  # fmt: skip
        blocks, rows, longer = row_blocks(dim.trips, self.tile.rows)
        if blocks == 1:
            return work(rows, "0")
        head = f"for (int64_t block = 0; block < {blocks}; block++) {{"
        if not longer:
            return [head, f"const int64_t u = block * {rows};", *work(rows, "u"), "}"]
        return [
            head,
            f"const int64_t u = block * {rows} + (block < {longer} ? block : {longer});",
            f"if (block < {longer}) {{", *work(rows + 1, "u"), "} else {", *work(rows, "u"), "}",
            "}",
        ]  # fmt: skip
