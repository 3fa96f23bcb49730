"""Common subexpressions: a pure op whose like already dominates it is replaced by that one.

    %a = mul.i64 %i, %n             %a = mul.i64 %i, %n
    %x = add.i64 %a, %j       =>    %x = add.i64 %a, %j
    %b = mul.i64 %i, %n             %y = add.i64 %a, %k
    %y = add.i64 %b, %k
"""

from __future__ import annotations

from collections.abc import Hashable

from transpile.ir.graph import analyse
from transpile.ir.nodes import Block, Function, Op, Value
from transpile.isa.table import Trait

Key = tuple[Hashable, ...]


def run(fn: Function) -> bool:
    """True if anything was replaced."""
    graph = analyse(fn.entry)
    replaced: dict[Value, Value] = {}
    known: dict[Key, tuple[Block, Value]] = {}
    for block in graph.tree():  # what does not dominate this block dominates none that follows
        kept: list[Op] = []
        for op in block.ops:
            op.operands = [replaced.get(v, v) for v in op.operands]
            key = _key(op)
            if key is None:
                kept.append(op)
                continue
            home, like = known.get(key, (None, op.result))
            if home is not None and graph.dominates(home, block):
                replaced[op.result] = like
            else:
                known[key] = block, op.result
                kept.append(op)
        block.ops = kept
    fn.replace(replaced)
    return bool(replaced)


def _key(op: Op) -> Key | None:
    """What makes two pure ops alike; None for ops that must stay."""
    if Trait.PURE not in op.row.traits or len(op.results) != 1:
        return None
    operands: list[Value] = list(op.operands)
    if Trait.COMMUTES in op.row.traits:
        operands.sort(key=id)
    return (op.row.mnemonic, tuple(operands), tuple(sorted(op.attrs.items())))
