"""The loops around the register tiles of a nest with packed operands, and the packing.

    for (int64_t v0 = 0; v0 < 196; v0 += 112) {                    a block of lanes
      for (int64_t c0 = 0; c0 < 512; c0 += 171) {                  a chunk of the reduction
        vm_nest_pack_32_32(pack0, in1 + c0 * 196, …);
        for (int64_t block = 0; block < 11; block++) {             rows
          const int64_t u = …;
          for (int64_t v = 0; v < 112; v += 16) {
            tile(out + u * 196 + v0 + v, 196, pack0 + v * 171, in2 + u * 512 + c0, …);
          }
        }
      }
    }

Each thread has panels of its own. A last panel that is not full is padded, and its running values go through an array.
"""

from __future__ import annotations

from collections.abc import Iterator

from transpile.emit.microkernel import Shape, Transfer
from transpile.emit.parallel import Parts
from transpile.emit.tiles import TileWriter
from transpile.nests.nest import WIDENED, Access, Dim, element_kind
from transpile.nests.tiling import BLOCKS_FOR_THREADS, row_blocks


class PanelWriter(TileWriter):
    """Writes the work of one nest with packed operands."""

    def _work(self, parts: Parts) -> list[str]:
        element = f"vm_elem_{self.body.kind}"
        for index in range(len(self.tile.packed)):
            parts.parameters += [f"{element}* const panel{index}", f"const uint64_t size{index}"]
        parts.parameters += [f"const int64_t* const {table}" for table in self.body.tables.values()]
        return [*self._scratch(), *self._blocks_of_lanes(parts)]

    def _blocks_of_lanes(self, parts: Parts) -> list[str]:
        tile = self.tile
        bound = [d for d in self.plan.order if any(d.strides[a] for a in tile.packed)]
        self.free = [d for d in self.plan.order if d not in bound]
        count = self.count()
        blocks = [
            f"for (int64_t v0 = 0; v0 < {count}; v0 += {tile.block}) {{",
            f"const int64_t vn = {count} - v0 < {tile.block} ? {count} - v0 : {tile.block};",
            *self._places(),
            *self._chunks(),
            "}",
        ]
        heads = [self.head(d) for d in bound]
        many = tile.count is None or tile.count > BLOCKS_FOR_THREADS * tile.block or bool(heads)
        loops = [*heads, *blocks, *("}" for _ in heads)]
        if many or tile.unrolled is None or tile.unrolled.trips is None:
            return parts.spread(loops)
        turns = row_blocks(tile.unrolled.trips, tile.rows)[0]
        if turns < BLOCKS_FOR_THREADS:
            return parts.spread(loops)
        ranged = "for (int64_t block = from_turn; block < to_turn; block++) {"
        head = f"for (int64_t block = 0; block < {turns}; block++) {{"
        return parts.share([ranged if line == head else line for line in loops], str(turns))

    def _places(self) -> Iterator[str]:
        """Where the running values of a block are, if they are not one piece of memory."""
        if not self.contiguous:
            yield f"int64_t places[{self.tile.block}];"
            yield f"vm_nest_places(places, v0, vn, {self._lane_walk(self.nest.store)});"

    def _lane_walk(self, access: Access) -> str:
        return self._walk([self.trips[d] for d in self.tile.vector], [d.strides[access] for d in self.tile.vector])

    def _walk(self, trips: list[str], strides: list[int]) -> str:
        """Loops for the runtime: how many, their counts, and what a turn of each adds to an offset.

        A loop that goes on where the one inside it ends is one with it: long runs are what packing is quick with.
        """
        counts, steps = trips[:1], strides[:1]
        for count, step in zip(trips[1:], strides[1:], strict=True):
            if count.isdecimal() and steps[-1] == int(count) * step:
                both = f"{counts[-1]} * {count}"
                counts[-1], steps[-1] = str(int(counts[-1]) * int(count)) if counts[-1].isdecimal() else both, step
            else:
                counts.append(count)
                steps.append(step)
        lists = [f"(const int64_t[]){{{', '.join(map(str, items))}}}" for items in (counts, steps)]
        return f"{len(counts)}, {', '.join(lists)}"

    def _chunks(self) -> Iterator[str]:
        tile, first = self.tile, self.reduction[0]
        if tile.chunk is not None:
            total = self.trips[first]
            yield f"for (int64_t c0 = 0; c0 < {total}; c0 += {tile.chunk}) {{"
            yield f"const int64_t cn = {total} - c0 < {tile.chunk} ? {total} - c0 : {tile.chunk};"
        for index, access in enumerate(tile.packed):
            yield from self._pack(index, access)
        yield f"const int64_t turns = {' * '.join(self._turns('cn'))};"
        heads = [self.head(d) for d in self.free]
        yield from (*heads, *self.rows(self._panels), *("}" for _ in heads))
        if tile.chunk is not None:
            yield "}"

    def _turns(self, chunk: str) -> list[str]:
        """Turns of each reduction loop in a panel, `chunk` of the outermost where that is cut."""
        first = chunk if self.tile.chunk is not None else self.trips[self.reduction[0]]
        return [first, *(self.trips[d] for d in self.reduction[1:])]

    def _start(self) -> list[tuple[str, Dim]]:
        return [("c0", self.reduction[0])] if self.tile.chunk is not None else []

    def _pack(self, index: int, access: Access) -> Iterator[str]:
        bits = access.size * 8
        source = WIDENED.get(element_kind(access.op), str(bits)) if access.size != self.nest.store.size else str(bits)
        extra = [(turn, dim.strides[access]) for turn, dim in self._start()]
        corner = self.corner(access, extra)
        own = f"panel{index} + size{index} / {self.nest.store.size} * (uint64_t)slot"
        yield f"vm_elem_{self.body.kind}* const pack{index} = {own};"
        yield (
            f"vm_nest_pack_{self.nest.store.size * 8}_{source}(pack{index}, {self.pointers[access]} + {corner}, "
            f"v0, vn, {self.tile.width}, {self._lane_walk(access)}, "
            f"{self._walk(self._turns('cn'), [d.strides[access] for d in self.reduction])});"
        )

    def _panels(self, rows: int, u: str) -> list[str]:
        """The tiles of one block of rows: full panels, then what is left."""
        tile = self.tile
        width, count = tile.width, tile.count
        lines = []
        rest = None if count is None else count % width
        if count is None or count >= width:
            limit = "vn" if rest == 0 else f"vn - vn % {width}"
            call = self._panel_call(rows, u, tile.columns, "v", None)
            lines += [f"for (int64_t v = 0; v < {limit}; v += {width}) {{", *call, "}"]
        if rest == 0:
            return lines
        columns = tile.columns if rest is None else -(-rest // tile.lanes)
        partial = rest is None or rest % tile.lanes != 0
        valid = f"vn % {width}"
        call = self._panel_call(rows, u, columns, f"vn - {valid}", valid if partial else None)
        return [*lines, f"if ({valid}) {{", *call, "}"]

    def _panel_call(self, rows: int, u: str, columns: int, v: str, valid: str | None) -> list[str]:
        tile, store = self.tile, self.nest.store
        transfer: Transfer = "direct" if valid is None else "partial"
        if not self.contiguous:
            transfer = "scattered"
        shape = Shape(rows, columns, tile.lanes, tile.width, transfer)
        row = [(u, tile.unrolled)] if tile.unrolled else []
        pointers = []
        for access in self.body.loads:
            if access in tile.packed:
                pointers.append(f"pack{tile.packed.index(access)} + ({v}) * turns")
            else:
                lane = [("v0", tile.vector[-1]), (f"({v})", tile.vector[-1])]  # moves what is read as vectors
                extra = [(turn, dim.strides[access]) for turn, dim in (*row, *self._start(), *lane)]
                pointers.append(f"{self.pointers[access]} + {self.corner(access, extra)}")
        extra = [(turn, dim.strides[store]) for turn, dim in row]
        if self.contiguous:
            extra += [("v0", 1), (f"({v})", 1)]
        out = f"out + {self.corner(store, extra)}"
        return [self.body.call(shape, out, pointers, valid or str(shape.used), f"places + ({v})")]

    def _scratch(self) -> Iterator[str]:
        """Memory for the tables, and for the panels of all operands and threads."""
        size, element = self.nest.store.size, f"vm_elem_{self.body.kind}"
        turns = " * ".join(self._turns(str(self.tile.chunk)))
        yield f"if ({turns.replace(' * ', ' * (double)')} > 1e9) return 0;"
        names = [f"size{index}" for index in range(len(self.tile.packed))]
        yield from (f"const uint64_t {name} = (uint64_t)({turns}) * {self.tile.block * size};" for name in names)
        tables = f"{len(self.body.tables)} * table + " if self.body.tables else ""
        if tables:
            yield f"const uint64_t table = ((uint64_t)({turns}) + 7) / 8 * 64;"
        total = f"{tables}({' + '.join(names)}) * (uint64_t)threads"
        yield f"uint8_t* const scratch = (uint8_t*)vm_nest_scratch(vm, {total});"
        yield "if (!scratch) return 0;"
        yield from self._tables(turns)
        yield f"{element}* const panel0 = ({element}*)(void*)({tables}scratch);"
        for index, before in enumerate(names[:-1]):
            yield f"{element}* const panel{index + 1} = panel{index} + {before} / {size} * (uint64_t)threads;"

    def _tables(self, turns: str) -> Iterator[str]:
        """The offsets of the turns of a chunk in operands that are not packed; the last chunk needs the first ones."""
        for number, (access, table) in enumerate(self.body.tables.items()):
            walk = self._walk(self._turns(str(self.tile.chunk)), [d.strides[access] for d in self.reduction])
            yield f"int64_t* const {table} = (int64_t*)(void*)({number} * table + scratch);"
            yield f"vm_nest_places({table}, 0, {turns}, {walk});"
