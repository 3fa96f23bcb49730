"""Register tiles: rows x columns of vectors of running values, carried through a whole reduction in registers.

    static void nest3_8x2x16(vm_elem_f32* VM_RESTRICT out, const vm_elem_f32* in1, const vm_elem_f32* in2) {
      vm_f32x16 c0_0 = *(const vm_f32x16*)(out + 0), …
      for (int64_t r0 = 0; r0 < 512; r0++) {
        const vm_f32x16 v2_0 = *(const vm_f32x16*)(in2 + r0 * 512), …
        c0_0 = in1[r0] * v2_0 + c0_0; …
      }
      *(vm_f32x16*)(out + 0) = c0_0; …
    }

Multiplication and addition round separately (the build says -ffp-contract=off), and every element meets its terms in
the original order: the bits are those of the literal loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from transpile.emit.literals import C_TYPES, constant
from transpile.emit.parallel import Parts
from transpile.ir.nodes import Op, Value
from transpile.nests.nest import Access, Nest
from transpile.nests.schedule import Dim, Schedule, vector_steps

_FORMS = {
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} * {1}",
    "div": "{0} / {1}",
    "fma": "{0} * {1} + {2}",
}
_SCALARS = {"f32": "float", "f64": "double", "i32": "uint32_t", "i64": "uint64_t"}


def _form(op: Op) -> str | None:
    name, _, suffix = op.mnemonic.partition(".")
    if suffix not in _SCALARS or (name == "div" and suffix.startswith("i")):
        return None
    return _FORMS.get(name)


def is_vectorisable(nest: Nest) -> bool:
    """Whether the body is arithmetic on elements of the stored type that C's vector operators express."""
    kind = nest.store.op.mnemonic.split(".", 2)[2]
    for op in nest.body:
        if op.mnemonic.startswith("buffer.load."):
            if op.mnemonic.split(".", 2)[2] != kind:
                return False
        elif _form(op) is None or not op.mnemonic.endswith(kind):
            return False
    return kind in _SCALARS and nest.store.op.operands[2].op in nest.body


@dataclass(frozen=True)
class _Shape:
    rows: int
    columns: int
    width: int  # lanes of one vector; 1: scalars

    @property
    def lanes(self) -> int:
        return self.columns * self.width


class TileWriter:
    """The loops around the tiles, and the tile functions they need."""

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
        self.kind = nest.store.op.mnemonic.split(".", 2)[2]
        self.lanes = plan.tile.lanes
        self.reduction = [d for d in plan.dims if not d.parallel]
        self.loads = [a for a in nest.loads if a not in nest.own]
        self.number = number
        self.invariants = self._invariants()
        self.functions: list[str] = []
        self._made: dict[_Shape, str] = {}

    def _invariants(self) -> dict[Value, str]:
        """Values from outside the nest that the body uses: constants as they are, others as parameters."""
        found: dict[Value, str] = {}
        inside = set(self.nest.body)
        for op in self.nest.body:
            if op.mnemonic.startswith("buffer.load."):
                continue
            for value in op.operands:
                if value.op is None or value.op not in inside:
                    constant_op = value.op if value.op is not None and value.op.mnemonic.startswith("const.") else None
                    text = constant(value.type, constant_op.attrs["value"]) if constant_op else self.number(value)
                    found[value] = f"({_SCALARS[self.kind]}){text}"
        return found

    def _passed(self) -> list[tuple[str, str]]:
        """Type and name of the invariants that tiles take as parameters."""
        names = {text.partition(")")[2]: value for value, text in self.invariants.items()}
        return [(C_TYPES[value.type], name) for name, value in names.items() if name.isidentifier()]

    def lines(self, parts: Callable[[], Parts]) -> list[str]:
        """Loops over everything that is parallel; tiles inside."""
        self.parts = parts()
        self.parts.parameters.append("const int64_t v")  # where a loop inside the vector loop is outlined
        for index in range(len(self.tile.packed)):
            self.parts.parameters += [
                f"vm_elem_{self.kind}* const panel{index}",
                f"vm_elem_{self.kind}* VM_RESTRICT const pack{index}",
                f"const uint64_t size{index}",
            ]
        outer = self.plan.order
        bound_to_pack = [d for d in outer if any(d.strides[a] for a in self.tile.packed)]
        free = [d for d in outer if d not in bound_to_pack]
        heads = [self._head(d) for d in bound_to_pack]
        body = list(self._vector_loop(free, inside=bool(heads)))
        lines = self.parts.spread([*heads, *body, *("}" for _ in heads)]) if heads else body
        unfused = ["if (VM_FUSED_FMA) return 0;"] if self._uses_fma() else []
        return [*unfused, *self._scratch(), *lines, *self._scratch_end()]

    def _uses_fma(self) -> bool:
        return any(op.mnemonic in ("fma.f32", "fma.f64") for op in self.nest.body)

    def _head(self, dim: Dim) -> str:
        turn = self._turn(dim)
        return f"for (int64_t {turn} = 0; {turn} < {self.trips[dim]}; {turn}++) {{"

    def _turn(self, dim: Dim) -> str:
        return f"t{self.plan.dims.index(dim)}"

    # ---- loops around the tiles ------------------------------------------------------------------------------------

    def _vector_loop(self, free: list[Dim], *, inside: bool) -> Iterator[str]:
        """`inside`: a loop further out runs in parallel.  Else this one does where it has turns enough, or the loops
        behind the packing."""
        full = self.tile.columns * self.lanes
        trips = self.tile.vector.trips
        here = not inside and (trips is None or trips // full >= 4)
        for head, at, columns, width in _blocks(trips, self.trips[self.tile.vector], full, self.lanes):
            spread = here and head[0].startswith("for (int64_t v = 0;")
            rest = [*(self._head(d) for d in free), *self._row_loop(at, columns, width), *("}" for _ in free)]
            rest = rest if spread or inside else self.parts.spread(rest)
            block = [*head, *self._pack(at, columns * width, alone=not spread and not inside), *rest, "}"]
            yield from self.parts.spread(block) if spread else block

    def _row_loop(self, at: str, columns: int, width: int) -> Iterator[str]:
        dim = self.tile.unrolled
        if dim is None:
            yield self._call(at, "0", _Shape(1, columns, width))
            return
        rows, count = self.tile.rows, self.trips[dim]
        if dim.trips is None:
            start = f"{count} - {count} % {rows}"
            full, single = (self._call(at, "u", _Shape(n, columns, width)) for n in (rows, 1))
            yield f"for (int64_t u = 0; u < {start}; u += {rows}) {full}"
            yield f"for (int64_t u = {start}; u < {count}; u++) {single}"
            return
        whole = dim.trips - dim.trips % rows
        if whole:
            call = self._call(at, "u", _Shape(rows, columns, width))
            yield f"for (int64_t u = 0; u < {whole}; u += {rows}) {call}"
        if dim.trips % rows:
            yield self._call(at, str(whole), _Shape(dim.trips % rows, columns, width))

    def _call(self, at: str, row: str, shape: _Shape) -> str:
        name = self._function(shape)
        arguments = [f"out + {self._corner(self.nest.store, at, row)}"]
        for access in self.loads:
            if access in self.tile.packed:
                arguments.append(f"pack{self.tile.packed.index(access)}")
            else:
                arguments.append(f"{self.pointers[access]} + {self._corner(access, at, row)}")
        symbolic = [self.trips[d] for d in self.reduction if d.trips is None]
        return f"{name}({', '.join([*arguments, *symbolic, *(n for _, n in self._passed())])});"

    def _corner(self, access: Access, at: str, row: str) -> str:
        terms = [f"{self._turn(d)} * {d.strides[access]}" for d in self.plan.order if d.strides[access]]
        for dim, turn in ((self.tile.vector, at), (self.tile.unrolled, row)):
            if dim is not None and dim.strides[access] and turn != "0":
                terms.append(f"{turn} * {dim.strides[access]}")
        return " + ".join(terms) or "0"

    # ---- packed copies -----------------------------------------------------------------------------------------------

    def _panel(self, access: Access) -> str:
        """Elements of a packed copy for one lane."""
        return " * ".join([self.trips[d] for d in self.reduction if d.strides[access]] or ["1"])

    def _scratch(self) -> Iterator[str]:
        width = self.tile.columns * self.lanes
        for access in self.tile.packed:
            yield f"if ((double){self._panel(access).replace(' * ', ' * (double)')} > 1e9) return 0;"
        for index, access in enumerate(self.tile.packed):
            yield f"const uint64_t size{index} = (uint64_t)({self._panel(access)}) * {width * access.size};"
            scratch = f"vm_nest_scratch(vm, size{index} * (uint64_t)threads)"
            yield f"vm_elem_{self.kind}* const panel{index} = (vm_elem_{self.kind}*){scratch};"
        if self.tile.packed:
            yield f"if ({' || '.join(f'!panel{i}' for i in range(len(self.tile.packed)))}) {{"
            yield from self._scratch_end()
            yield "return 0;"
            yield "}"

    def _scratch_end(self) -> Iterator[str]:
        for index in range(len(self.tile.packed)):
            yield f"vm_nest_scratch_release(vm, panel{index}, size{index} * (uint64_t)threads);"

    def _pack(self, at: str, width: int, *, alone: bool) -> Iterator[str]:
        """Fills the panels of one block; each thread has its own unless one thread packs for all (`alone`)."""
        for index, access in enumerate(self.tile.packed):
            place = "" if alone else f" + size{index} / {access.size} * (uint64_t)slot"
            yield f"vm_elem_{self.kind}* const pack{index} = panel{index}{place};"
            moving = [d for d in self.reduction if d.strides[access]]
            yield "{"
            yield f"vm_elem_{self.kind}* to = pack{index};"
            yield from (self._head(d) for d in moving)
            source = self._corner(access, at, "0")
            terms = [source, *(f"{self._turn(d)} * {d.strides[access]}" for d in moving)]
            step = self.tile.vector.strides[access]
            yield f"const vm_elem_{self.kind}* from = {self.pointers[access]} + {' + '.join(terms)};"
            yield f"for (int64_t l = 0; l < {width}; l++) *to++ = from[l * {step}];"
            yield from ("}" for _ in moving)
            yield "}"

    # ---- one tile ----------------------------------------------------------------------------------------------------

    def _function(self, shape: _Shape) -> str:
        if shape not in self._made:
            name = f"@name@_{shape.rows}x{shape.columns}x{shape.width}"
            self._made[shape] = name
            self.functions.append("\n".join(self._tile(name, shape)))
        return self._made[shape]

    def _vector(self, width: int) -> str:
        return f"vm_{self.kind}x{width}" if width > 1 else _SCALARS[self.kind]

    def _tile(self, name: str, shape: _Shape) -> Iterator[str]:
        element = f"vm_elem_{self.kind}"
        inputs = [f"const {element}* VM_RESTRICT const {self.pointers[a]}" for a in self.loads]
        symbolic = [f"const int64_t {self.trips[d]}" for d in self.reduction if d.trips is None]
        passed = [f"const {kind} {text}" for kind, text in self._passed()]
        parameters = [f"{element}* VM_RESTRICT const out", *inputs, *symbolic, *passed]
        yield f"static VM_NOINLINE void {name}({', '.join(parameters)}) {{"
        yield from self._read_running(shape)
        yield from (self._head(d) for d in self.reduction)
        yield from self._turn_body(shape)
        yield from ("}" for _ in self.reduction)
        yield from self._write_running(shape)
        yield "}"

    def _cells(self, shape: _Shape) -> list[tuple[int, int]]:
        return [(row, column) for row in range(shape.rows) for column in range(shape.columns)]

    def _place(self, row: int, column: int, shape: _Shape) -> int:
        """Element of `out` where a vector of running values starts."""
        unrolled = self.tile.unrolled.strides[self.nest.store] if self.tile.unrolled else 0
        return row * unrolled + column * shape.width * self.tile.vector.strides[self.nest.store]

    def _in_memory(self, shape: _Shape) -> bool:
        """Whether a vector of running values is one piece of memory."""
        return self.tile.vector.strides[self.nest.store] == 1

    def _read_running(self, shape: _Shape) -> Iterator[str]:
        vector, scalar = self._vector(shape.width), _SCALARS[self.kind]
        if shape.width == 1:
            for row, column in self._cells(shape):
                yield f"{scalar} c{row}_{column} = ({scalar})out[{self._place(row, column, shape)}];"
        elif self._in_memory(shape):
            for row, column in self._cells(shape):
                yield f"{vector} c{row}_{column} = *(const {vector}*)(out + {self._place(row, column, shape)});"
        else:
            yield f"vm_elem_{self.kind} lanes[{shape.rows * shape.lanes}];"
            yield from self._transfer(shape, "lanes[{lane}] = out[{place}];")
            for row, column in self._cells(shape):
                at = row * shape.lanes + column * shape.width
                yield f"{vector} c{row}_{column} = *(const {vector}*)(lanes + {at});"

    def _write_running(self, shape: _Shape) -> Iterator[str]:
        vector = self._vector(shape.width)
        if shape.width == 1:
            for row, column in self._cells(shape):
                yield f"out[{self._place(row, column, shape)}] = (vm_elem_{self.kind})c{row}_{column};"
        elif self._in_memory(shape):
            for row, column in self._cells(shape):
                yield f"*({vector}*)(out + {self._place(row, column, shape)}) = c{row}_{column};"
        else:
            for row, column in self._cells(shape):
                at = row * shape.lanes + column * shape.width
                yield f"*({vector}*)(lanes + {at}) = c{row}_{column};"
            yield from self._transfer(shape, "out[{place}] = lanes[{lane}];")

    def _transfer(self, shape: _Shape, move: str) -> Iterator[str]:
        """Between the array and running values that are strided in it."""
        unrolled = self.tile.unrolled.strides[self.nest.store] if self.tile.unrolled else 0
        along = self.tile.vector.strides[self.nest.store]
        yield f"for (int64_t l = 0; l < {shape.lanes}; l++) {{"
        yield f"for (int64_t r = 0; r < {shape.rows}; r++) {{"
        yield move.format(lane=f"r * {shape.lanes} + l", place=f"r * {unrolled} + l * {along}")
        yield "}"
        yield "}"

    def _turn_body(self, shape: _Shape) -> Iterator[str]:
        """One turn of the reduction: operands that rows share are loaded first."""
        names: dict[tuple[Access, int, int], str] = {}
        for index, access in enumerate(self.loads):
            pointer = f"{self.pointers[access]}"
            yield f"const vm_elem_{self.kind}* const q{index} = {pointer} + {self._offset(access, shape)};"
            if not self._per_row(access):
                for column in range(shape.columns if self._along(access) else 1):
                    yield self._operand(access, index, 0, column, shape, names)
        for row in range(shape.rows):
            for index, access in enumerate(self.loads):
                if self._per_row(access):
                    for column in range(shape.columns if self._along(access) else 1):
                        yield self._operand(access, index, row, column, shape, names)
            for column in range(shape.columns):
                yield f"c{row}_{column} = {self._expression(row, column, names)};"

    def _along(self, access: Access) -> bool:
        return self.tile.vector.strides[access] != 0

    def _per_row(self, access: Access) -> bool:
        return self.tile.unrolled is not None and self.tile.unrolled.strides[access] != 0

    def _offset(self, access: Access, shape: _Shape) -> str:
        """Where the reduction's turn stands in an operand: in the array, or in its packed copy."""
        if access not in self.tile.packed:
            terms = [f"{self._turn(d)} * {d.strides[access]}" for d in self.reduction if d.strides[access]]
            return " + ".join(terms) or "0"
        text = ""
        for dim in self.reduction:
            if dim.strides[access]:
                text = f"({text}) * {self.trips[dim]} + {self._turn(dim)}" if text else self._turn(dim)
        return f"({text}) * {shape.lanes}" if text else "0"

    def _operand(
        self,
        access: Access,
        index: int,
        row: int,
        column: int,
        shape: _Shape,
        names: dict[tuple[Access, int, int], str],
    ) -> str:
        unrolled = self.tile.unrolled.strides[access] if self.tile.unrolled else 0
        name = f"v{index}_{row}_{column}"
        names[access, row, column] = name
        if self._along(access):
            place = row * unrolled + column * shape.width
            vector = self._vector(shape.width)
            if shape.width > 1:
                return f"const {vector} {name} = *(const {vector}*)(q{index} + {place});"
            return f"const {vector} {name} = ({vector})q{index}[{place}];"
        scalar = _SCALARS[self.kind]
        return f"const {scalar} {name} = ({scalar})q{index}[{row * unrolled}];"

    def _expression(self, row: int, column: int, names: dict[tuple[Access, int, int], str]) -> str:
        places = {a.op: a for a in self.nest.loads}

        def text(value: Value) -> str:
            if value in self.invariants:
                return self.invariants[value]
            op = value.op
            assert op is not None
            access = places.get(op)
            if access is None:
                form = _form(op)
                assert form is not None
                return f"({form.format(*(text(v) for v in op.operands))})"
            if access in self.nest.own:
                return f"c{row}_{column}"
            at = row if self._per_row(access) else 0
            return names[access, at, column if self._along(access) else 0]

        return text(self.nest.store.op.operands[2])


def _blocks(trips: int | None, count: str, full: int, lanes: int) -> Iterator[tuple[list[str], str, int, int]]:
    """Blocks that cover the vector loop: opening line, place, vectors side by side, lanes of each."""
    columns = full // lanes
    if trips is None:
        yield [f"for (int64_t v = 0; v < {count} - {count} % {full}; v += {full}) {{"], "v", columns, lanes
        yield [f"for (int64_t v = {count} - {count} % {full}; v < {count}; v++) {{"], "v", 1, 1
        return
    whole = trips - trips % full
    if whole:
        yield [f"for (int64_t v = 0; v < {whole}; v += {full}) {{"], "v", columns, lanes
    at = whole
    for width in vector_steps(trips - whole, lanes):
        yield ["{"], str(at), 1, width
        at += width
