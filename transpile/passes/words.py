"""Joins the 32-bit halves of 64-bit parameters, and gives parameters the type they are used at.

Lifting carries everything that meets at a block as i32 words.  Before:

    ^2(%p: i32, %q: i32):                       ^3(%f: i32):
      %1 = word.pack %p, %q                       %x = bitcast.i32.f32 %f
      %2 = add.i64 %1, %step                      %y = add.f32 %x, %x
      %l = word.low %2                            %b = bitcast.f32.i32 %y
      %h = word.high %2                           br ^3(%b)
      br ^2(%l, %h)

After:

    ^2(%r: i64):                                ^3(%f: f32):
      %2 = add.i64 %r, %step                      %y = add.f32 %f, %f
      br ^2(%2)                                   br ^3(%y)
"""

from __future__ import annotations

from collections.abc import Callable

from transpile.ir.derived import WORD_HIGH, WORD_LOW, WORD_PACK
from transpile.ir.nodes import Block, Edge, Function, Op, Value, make_op
from transpile.isa.operations import Operation
from transpile.isa.table import row_of

_BITS = {"f32": "i32", "f64": "i64"}
_CAST = {kind: row_of(Operation.BITCAST, bits, kind) for kind, bits in _BITS.items()}
_UNCAST = {kind: row_of(Operation.BITCAST, kind, bits) for kind, bits in _BITS.items()}
_CONST = {kind: row_of(Operation.CONST, kind) for kind in ("i32", "i64", "f32", "f64")}


def run(fn: Function) -> bool:
    """Joins pairs, then retypes words to f32 and pairs to f64.  True if anything changed."""
    joined = _Joiner(fn).run()
    return any([joined, _retype(fn, "f32"), _retype(fn, "f64")])


def _incoming(fn: Function) -> dict[Block, list[tuple[Block, Edge]]]:
    into: dict[Block, list[tuple[Block, Edge]]] = {block: [] for block in fn.blocks}
    for block in fn.blocks:
        for edge in block.end.edges:
            into[edge.target].append((block, edge))
    return into


class _Joiner:
    """Resolves every `word.pack`: to the value it takes apart, to a constant, or to a new 64-bit parameter."""

    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.home = {param: block for block in fn.blocks for param in block.params}
        self.position = {param: n for block in fn.blocks for n, param in enumerate(block.params)}
        self.incoming = _incoming(fn)
        self.joined: dict[tuple[Value, Value], Value] = {}
        self.pending: list[tuple[Value, Value, Block]] = []
        self.constants: list[Op] = []

    def run(self) -> bool:
        replaced: dict[Value, Value] = {}
        for block in self.fn.blocks:
            for op in list(block.ops):
                if op.row is WORD_PACK:
                    value = self._resolve(op.operands[0], op.operands[1])
                    if value is not None:
                        replaced[op.result] = value
        while self.pending:
            self._extend(*self.pending.pop())
        self.fn.entry.ops[:0] = reversed(self.constants)
        self.fn.replace(replaced)
        return bool(replaced)

    def _resolve(self, low: Value, high: Value) -> Value | None:
        """The 64-bit value that these words are the halves of, if there is one."""
        if low.op and high.op and low.op.row is WORD_LOW and high.op.row is WORD_HIGH:
            return low.op.operands[0] if low.op.operands[0] is high.op.operands[0] else None
        if low.op and high.op and low.op.row is high.op.row is _CONST["i32"]:
            return self._constant(low.op, high.op)
        home = self.home.get(low)
        if home is None or home is not self.home.get(high) or home is self.fn.entry:
            return None
        if (low, high) not in self.joined:
            self.joined[low, high] = Value("i64")
            self.pending.append((low, high, home))
        return self.joined[low, high]

    def _extend(self, low: Value, high: Value, home: Block) -> None:
        """Adds the joined parameter to its block and its argument to every edge."""
        at = self.position[low], self.position[high]
        home.params.append(self.joined[low, high])
        for source, edge in self.incoming[home]:
            words = edge.args[at[0]], edge.args[at[1]]
            value = self._resolve(*words)
            if value is None:
                op = make_op(WORD_PACK, list(words), "i64", source.end.offset)
                source.ops.append(op)
                value = op.result
            edge.args.append(value)

    def _constant(self, low: Op, high: Op) -> Value:
        bits = (low.attrs["value"] & 0xFFFFFFFF) | (high.attrs["value"] & 0xFFFFFFFF) << 32
        signed = bits - (1 << 64) if bits >> 63 else bits
        op = make_op(_CONST["i64"], [], "i64", 0, value=signed)
        self.constants.append(op)
        return op.result


def _retype(fn: Function, wanted: str) -> bool:
    """Turns integer parameters that are only read as `wanted` into parameters of that type."""
    chosen = _float_params(fn, wanted)
    if not chosen:
        return False
    incoming = _incoming(fn)
    for block in fn.blocks[1:]:
        for position, param in enumerate(block.params):
            if param in chosen:
                param.type = wanted
                for source, edge in incoming[block]:
                    edge.args[position] = _as_float(edge.args[position], wanted, chosen, source)
    fn.replace({
        op.result: op.operands[0] for op in fn.ops() if op.row is _CAST[wanted] and op.operands[0] in chosen
    })
    for block in fn.blocks:
        block.ops = [op for op in block.ops if not (op.row is _CAST[wanted] and op.operands[0] in chosen)]
    return True


def _float_params(fn: Function, wanted: str) -> set[Value]:
    """Integer parameters all of whose uses are casts to `wanted` or other such parameters (and some cast exists)."""
    bits = _BITS[wanted]
    params = {p for block in fn.blocks[1:] for p in block.params if p.type == bits}
    flows = [(a, p) for e in fn.edges() for a, p in zip(e.args, e.target.params, strict=True) if a in params]
    cast = {op.operands[0] for op in fn.ops() if op.row is _CAST[wanted]} & params
    other = {v for op in fn.ops() if op.row is not _CAST[wanted] for v in op.operands if v in params}
    other.update(v for block in fn.blocks for v in block.end.operands if v in params)
    good = params - _closure(other, flows, lambda source, target: (target, source))
    # Both ways: a parameter that nobody reads takes the type of those that flow into it.
    flows += [(target, source) for source, target in flows]
    return good & _closure(cast, flows, lambda source, target: (source, target))


def _closure(
    seeds: set[Value], flows: list[tuple[Value, Value]], step: Callable[[Value, Value], tuple[Value, Value]]
) -> set[Value]:
    """Everything reached from the seeds along the flows, each turned into (from, to) by `step`."""
    after: dict[Value, list[Value]] = {}
    for flow in flows:
        source, target = step(*flow)
        after.setdefault(source, []).append(target)
    found, work = set(seeds), list(seeds)
    while work:
        for value in after.get(work.pop(), ()):
            if value not in found:
                found.add(value)
                work.append(value)
    return found


def _as_float(value: Value, wanted: str, chosen: set[Value], source: Block) -> Value:
    """The argument as a float: the value it was cast from, or a cast at the end of the source block."""
    if value in chosen:
        return value
    if value.op is not None and value.op.row is _UNCAST[wanted]:
        return value.op.operands[0]
    op = make_op(_CAST[wanted], [value], wanted, source.end.offset)
    if value.op is not None and value.op.row is _CONST[_BITS[wanted]]:
        op = _float_constant(value.op, wanted)
    source.ops.append(op)
    return op.result


def _float_constant(op: Op, wanted: str) -> Op:
    mask = 0xFFFFFFFF if wanted == "f32" else 0xFFFFFFFFFFFFFFFF
    return make_op(_CONST[wanted], [], wanted, op.offset, value=op.attrs["value"] & mask)
