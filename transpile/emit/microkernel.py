"""The innermost function of a tile: `rows` x `columns` vectors of running values go through a reduction in registers.

    void tile(vm_elem_f32* out, int64_t row, const vm_elem_f32* in1, const vm_elem_f32* in2, int64_t in2_row, …) {
      vm_f32x8 c0_0 = *(const vm_f32x8*)(out), c1_0 = *(const vm_f32x8*)(out + row), …
      for (int64_t k0 = 0; k0 < n0; k0++) {
        const vm_f32x8 b1_0 = *(const vm_f32x8*)in1;
        c0_0 = in2[k0] * b1_0 + c0_0;
        c1_0 = (in2 + in2_row)[k0] * b1_0 + c1_0; …
        in1 += 8;
      }
      *(vm_f32x8*)(out) = c0_0; …
    }

Strides and trip counts are parameters where operands are packed, so that nests of different sizes share a function.
Multiplication and addition round separately (the build says -ffp-contract=off), and every element meets its terms in
the original order: the bits are those of the literal loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

SCALARS = {"f32": "float", "f64": "double", "i32": "uint32_t", "i64": "uint64_t"}

Transfer = Literal["direct", "partial", "scattered"]
"""How running values get into vectors: as vectors; through an array, the first so many lanes; or from places that a
table names."""


@dataclass(frozen=True)
class Operand:
    """A load of the body. `strides` are those of the kernel's reduction loops, as C text: a literal, or a parameter's
    name; None for a packed operand, whose turns follow each other. `table`: instead of strides, the parameter with the
    offset of each turn. `row` is the stride of the rows, like those of the loops."""

    name: str
    element: str  # C type
    along: bool  # varies along the lanes
    row: str | None
    strides: tuple[str, ...] | None
    table: str | None = None


@dataclass(frozen=True)
class Shape:
    """Of one kernel; `width` lanes lie side by side in a panel, of which `columns * lanes` are used."""

    rows: int
    columns: int
    lanes: int  # of one vector; 1: scalars
    width: int
    transfer: Transfer

    @property
    def used(self) -> int:
        return self.columns * self.lanes


@dataclass(frozen=True)
class Kernel:
    """What all shapes of one nest's kernels share. `row` is the stride of rows in the result, `trips` the counts of the
    reduction loops, both as C text; `expression` writes the stored value, given how to write a load and the running
    value."""

    kind: str
    row: str | None
    operands: tuple[Operand, ...]
    trips: tuple[str, ...]
    passed: tuple[tuple[str, str], ...]  # type and name of values from outside
    expression: Callable[[Callable[[Operand], str], str], str]

    def parameters(self, shape: Shape) -> list[str]:
        """Declarations, in the order in which the call gives arguments."""
        element = f"vm_elem_{self.kind}"
        found = [f"{element}* VM_RESTRICT const out"]
        if self.row is not None and shape.rows > 1:
            found.append(self.row)
        if shape.transfer != "direct":
            found.append("valid")
        if shape.transfer == "scattered":
            found.append("const int64_t* const place")
        for operand in self.operands:
            qualifier = "" if operand.strides is None else "const "
            found.append(f"const {operand.element}* VM_RESTRICT {qualifier}{operand.name}")
            found += [*([operand.row] if operand.row and shape.rows > 1 else []), *(operand.strides or ())]
            found += [f"const int64_t* VM_RESTRICT const {operand.table}"] if operand.table else []
        found += [*self.trips, *(f"const {kind} {name}" for kind, name in self.passed)]
        declared = [text if " " in text else f"const int64_t {text}" for text in found if not _is_number(text)]
        return list(dict.fromkeys(declared))

    def text(self, name: str, shape: Shape) -> str:
        """The C function."""
        return "\n".join(
            [
                f"void {name}({', '.join(self.parameters(shape))}) {{",
                *self._read(shape),
                *self._row_pointers(shape),
                *(f"for (int64_t k{i} = 0; k{i} < {n}; k{i}++) {{" for i, n in enumerate(self.trips)),
                *self._turn(shape),
                *("}" for _ in self.trips),
                *self._write(shape),
                "}",
            ]
        )

    # ---- running values ----------------------------------------------------------------------------------------------

    def _cells(self, shape: Shape) -> list[tuple[int, int]]:
        return [(row, column) for row in range(shape.rows) for column in range(shape.columns)]

    def _vector(self, shape: Shape) -> str:
        return f"vm_{self.kind}x{shape.lanes}" if shape.lanes > 1 else SCALARS[self.kind]

    def _place(self, row: int, column: int, shape: Shape) -> str:
        return " + ".join(["out", *_times(row, self.row or "0"), *_times(column, str(shape.lanes))])

    def _read(self, shape: Shape) -> Iterator[str]:
        vector = self._vector(shape)
        if shape.transfer == "direct":
            for row, column in self._cells(shape):
                place = self._place(row, column, shape)
                yield f"{vector} c{row}_{column} = ({vector})*(const {self._memory(shape)}*)({place});"
            return
        yield f"vm_elem_{self.kind} lanes[{shape.rows * shape.used}] = {{0}};"
        yield from self._through_array(shape, "lanes[{lane}] = out[{place}];")
        for row, column in self._cells(shape):
            at = row * shape.used + column * shape.lanes
            yield f"{vector} c{row}_{column} = ({vector})*(const {self._memory(shape)}*)(lanes + {at});"

    def _write(self, shape: Shape) -> Iterator[str]:
        if shape.transfer == "direct":
            for row, column in self._cells(shape):
                target = f"*({self._memory(shape)}*)({self._place(row, column, shape)})"
                yield f"{target} = {self._cast(shape, row, column)};"
            return
        for row, column in self._cells(shape):
            at = row * shape.used + column * shape.lanes
            yield f"*({self._memory(shape)}*)(lanes + {at}) = {self._cast(shape, row, column)};"
        yield from self._through_array(shape, "out[{place}] = lanes[{lane}];")

    def _memory(self, shape: Shape) -> str:
        return self._vector(shape) if shape.lanes > 1 else f"vm_elem_{self.kind}"

    def _cast(self, shape: Shape, row: int, column: int) -> str:
        return f"c{row}_{column}" if shape.lanes > 1 else f"(vm_elem_{self.kind})c{row}_{column}"

    def _through_array(self, shape: Shape, move: str) -> Iterator[str]:
        place = "place[l]" if shape.transfer == "scattered" else "l"
        row = f"r * {self.row} + " if self.row is not None and shape.rows > 1 else ""
        if row:
            yield f"for (int64_t r = 0; r < {shape.rows}; r++) {{"
        yield "for (int64_t l = 0; l < valid; l++) {"
        yield move.format(lane=f"r * {shape.used} + l" if row else "l", place=row + place)
        yield from "}}" if row else "}"

    # ---- the reduction -----------------------------------------------------------------------------------------------

    def _row_pointers(self, shape: Shape) -> Iterator[str]:
        for operand in self.operands:
            for row in range(1, shape.rows if operand.row is not None else 1):
                offset = " + ".join(_times(row, operand.row or "0"))
                yield f"const {operand.element}* const {operand.name}_r{row} = {operand.name} + {offset};"

    def _turn(self, shape: Shape) -> Iterator[str]:
        """One turn: what rows share is loaded first."""
        for operand in self.operands:
            if self._is_named(operand):
                yield f"const int64_t at_{operand.name} = {self._offset(operand)};"
        names: dict[tuple[Operand, int, int], str] = {}
        for operand in self.operands:
            if operand.row is None:
                yield from self._loads(operand, 0, shape, names)
        for row in range(shape.rows):
            for operand in self.operands:
                if operand.row is not None:
                    yield from self._loads(operand, row, shape, names)
            for column in range(shape.columns):

                def load(operand: Operand, row: int = row, column: int = column) -> str:
                    return names[operand, row if operand.row is not None else 0, column if operand.along else 0]

                yield f"c{row}_{column} = {self.expression(load, f'c{row}_{column}')};"
        for operand in self.operands:
            if operand.strides is None:
                yield f"{operand.name} += {shape.width};"

    def _is_named(self, operand: Operand) -> bool:
        """Whether the offset of a turn has a variable of its own."""
        return operand.strides is not None and (operand.table is not None or len(self.trips) > 1)

    def _offset(self, operand: Operand) -> str:
        if operand.table is not None:
            return f"{operand.table}[k0]"
        terms = [f"k{i}" if s == "1" else f"k{i} * {s}" for i, s in enumerate(operand.strides or ()) if s != "0"]
        return " + ".join(terms) or "0"

    def _loads(
        self, operand: Operand, row: int, shape: Shape, names: dict[tuple[Operand, int, int], str]
    ) -> Iterator[str]:
        pointer = f"{operand.name}_r{row}" if row else operand.name
        offset = "0"
        if operand.strides is not None:
            offset = f"at_{operand.name}" if self._is_named(operand) else self._offset(operand)
        scalar = SCALARS[self.kind]
        for column in range(shape.columns if operand.along else 1):
            name = f"{'b' if operand.along else 'a'}{operand.name[2:]}_{row}_{column}"
            names[operand, row, column] = name
            terms = [*([offset] if offset != "0" else []), *_times(column, str(shape.lanes))]
            place = " + ".join(terms) or "0"
            if operand.along and shape.lanes > 1:
                vector = self._vector(shape)
                yield f"const {vector} {name} = *(const {vector}*)({pointer} + {place});"
            else:
                yield f"const {scalar} {name} = ({scalar}){pointer}[{place}];"


def _times(count: int, factor: str) -> list[str]:
    """`count * factor` as a term of a sum; nothing if it is 0."""
    if not count or factor == "0":
        return []
    if _is_number(factor):
        return [str(count * int(factor))]
    return [factor if count == 1 else f"{count} * {factor}"]


def _is_number(text: str) -> bool:
    return text.lstrip("-").isdecimal()
