"""Extensions of what is extended already: a load of a narrow element gives all 32 bits.

    %a = buffer.load.i8.s %s, %n
    %b = ext.i8.i32.s %a            =>    %a = buffer.load.i8.s %s, %n
    %c = mul.i32 %b, %x                   %c = mul.i32 %a, %x
"""

from __future__ import annotations

from transpile.ir.nodes import Function, Op, Value

_DONE_BY = {
    "ext.i8.i32.s": ("buffer.load.i8.s", "ext.i8.i32.s"),
    "ext.i8.i32.u": ("buffer.load.i8.u", "ext.i8.i32.u"),
    "ext.i16.i32.s": ("buffer.load.i16.s", "ext.i16.i32.s", "buffer.load.i8.s", "buffer.load.i8.u"),
    "ext.i16.i32.u": ("buffer.load.i16.u", "ext.i16.i32.u", "buffer.load.i8.u"),
}


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
    source = op.operands[0].op if op.mnemonic in _DONE_BY else None
    return source is not None and source.mnemonic in _DONE_BY[op.mnemonic]
