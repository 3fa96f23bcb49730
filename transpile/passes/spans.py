"""Loads base and length of a buffer once, where its reference is defined.

    %b = list.get.ref %list, %k                  %b = list.get.ref %list, %k
    %x = buffer.load.f32 %b, %i            =>    %s = buffer.span %b
    %y = buffer.load.f32 %b, %j                  %x = buffer.load.f32 %s, %i
                                                 %y = buffer.load.f32 %s, %j

A buffer never changes its base or length, so this is exact; a null or foreign reference gives a span whose every access
fails with the status of the original instruction.  The spans of constants and of fresh allocations are known without
looking: the C compiler then sees their lengths.  Runs behind `ownership`: releases come after the last access.
"""

from __future__ import annotations

from transpile.ir.derived import BUFFER_SPAN, NEW_SPAN, RODATA_SPAN
from transpile.ir.nodes import Function, Op, Value, make_op
from transpile.isa.operations import Operation

_LENGTH_OPERAND = {Operation.BUFFER_ALLOC: 0, Operation.BUFFER_CLONE: 2}


def run(fn: Function) -> bool:
    """True if the function touches a buffer."""
    spans: dict[Value, Op] = {}
    for op in list(fn.ops()):
        for position in buffer_operands(op):
            buffer = op.operands[position]
            if buffer.type == "span":
                continue
            if buffer not in spans:
                spans[buffer] = _span(buffer, op.offset)
            op.operands[position] = spans[buffer].result
    for block in fn.blocks:
        ops = [spans[p] for p in block.params if p in spans]
        for op in block.ops:
            ops.append(op)
            ops.extend(spans[r] for r in op.results if r in spans)
        block.ops = ops
    return bool(spans)


def _span(buffer: Value, offset: int) -> Op:
    """The op that gives the span of a buffer."""
    source = buffer.op
    if source is not None and source.row.does is Operation.RODATA:
        return make_op(RODATA_SPAN, [], "span", offset, rodata=source.attrs["rodata"])
    if source is not None and source.row.does in _LENGTH_OPERAND:
        return make_op(NEW_SPAN, [buffer, source.operands[_LENGTH_OPERAND[source.row.does]]], "span", offset)
    return make_op(BUFFER_SPAN, [buffer], "span", offset)


def buffer_operands(op: Op) -> list[int]:
    """Positions of the operands that are buffers."""
    registers = (f for f in op.row.operands if f.kind.group == "register")
    return [i for i, f in enumerate(registers) if f.kind.buffer]
