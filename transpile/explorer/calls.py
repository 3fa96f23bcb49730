"""The steps of a function: what it calls, and which kernels it has run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from transpile.explain import callee
from transpile.explorer.code import Listing
from transpile.explorer.data import Call
from transpile.ir import Function
from transpile.ir.nodes import Op
from transpile.isa.disasm import printable
from transpile.isa.kinds import IMPORT_BIT
from transpile.pipeline import Lowered


class Calls:
    """Finds the steps of the functions of a module, which is this part of the page.  `kernels` are the functions on the
    page by segment and number of the export."""

    def __init__(self, lowered: Lowered, part: int, kernels: Mapping[tuple[int, int], str]) -> None:
        self.lowered, self.part, self.kernels = lowered, part, kernels

    def of(self, fn: Function, listing: Listing) -> list[Call]:
        """The steps in the order of the code."""
        return sorted(self._steps(fn, listing), key=lambda call: call.line)

    def _steps(self, fn: Function, listing: Listing) -> Iterator[Call]:
        for op in fn.ops():
            if "callee" in op.attrs:
                for line in listing.at([op.offset]):
                    yield self._step(fn, op, line)

    def _step(self, fn: Function, op: Op, line: int) -> Call:
        number = op.attrs["callee"]
        kernel = self.lowered.effects.dispatches.get((fn.index, op.offset))
        if kernel is not None:
            name = self.lowered.executables[kernel.segment].module.exports[kernel.export].name
            return Call("dispatch", printable(name), line, self.kernels[kernel])
        name = printable(callee(self.lowered.module, number))
        if number & IMPORT_BIT:
            return Call("import", name, line, None)
        return Call("call", name, line, f"f{self.part}_{number}")
