"""Straightens the control flow.

* a branch on a constant becomes a jump, a `fail` with a constant non-zero status loses its way on;
* a block that only jumps on is taken out of its predecessors' edges;
* a block with one predecessor that only jumps to it is joined to it.

    ^1: br ^2(%x)                     ^1: %y = add.i64 %x, %x
    ^2(%p: i64): %y = add.i64 %p, %p      …
"""

from __future__ import annotations

from transpile.ir.graph import analyse
from transpile.ir.nodes import Block, Edge, Function, Terminator, Value
from transpile.isa.operations import Operation
from transpile.isa.table import row_of

_CONST = row_of(Operation.CONST, "i32")


def run(fn: Function) -> bool:
    """True if anything changed.  Blocks come out in reverse postorder, unreachable ones gone."""
    before = len(fn.blocks)
    for block in fn.blocks:
        _fold_constant(block)
    _skip_empty(fn)
    fn.blocks = analyse(fn.entry).order
    _join(fn)
    fn.blocks = analyse(fn.entry).order
    return len(fn.blocks) != before


def _constant(value: Value) -> int | None:
    op = value.op
    return op.attrs["value"] if op is not None and op.row is _CONST else None


def _fold_constant(block: Block) -> None:
    end = block.end
    if end.kind not in ("cond_br", "br_table", "fail"):
        return
    known = _constant(end.operands[0])
    if known is None:
        return
    if end.kind == "fail":
        if known != 0:
            end.edges = []
        elif end.edges:
            block.end = Terminator("br", [], end.edges, offset=end.offset)
        return
    if end.kind == "cond_br":
        taken = end.edges[0 if known else 1]
    else:
        taken = end.edges[known + 1 if 0 <= known < len(end.edges) - 1 else 0]
    block.end = Terminator("br", [], [taken], offset=end.offset)


def _skip_empty(fn: Function) -> None:
    """Points edges past blocks that have no ops, no parameters, and only jump on."""
    onward: dict[Block, Edge] = {}
    for edge in fn.edges():
        way: list[Block] = []
        seen: set[Block] = set()
        at = edge
        while at.target not in seen and (at.target in onward or _only_jumps(at.target)):
            way.append(at.target)
            seen.add(at.target)
            at = onward.get(at.target) or at.target.end.edges[0]
        onward.update(dict.fromkeys(way, at))
        edge.target, edge.args = at.target, list(at.args)


def _only_jumps(block: Block) -> bool:
    return not block.ops and not block.params and block.end.kind == "br" and bool(block.end.edges)


def _join(fn: Function) -> None:
    incoming: dict[Block, list[Edge]] = {block: [] for block in fn.blocks}
    for edge in fn.edges():
        incoming[edge.target].append(edge)
    replaced: dict[Value, Value] = {}
    gone: set[Block] = set()
    for block in fn.blocks:
        if block in gone:
            continue
        while block.end.kind == "br" and block.end.edges:
            edge = block.end.edges[0]
            target = edge.target
            if len(incoming[target]) != 1 or target is block or target is fn.entry:
                break
            replaced.update(zip(target.params, edge.args, strict=True))
            block.ops.extend(target.ops)
            block.end = target.end
            gone.add(target)
    fn.replace(replaced)
