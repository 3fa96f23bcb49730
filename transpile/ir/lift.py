"""Bytecode to SSA, slot by slot.

Registers are 32-bit slots (and ref slots); a 64-bit value sits in two, branch remaps copy slots without types, and any
instruction may read a slot as another type.  So a slot holds a value or one half of one.  Where paths meet, live slots
become block parameters of type i32 (a "word") or ref; `words.py` then turns pairs of words into 64-bit parameters and
words that are only read as floats into float parameters.

    [00000016]  br ^0000002C(%i4->%i12, %i5->%i13)          br ^2(%0.low, %0.high)
    [0000002C]^:                                       =>  ^2(%p: i32, %q: i32):
    [0000002D]  %i0 = cmp.lt.i64.s %i12:13, %i8:9            %1 = word.pack %p, %q ; %2 = cmp.lt.i64.s %1, %n
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from transpile.container import Module
from transpile.ir.derived import WORD_HIGH, WORD_LOW, WORD_PACK
from transpile.ir.graph import Graph, analyse
from transpile.ir.nodes import Block, Edge, Function, Op, Terminator, Value, make_op
from transpile.ir.registers import PRIMITIVE_TYPES, Operand, Registers
from transpile.isa import kinds as k
from transpile.isa.decode import Instruction, decode
from transpile.isa.operations import CALLS, Operation
from transpile.isa.table import Trait, row_of
from transpile.verify import entry_layout, frame_registers

WIDE = ("i64", "f64")
_CONST = {t: row_of(Operation.CONST, t) for t in ("i32", "i64", "f32", "f64")}
_NULL = row_of(Operation.NULL, "ref")
_BITCAST = {
    pair: row_of(Operation.BITCAST, *pair)
    for pair in (("f32", "i32"), ("i32", "f32"), ("f64", "i64"), ("i64", "f64"))
}
_SILENT = {Operation.TRACE, Operation.PRINT, Operation.DISCARD_REFS}
_DROPPED = {*_SILENT, Operation.ASSIGN}
_UNCONDITIONAL = {Operation.BR, Operation.YIELD, Operation.BREAK, Operation.COND_BREAK}
_PLAIN_CALL = {
    Operation.CALL_YIELDABLE: row_of(Operation.CALL),
    Operation.CALL_VARIADIC_YIELDABLE: row_of(Operation.CALL_VARIADIC),
}


class Slot(NamedTuple):
    """What a slot holds: a whole 32-bit value or ref, or the low or high half of a 64-bit value."""

    value: Value
    part: str = "whole"


@dataclass(eq=False)
class Node:
    """A bytecode block, or the register copies on one edge, as a node of the graph that is put into SSA."""

    block: Block
    instructions: list[Instruction] = field(default_factory=list)
    copies: Sequence[tuple[int, int]] = ()
    next: list[Node] = field(default_factory=list)
    phis: list[int] = field(default_factory=list)
    state: dict[int, Slot] = field(default_factory=dict)  # of the slots that it reads, writes, or hands on

    def successors(self) -> list[Node]:
        return self.next


@dataclass
class Effect:
    """What a node does to slots: bit sets of those read before they are written and of those written, the latter also
    in order, and those whose values on entry it looks at, be it to no effect."""

    gen: int = 0
    kill: int = 0
    written: dict[int, None] = field(default_factory=dict)
    needed: dict[int, None] = field(default_factory=dict)

    def read(self, slots: Sequence[int], counts: bool) -> None:
        for slot in slots:
            if slot not in self.written:
                self.needed[slot] = None
                self.gen |= counts << slot

    def write(self, slots: Sequence[int]) -> None:
        for slot in slots:
            self.written[slot] = None
            self.kill |= 1 << slot


def lift_function(module: Module, index: int, registers: Registers) -> Function:
    """The SSA form of internal function `index` of a verified module."""
    return _Lifter(module, index, registers).run()


class _Lifter:
    def __init__(self, module: Module, index: int, registers: Registers) -> None:
        self.module = module
        self.index = index
        self.registers = registers
        self.descriptor = module.functions[index]
        # Early compilers of version 15 use a scratch register beyond the declared ones.
        declared = self.descriptor.i32_registers
        self.layout = entry_layout(registers.functions[index], declared, module.major)
        self.words = max(frame_registers(declared, module.major), self.layout.words_needed)
        self.start = Node(Block())
        self.after: dict[Value, list[Op]] = {}
        self.interned: dict[tuple[Any, ...], Value] = {}
        self.constants: list[Op] = []
        self.at = self.start.block
        self.offset = 0

    def run(self) -> Function:
        self._build_nodes()
        graph = analyse(self.start)
        effects = {node: self._effect(node) for node in graph.order}
        self._place_phis(graph, effects)
        inherited = self._inherited(graph, effects)
        self._enter()
        for node in graph.order:
            self._lift_node(node, inherited[node])
        for node in graph.order:
            self._fill_edges(node)
        self.start.block.ops[:0] = reversed(self.constants)
        self._insert_after(graph)
        return Function(
            self.module.function_name(self.index),
            self.index,
            self.registers.functions[self.index],
            [node.block for node in graph.order],
            128 + 4 * self.words + 16 * self.descriptor.ref_registers,
        )

    # ---- graph ---------------------------------------------------------------------------------------------------

    def _build_nodes(self) -> None:
        nodes: dict[int, Node] = {}
        node = self.start
        for instruction in decode(self.module.function_bytecode(self.index), self.module.major):
            if Trait.MARKER in instruction.op.traits:
                node = nodes[instruction.offset] = Node(Block(instruction.offset))
            else:
                node.instructions.append(instruction)
        ordered = list(nodes.values())
        self.start.next = ordered[:1]
        for node, following in zip(ordered, [*ordered[1:], None], strict=True):
            self._link(node, following, nodes)

    def _link(self, node: Node, following: Node | None, nodes: dict[int, Node]) -> None:
        last = node.instructions[-1]
        edges = last.edges()
        if last.op.does is Operation.FAIL and following is not None:
            node.next = [following]
        for target, copies in edges:
            if copies:
                between = Node(Block(last.offset), [], copies, [nodes[target]])
                node.next.append(between)
            else:
                node.next.append(nodes[target])

    # ---- liveness and parameters -----------------------------------------------------------------------------------

    def _slots(self, operand: Operand) -> tuple[int, ...]:
        """Slot numbers of a register: words first, then refs."""
        number = k.ordinal(operand.word)
        if operand.type == "ref":
            return (self.words + number,)
        return (number, number + 1) if operand.type in WIDE else (number,)

    def _slot(self, word: int) -> int:
        return self.words + k.ordinal(word) if k.is_ref(word) else word

    def _effect(self, node: Node) -> Effect:
        effect = Effect()
        for instruction in node.instructions:
            reads = self.registers.reads(instruction, self.index)
            counts = instruction.op.does not in _SILENT
            for operand in reads:
                effect.read(self._slots(operand), counts)
            emptied = (r for r in reads if r.move or instruction.op.does is Operation.DISCARD_REFS)
            for operand in (*emptied, *self.registers.writes(instruction)):
                effect.write(self._slots(operand))
        for source, target in node.copies:
            effect.read((self._slot(source),), True)
            effect.write((self._slot(target), *([self._slot(source)] if k.is_move(source) else ())))
        return effect

    def _live_in(self, graph: Graph[Node], effects: dict[Node, Effect]) -> dict[Node, int]:
        """Bit sets of the slots that are read before they are written."""
        live = dict.fromkeys(graph.order, 0)
        around = graph.backwards()
        changed = True
        while changed:
            changed = False
            for node in around:
                out = 0
                for successor in node.next:
                    out |= live[successor]
                before = effects[node].gen | (out & ~effects[node].kill)
                changed |= before != live[node]
                live[node] = before
        return live

    def _place_phis(self, graph: Graph[Node], effects: dict[Node, Effect]) -> None:
        """Parameters for live slots on iterated dominance frontiers (pruned SSA)."""
        live = self._live_in(graph, effects)
        frontiers = graph.frontiers()
        defined: dict[int, list[Node]] = {}
        for node in graph.order:
            for slot in effects[node].written:
                defined.setdefault(slot, []).append(node)
        for slot, nodes in sorted(defined.items()):
            work, placed = list(nodes), set()
            while work:
                for node in frontiers[work.pop()]:
                    if node not in placed and live[node] >> slot & 1:
                        placed.add(node)
                        work.append(node)
            for node in sorted(placed, key=graph.position.__getitem__):
                node.phis.append(slot)

    def _inherited(self, graph: Graph[Node], effects: dict[Node, Effect]) -> dict[Node, dict[int, Node]]:
        """For each node, where the slots that it needs were last written or made parameters on every way to it."""
        sources: dict[Node, dict[int, Node]] = {}
        last: dict[int, list[Node]] = {}
        for node in graph.tree():
            wanted = [*effects[node].needed, *(slot for target in node.next for slot in target.phis)]
            sources[node] = {}
            for slot in wanted:
                writers = last.setdefault(slot, [self.start])
                while not graph.dominates(writers[-1], node):
                    writers.pop()
                sources[node][slot] = writers[-1]
            for slot in (*node.phis, *effects[node].written):
                last.setdefault(slot, [self.start]).append(node)
        return sources

    # ---- values --------------------------------------------------------------------------------------------------

    def _emit(self, op: Op) -> Op:
        self.at.ops.append(op)
        return op

    def _constant(self, type_name: str, value: int = 0) -> Value:
        """A constant; interned in the entry block."""
        key = (type_name, value)
        if key not in self.interned:
            row = _NULL if type_name == "ref" else _CONST[type_name]
            attrs = {} if type_name == "ref" else {"value": value}
            op = make_op(row, [], type_name, 0, **attrs)
            self.constants.append(op)
            self.interned[key] = op.result
        return self.interned[key]

    def _derive(self, row: Any, value: Value, type_name: str) -> Value:
        """`row` of one value; made once, right behind the value's definition."""
        key = (row, value)
        if key not in self.interned:
            op = make_op(row, [value], type_name, value.op.offset if value.op else self.offset)
            self.after.setdefault(value, []).append(op)
            self.interned[key] = op.result
        return self.interned[key]

    def _cast(self, value: Value, type_name: str) -> Value:
        if value.type == type_name:
            return value
        return self._derive(_BITCAST[value.type, type_name], value, type_name)

    def _word(self, state: dict[int, Slot], slot: int) -> Value:
        """The 32 bits of a slot as an i32."""
        held = state.get(slot)
        if held is None:
            return self._constant("i32")
        if held.part == "whole":
            return self._cast(held.value, "i32")
        row = WORD_LOW if held.part == "low" else WORD_HIGH
        return self._derive(row, self._cast(held.value, "i64"), "i32")

    def _read(self, state: dict[int, Slot], operand: Operand) -> Value:
        slots = self._slots(operand)
        if operand.type == "ref":
            held = state.get(slots[0])
            return held.value if held else self._constant("ref")
        if operand.type in WIDE:
            return self._cast(self._pair(state, *slots), operand.type)
        held = state.get(slots[0])
        if held and held.part == "whole":
            return self._cast(held.value, operand.type)
        return self._cast(self._word(state, slots[0]), operand.type)

    def _pair(self, state: dict[int, Slot], low: int, high: int) -> Value:
        first, second = state.get(low), state.get(high)
        if first and second and first.value is second.value and (first.part, second.part) == ("low", "high"):
            return first.value
        if first is None and second is None:
            return self._constant("i64")
        words = [self._word(state, low), self._word(state, high)]
        return self._emit(make_op(WORD_PACK, words, "i64", self.offset)).result

    def _write(self, state: dict[int, Slot], operand: Operand, value: Value) -> None:
        slots = self._slots(operand)
        if len(slots) == 2:
            state[slots[0]], state[slots[1]] = Slot(value, "low"), Slot(value, "high")
        else:
            state[slots[0]] = Slot(value)

    # ---- blocks --------------------------------------------------------------------------------------------------

    def _enter(self) -> None:
        """Arguments become the parameters of the (synthetic) first block."""
        for kind, number in self.layout.registers:
            type_name = PRIMITIVE_TYPES[kind]
            value = Value(type_name)
            self.start.block.params.append(value)
            word = k.ref_word(number) if type_name == "ref" else number
            self._write(self.start.state, Operand(word, type_name, False), value)

    def _lift_node(self, node: Node, inherited: dict[int, Node]) -> None:
        self.at = node.block
        for slot, writer in inherited.items():
            if writer is not node and slot in writer.state:
                node.state[slot] = writer.state[slot]
        for slot in node.phis:
            value = Value("ref" if slot >= self.words else "i32")
            node.block.params.append(value)
            node.state[slot] = Slot(value)
        node.block.end = Terminator("br", [], [Edge(n.block) for n in node.next], offset=node.block.offset)
        for instruction in node.instructions:
            self.offset = instruction.offset
            self._lift_instruction(node, instruction)
        for source, target in node.copies:
            self._copy(node.state, source, target)

    def _copy(self, state: dict[int, Slot], source: int, target: int) -> None:
        held = state.get(self._slot(source))
        if held is None:
            held = Slot(self._constant("ref" if k.is_ref(source) else "i32"))
        state[self._slot(target)] = held
        if k.is_move(source) and self._slot(source) != self._slot(target):
            state[self._slot(source)] = Slot(self._constant("ref"))

    def _lift_instruction(self, node: Node, instruction: Instruction) -> None:
        state = node.state
        values = self._consume(state, instruction)
        if Trait.TERMINATOR in instruction.op.traits:
            self._end(node, instruction, values)
        elif instruction.op.does is Operation.ASSIGN:
            self._write(state, self.registers.writes(instruction)[0], values[0])
        elif instruction.op.does not in _DROPPED:
            self._operation(node, instruction, values)

    def _consume(self, state: dict[int, Slot], instruction: Instruction) -> list[Value]:
        """Operands; what is moved leaves its register.  Calls and returns hand on one after another, so that a register
        moved twice is empty the second time; other instructions see all of their operands."""
        reads, does = self.registers.reads(instruction, self.index), instruction.op.does
        moved = [operand.move or does is Operation.DISCARD_REFS for operand in reads]
        one_by_one = does in CALLS or Trait.TERMINATOR in instruction.op.traits
        values = []
        for operand, leaves in zip(reads, moved, strict=True):
            values.append(self._read(state, operand))
            if leaves and one_by_one:
                self._empty(state, operand)
        for operand, leaves in zip(reads, moved, strict=True):
            if leaves and not one_by_one:
                self._empty(state, operand)
        return values

    def _empty(self, state: dict[int, Slot], operand: Operand) -> None:
        state[self._slots(operand)[0]] = Slot(self._constant("ref"))

    def _operation(self, node: Node, instruction: Instruction, values: list[Value]) -> None:
        made = _PLAIN_CALL.get(instruction.op.does, instruction.op)
        attrs = {
            f.name: v for f, v in instruction.items() if f.kind.group not in ("register", "list", "target")
        }
        writes = self.registers.writes(instruction)
        if made.does is Operation.CONST:
            self._write(node.state, writes[0], self._constant(writes[0].type, attrs.get("value", 0)))
            return
        if made is _NULL:
            self._write(node.state, writes[0], self._constant("ref"))
            return
        if self.registers.takes_source(instruction):
            attrs["move"] = 1
        op = self._emit(Op(made, values, attrs, [], instruction.offset))
        for operand in writes:
            value = Value(operand.type, op)
            op.results.append(value)
            self._write(node.state, operand, value)

    def _end(self, node: Node, instruction: Instruction, values: list[Value]) -> None:
        end = node.block.end
        end.offset = instruction.offset
        does = instruction.op.does
        if does in _PLAIN_CALL:
            self._operation(node, instruction, values)
        elif does not in _UNCONDITIONAL:
            end.kind, end.operands = does.value, values
            if does is Operation.FAIL:
                end.attrs["message"] = instruction["message"]

    def _fill_edges(self, node: Node) -> None:
        for edge, target in zip(node.block.end.edges, node.next, strict=True):
            for slot in target.phis:
                if slot < self.words:
                    edge.args.append(self._word(node.state, slot))
                else:
                    held = node.state.get(slot)
                    edge.args.append(held.value if held else self._constant("ref"))

    def _insert_after(self, graph: Graph[Node]) -> None:
        """Puts derived values right behind what they derive from."""
        for node in graph.order:
            block = node.block
            ops: list[Op] = []
            for value in block.params:
                self._append_derived(ops, value)
            for op in block.ops:
                ops.append(op)
                for value in op.results:
                    self._append_derived(ops, value)
            block.ops = ops

    def _append_derived(self, ops: list[Op], value: Value) -> None:
        for op in self.after.get(value, ()):
            ops.append(op)
            self._append_derived(ops, op.result)
