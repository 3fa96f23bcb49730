"""Removes what nothing observable depends on: unused pure ops, and parameters that only feed themselves.

    ^1(%p: i32, %i: i64):            ^1(%i: i64):
      %a = word.low %i          =>     %j = add.i64 %i, %one
      %j = add.i64 %i, %one            br ^1(%j)
      br ^1(%a, %j)
"""

from __future__ import annotations

from transpile.ir.nodes import Function, Op, Value
from transpile.isa.table import Trait

_KEPT = Trait.MAY_FAIL | Trait.WRITES


def is_removable(op: Op) -> bool:
    """Whether the op may go when its results are unused."""
    return not op.row.traits & _KEPT


def run(fn: Function) -> bool:
    """True if anything was removed."""
    live = _live_values(fn)
    return any([_drop_ops(fn, live), _drop_params(fn, live)])


def _drop_ops(fn: Function, live: set[Value]) -> bool:
    changed = False
    for block in fn.blocks:
        kept = [op for op in block.ops if not is_removable(op) or any(r in live for r in op.results)]
        changed |= len(kept) != len(block.ops)
        block.ops = kept
    return changed


def _drop_params(fn: Function, live: set[Value]) -> bool:
    dead = {block for block in fn.blocks[1:] if any(p not in live for p in block.params)}
    for edge in fn.edges():
        if edge.target in dead:
            edge.args = [a for a, p in zip(edge.args, edge.target.params, strict=True) if p in live]
    for block in dead:
        block.params = [p for p in block.params if p in live]
    return bool(dead)


def _live_values(fn: Function) -> set[Value]:
    """Values that ops with effects, conditions and results need, directly or not."""
    live: set[Value] = set()
    work: list[Value] = []
    feeds: dict[Value, list[Value]] = {}
    for edge in fn.edges():
        for arg, param in zip(edge.args, edge.target.params, strict=True):
            feeds.setdefault(param, []).append(arg)
    for block in fn.blocks:
        work.extend(block.end.operands)
        for op in block.ops:
            if not is_removable(op):
                work.extend(op.operands)
    while work:
        value = work.pop()
        if value not in live:
            live.add(value)
            work.extend(value.op.operands if value.op else feeds.get(value, ()))
    return live
