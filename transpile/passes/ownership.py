"""Makes the ownership of references explicit: every owned reference is given back or handed on exactly once.

Arguments, null and rodata are borrowed.  All other refs (results of ops and calls, block parameters) are owned by the
function.  An op borrows its operands; an edge argument and a returned value hand the reference on.  Before:

    %l = list.alloc …                     %l = list.alloc …
    %s = list.size %l               =>    %s = list.size %l
    cond_br %c, ^1(%l), ^2                cond_br %c, ^1(%l), ^3
                                       ^3: ref.release %l ; br ^2

The bytecode's MOVE bits are only hints of this (version 15 has none that count); what they mean for register contents
was settled by lifting.  The order of releases is not observable.
"""

from __future__ import annotations

from transpile.ir.derived import REF_RELEASE, REF_RETAIN
from transpile.ir.graph import analyse
from transpile.ir.nodes import Block, Edge, Function, Op, Terminator, Value, make_op
from transpile.isa.operations import Operation

_IMMORTAL = (Operation.NULL, Operation.RODATA)


def run(fn: Function) -> None:
    """Makes the ownership of all references explicit."""
    _Owner(fn).run()


class _Owner:
    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.borrowed = set(fn.args)
        self.live_in: dict[Block, set[Value]] = {block: set() for block in fn.blocks}
        self.entries: dict[Block, int] = dict.fromkeys(fn.blocks, 0)
        self.order = {value: n for n, value in enumerate(v for b in fn.blocks for v in _definitions(b))}

    def run(self) -> None:
        for edge in self.fn.edges():
            self.entries[edge.target] += 1
        self._liveness()
        at_end = {block: self._live_out(block) for block in self.fn.blocks}
        blocks = list(self.fn.blocks)
        for block in blocks:
            self._inside(block, at_end[block])
        for block in blocks:
            self._return(block)
            for edge in block.end.edges:
                self._edge(block, edge, at_end[block])

    # ---- what is owned, and live -------------------------------------------------------------------------------

    def _owned(self, value: Value) -> bool:
        return value.type == "ref" and value not in self.borrowed and not self._immortal(value)

    def _immortal(self, value: Value) -> bool:
        return value.op is not None and value.op.row.does in _IMMORTAL

    def _live_out(self, block: Block) -> set[Value]:
        """Owned values that the block's edges carry or that live on behind them."""
        live: set[Value] = set()
        for edge in block.end.edges:
            live |= self.live_in[edge.target]
            live.update(v for v in edge.args if self._owned(v))
        return live

    def _liveness(self) -> None:
        uses = {block: self._uses(block) for block in self.fn.blocks}
        defs = {
            block: {v for v in (*block.params, *(r for op in block.ops for r in op.results)) if v.type == "ref"}
            for block in self.fn.blocks
        }
        around = analyse(self.fn.entry).backwards()
        changed = True
        while changed:
            changed = False
            for block in around:
                live = (uses[block] | self._live_out(block)) - defs[block]
                if live != self.live_in[block]:
                    self.live_in[block] = live
                    changed = True

    def _uses(self, block: Block) -> set[Value]:
        used = {v for op in block.ops for v in op.operands}
        used.update(block.end.operands)
        return {v for v in used if self._owned(v)}

    # ---- releases and retains ----------------------------------------------------------------------------------

    def _inside(self, block: Block, live_out: set[Value]) -> None:
        """Releases behind last uses inside a block."""
        live = live_out | {v for v in block.end.operands if self._owned(v)}
        ops: list[Op] = []
        for op in reversed(block.ops):
            ends = dict.fromkeys(v for v in (*op.results, *op.operands) if self._owned(v) and v not in live)
            ops.extend(make_op(REF_RELEASE, [v], None, op.offset) for v in ends)
            live.update(ends)
            live.difference_update(op.results)
            ops.append(op)
        ops.extend(
            make_op(REF_RELEASE, [v], None, block.offset) for v in block.params if self._owned(v) and v not in live
        )
        block.ops = ops[::-1]

    def _return(self, block: Block) -> None:
        if block.end.kind == "return":
            block.end.operands = self._hand_on(block, block.end.operands, set())

    def _edge(self, block: Block, edge: Edge, live_out: set[Value]) -> None:
        kept = self.live_in[edge.target]
        dies = live_out.difference(kept, edge.args)
        refs = [v for v in edge.args if v.type == "ref"]
        if len(block.end.edges) > 1 and (dies or refs):
            if self.entries[edge.target] == 1 and not edge.args:
                edge.target.ops[:0] = [make_op(REF_RELEASE, [v], None, block.end.offset) for v in self._ordered(dies)]
                return
            block = self._split(edge, block.end.offset)
            edge = block.end.edges[0]
        block.ops.extend(make_op(REF_RELEASE, [v], None, block.end.offset) for v in self._ordered(dies))
        edge.args = self._hand_on(block, edge.args, kept)

    def _ordered(self, values: set[Value]) -> list[Value]:
        """Sets have no order; the output must."""
        return sorted(values, key=self.order.__getitem__)

    def _hand_on(self, block: Block, values: list[Value], kept: set[Value]) -> list[Value]:
        """The values with owned references for the refs among them: the last use of a dying one is the transfer."""
        result: list[Value] = []
        last = {value: position for position, value in enumerate(values)}
        for position, value in enumerate(values):
            transfer = self._owned(value) and value not in kept and last[value] == position
            if value.type == "ref" and not transfer and not self._immortal(value):
                op = make_op(REF_RETAIN, [value], "ref", block.end.offset)
                block.ops.append(op)
                value = op.result
            result.append(value)
        return result

    def _split(self, edge: Edge, offset: int) -> Block:
        """A new block on the edge."""
        middle = Block(edge.target.offset, end=Terminator("br", [], [Edge(edge.target, edge.args)], offset=offset))
        edge.target, edge.args = middle, []
        self.fn.blocks.append(middle)
        return middle


def _definitions(block: Block) -> list[Value]:
    return [*block.params, *(r for op in block.ops for r in op.results)]
