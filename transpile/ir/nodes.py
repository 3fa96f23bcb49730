"""The intermediate form: functions of blocks with parameters, in SSA.

A value is i32, i64, f32, f64, ref or span (base and length of a buffer).  An op is a row of the instruction table (or
one of the few derived rows in `ir.derived`) with value operands and named attributes.  Blocks have parameters instead
of phis; an edge carries the arguments.  The entry block's parameters are the function's arguments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from transpile.container.convention import Convention
from transpile.ir.roots import Roots
from transpile.isa.table import Op as Row


@dataclass(eq=False, slots=True)
class Value:
    """The result of an op, or a parameter of a block."""

    type: str
    op: Op | None = None  # None for a block parameter
    name: str = ""  # a hint for people, not unique

    @property
    def is_param(self) -> bool:
        return self.op is None


@dataclass(eq=False, slots=True)
class Op:
    """One operation.  `offset` is the bytecode offset that it came from (errors and locations refer to it)."""

    row: Row
    operands: list[Value] = field(default_factory=list)
    attrs: dict[str, Any] = field(default_factory=dict)
    results: list[Value] = field(default_factory=list)
    offset: int = 0

    @property
    def mnemonic(self) -> str:
        return self.row.mnemonic

    @property
    def result(self) -> Value:
        return self.results[0]


@dataclass(eq=False, slots=True)
class Edge:
    """A way from one block to another with the arguments for its parameters."""

    target: Block
    args: list[Value] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Terminator:
    """How a block ends.

    kind       operands          edges
    br         -                 [target]
    cond_br    [condition]       [if nonzero, if zero]
    br_table   [index]           [default, case 0, case 1, …]
    return     results           -
    fail       [status]          [next] when status may be zero, else none; attrs["message"]
    """

    kind: str
    operands: list[Value] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    attrs: dict[str, Any] = field(default_factory=dict)
    offset: int = 0


@dataclass(eq=False, slots=True)
class Block:
    """A straight run of ops; `offset` is that of its marker in the bytecode."""

    offset: int = 0
    params: list[Value] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)
    end: Terminator = field(default_factory=lambda: Terminator("return"))

    def successors(self) -> list[Block]:
        return [edge.target for edge in self.end.edges]


@dataclass(eq=False, slots=True)
class Function:
    """One internal function of a module; `blocks[0]` is the entry."""

    name: str
    index: int
    convention: Convention
    blocks: list[Block] = field(default_factory=list)
    frame_bytes: int = 0  # what a call of it takes from the VM stack

    @property
    def entry(self) -> Block:
        return self.blocks[0]

    @property
    def args(self) -> list[Value]:
        return self.blocks[0].params

    def ops(self) -> Iterator[Op]:
        for block in self.blocks:
            yield from block.ops

    def edges(self) -> Iterator[Edge]:
        for block in self.blocks:
            yield from block.end.edges

    def replace(self, mapping: dict[Value, Value]) -> None:
        """Replaces uses of the keys by their values (followed to the end of chains)."""
        if not mapping:
            return
        final = Roots(mapping).of

        for block in self.blocks:
            for op in block.ops:
                op.operands = [final(v) for v in op.operands]
            block.end.operands = [final(v) for v in block.end.operands]
            for edge in block.end.edges:
                edge.args = [final(v) for v in edge.args]


def make_op(row: Row, operands: list[Value], result: str | None, offset: int, **attrs: Any) -> Op:
    """An op with one result of type `result` (or none)."""
    op = Op(row, operands, attrs, [], offset)
    if result is not None:
        op.results.append(Value(result, op))
    return op
