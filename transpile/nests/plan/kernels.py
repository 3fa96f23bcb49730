"""The kernel of a register tile: its innermost loops as a function, straight code of vectors in registers."""

from __future__ import annotations

from transpile.nests.loops.nodes import Work
from transpile.nests.loops.order import split
from transpile.nests.loops.outline import outline
from transpile.nests.loops.stage import stage
from transpile.nests.loops.straight import pad, unroll, vectorise
from transpile.nests.loops.transpose import TURNS, transpose
from transpile.nests.loops.tree import loop
from transpile.nests.plan.steps import Steps


class Kernels(Steps):
    """Steps that make kernels of what is left of a tile's loops under a mark."""

    def kernel(self, mark: str, columns: int, width: int, *, shared: bool = False) -> None:
        """The innermost loops of a tile as a function whose running values are in registers.

        They are copied to memory first where they do not fill vectors.  Nests of other sizes share the function.
        Where they are finished as elements of another kind, that is done outside, for one after the other.
        """
        rows, lanes, serial = self.rows + mark, self.lanes + mark, [k + mark for k in self.reduction]
        column = f"{self.lanes}_column{mark}"
        block = self._block(serial) if self.tile.transposed and width > 1 else ""
        self.order([*serial, rows, lanes] if rows != mark else [*serial, lanes])
        source, outlined, copies = self.running, f"acc{mark}", ["", f"_acc{mark}_in", f"_acc{mark}_out"]
        is_straight = self._fills_vectors(lanes, columns * width) if self.has(lanes) else True
        if self.has(lanes) and (not is_straight or (self.has_edges and width > 1)):
            source = outlined = f"lanes{mark}"
            self.do(stage, self.running, self.first(*serial, rows, lanes), source, "stack", columns * width)
            copies += [f"_lanes{mark}_in", f"_lanes{mark}_out"]
        elif self.running != "out":
            source = f"lanes{mark}"
            self.do(stage, self.running, self.first(*serial), source, "stack", 1, "inside")
        if self.has(lanes):
            self.do(pad, lanes, width, columns, column, lanes)
        inside = [rows, column, lanes]
        if block:
            inside = [column, serial.pop(), rows, lanes]
            self.order([*serial, *inside])
        outermost = self.first(*serial, *inside)
        if not outermost:
            return
        self.do(stage, source, outermost, f"acc{mark}", "registers", width)
        roles = [(self.rows, "row"), *((name, "turn") for name in self.reduction)] if shared else []
        symbolic = tuple((name + mark + copy, role) for name, role in roles if name for copy in copies)
        self.do(outline, outlined, f"tile{mark}", symbolic)
        self._straighten(mark, width, inside)
        for access in self.tile.transposed if block else ():
            self.do(transpose, block, self.names[access])

    def _block(self, serial: list[str]) -> str:
        """The loop around the turns that are transposed together."""
        block = f"{serial[-1]}_block"
        self.do(split, serial[-1], TURNS, block, serial[-1])
        serial.insert(-1, block)
        return block

    def _fills_vectors(self, lanes: str, most: int) -> bool:
        """Whether the running values of a tile's lanes are side by side, and as many as its vectors hold."""
        return loop(self.work, lanes).count.known == most and self.contiguous

    def _straighten(self, mark: str, width: int, inside: list[str]) -> None:
        """Straight code of vectors, made once of kernels that are equal."""
        name, begun = f"tile{mark}", len(self.steps)
        key = self.work.kernels[name], width
        if key in self.straight:
            kernel, steps = self.straight[key]
            self.work = Work(self.work.main, {**self.work.kernels, name: kernel})
            self.steps += steps
        else:
            self._make_straight(mark, width, inside)
            self.straight[key] = self.work.kernels[name], tuple(self.steps[begun:])

    def _make_straight(self, mark: str, width: int, inside: list[str]) -> None:
        """Vectors are loaded before they are used."""
        for copy in (f"_acc{mark}_in", "", f"_acc{mark}_out"):
            if width > 1 and self.has(f"{self.lanes}{mark}{copy}"):
                self.do(vectorise, f"{self.lanes}{mark}{copy}", width)
            for name in reversed(inside):
                if self.has(f"{name}{copy}"):
                    self.do(unroll, f"{name}{copy}")
