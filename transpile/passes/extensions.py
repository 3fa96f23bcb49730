"""Extensions of what is extended already: a load of a narrow element gives all 32 bits.

    %a = buffer.load.i8.s %s, %n
    %b = ext.i8.i32.s %a            =>    %a = buffer.load.i8.s %s, %n
    %c = mul.i32 %b, %x                   %c = mul.i32 %a, %x
"""

from __future__ import annotations

from transpile.ir.nodes import Function, Op, Value
from transpile.isa.operations import Operation
from transpile.isa.table import Op as Row

_FROM = (Operation.BUFFER_LOAD, Operation.EXT)
"""What gives a narrow number as i32."""
_BITS = {"i8": 8, "i16": 16}


def run(fn: Function) -> bool:
    """True if anything was removed."""
    replaced: dict[Value, Value] = {}
    for block in fn.blocks:
        kept: list[Op] = []
        for op in block.ops:
            if _is_done(op):
                replaced[op.result] = op.operands[0]
            else:
                kept.append(op)
        block.ops = kept
    fn.replace(replaced)
    return bool(replaced)


def _is_done(op: Op) -> bool:
    if op.row.does is not Operation.EXT or op.row.type not in _BITS:
        return False
    source = op.operands[0].op
    return source is not None and source.row.does in _FROM and _keeps(op.row, source.row)


def _keeps(extension: Row, source: Row) -> bool:
    """Whether extending changes nothing of what another row has made of a narrow number."""
    if source.type == extension.type:
        return source.signed == extension.signed
    is_loaded = source.does is Operation.BUFFER_LOAD and _BITS.get(source.type, 32) < _BITS[extension.type]
    return is_loaded and (extension.signed is True or source.signed is False)
