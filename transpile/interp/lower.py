"""One function of a verified module as blocks of forms.

    [000000E9]  %i0 = cmp.lt.i64.s %i12:13, %i8:9       cmp.lt.i64.s  12, 8 -> 0
    [000000F0]  cond_br %i0, ^108, (), ^166, (…)        br_if 0 -> ^108
                                                        copy.i64 4 -> 0 ; jump ^166
    [0000014F]  br ^E9, ()                          =>  cmp.lt.i64.s  12, 8 -> 0 ; br_if 0 -> ^108 ; jump …

Edges with copies become blocks, copies of both halves of a pair one copy, and a jump to a short block that ends in a
branch becomes that block: a loop then has one branch an iteration.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from transpile.container import Module
from transpile.container.convention import EntryLayout, Span
from transpile.interp.forms import Form, forms
from transpile.ir.registers import Registers
from transpile.isa import kinds as k
from transpile.isa.decode import Instruction, decode
from transpile.isa.operations import Operation
from transpile.isa.table import Trait
from transpile.verify import entry_layout, frame_registers

SLOT_UNITS = 6
"""8-byte units of a ref register."""
WORD, PAIR, REF, COUNT = range(4)
WAYS = {"i": WORD, "I": PAIR, "r": REF, "f": WORD, "F": PAIR}
"""How a value of a calling convention travels, see `interp.h`."""
_CHEAP = ("copy.i32", "copy.i64")
_MOST_COPIED = 4
"""Items before the branch of a block that is copied to where it is jumped to."""

Copies = Iterable[tuple[int, int]]


@dataclass(eq=False)
class Block:
    """Records that are entered at the top; `position` is where they begin in the code."""

    items: list[Item] = field(default_factory=list)
    targets: tuple[Block, ...] = ()
    """Where it goes: nowhere (the last record knows), to one block, or to two on the condition."""
    condition: int = 0
    offset: int = 0
    position: int = -1


@dataclass(eq=False, slots=True)
class Item:
    """One form with its operands; blocks stand for labels."""

    form: Form
    values: tuple[Any, ...]
    offset: int
    tail: tuple[Any, ...] = ()


@dataclass
class Lowered:
    """A function: its blocks in order, and what calling it needs."""

    blocks: list[Block]
    arguments: list[tuple[int, int]]
    words: int
    refs: int
    frame_bytes: int
    callees: set[int]
    longest_list: int


class Lowering:
    """Lowers the functions of one module; collects the strings they mention."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.registers = Registers(module)
        self.strings = bytearray()

    def function(self, index: int) -> Lowered:
        """The form of internal function `index`."""
        return _Function(self, index).run()


class _Function:
    def __init__(self, lowering: Lowering, index: int) -> None:
        self.lowering = lowering
        self.module = lowering.module
        self.registers = lowering.registers
        self.index = index
        self.forms = forms()
        self.blocks: list[Block] = []
        self.by_offset: dict[int, Block] = {}
        self.callees: set[int] = set()
        self.longest_list = 0

    def run(self) -> Lowered:
        code = list(decode(self.module.function_bytecode(self.index), self.module.major))
        markers = [i.offset for i in code if Trait.MARKER in i.op.traits]
        self.by_offset = {offset: Block(offset=offset) for offset in markers}
        following = dict(pairwise(markers))
        block = Block()
        for instruction in code:
            if Trait.MARKER in instruction.op.traits:
                block = self.by_offset[instruction.offset]
                self.blocks.append(block)
                after = following.get(instruction.offset)
            elif Trait.TERMINATOR in instruction.op.traits:
                self._terminator(block, instruction, self.by_offset[after] if after is not None else None)
            else:
                self._instruction(block, instruction)
        for block in reversed(self.blocks):
            _continue_in(block)
        self.blocks = _reachable(self.blocks)
        return self._result()

    def _result(self) -> Lowered:
        descriptor = self.module.functions[self.index]
        layout = self._layout(self.index)
        words = max(frame_registers(descriptor.i32_registers, self.module.major), layout.words_needed)
        arguments = [(WAYS[kind], _entry_place(kind, number)) for kind, number in layout.registers]
        refs = max(frame_registers(descriptor.ref_registers, self.module.major), layout.refs_needed)
        frame_bytes = 128 + 4 * words + 16 * descriptor.ref_registers
        return Lowered(self.blocks, arguments, words, refs, frame_bytes, self.callees, self.longest_list)

    def _layout(self, index: int) -> EntryLayout:
        """Where a function of this module finds its arguments."""
        words = self.module.functions[index].i32_registers
        return entry_layout(self.registers.functions[index], words, self.module.major)

    # ---- instructions ----------------------------------------------------------------------------------------------

    def _instruction(self, block: Block, instruction: Instruction) -> None:
        does = instruction.op.does
        if instruction.op.mnemonic in self.forms:
            self._row(block, instruction)
        elif does in (Operation.CALL, Operation.CALL_VARIADIC):
            self._call(block, instruction)
        elif does is Operation.ASSIGN:
            source, target = instruction.fields
            self._add(block, "copy.ref", instruction.offset, self._ref(source, moves=True), self._ref(target))
        else:  # discard.refs, trace, print
            released = [self._ref(r.word) for r in self.registers.reads(instruction, self.index) if r.type == "ref"
                        and (r.move or does is Operation.DISCARD_REFS)]  # fmt: skip
            if released:
                self._add(block, "discard", instruction.offset, len(released), tail=tuple(released))

    def _add(self, block: Block, name: str, offset: int, *values: Any, tail: tuple[Any, ...] = ()) -> None:
        block.items.append(Item(self.forms[name], values, offset, tail))

    def _row(self, block: Block, instruction: Instruction) -> None:
        values: list[Any] = []
        tail: tuple[Any, ...] = ()
        for shape, value in instruction.items():
            kind = shape.kind
            if kind.group == "register":
                values.append(self._register(kind, value, shape.is_result))
            elif kind.group == "string":
                values += [len(self.lowering.strings), len(value)]
                self.lowering.strings += value
            elif kind.group == "list":
                tail = tuple(self._listed(word) for word in value)
                values.append(len(tail))
                self.longest_list = max(self.longest_list, len(tail))
            elif kind.group == "function":
                values.append(value & ~k.IMPORT_BIT)
            else:
                values.append(value & 0xFFFF_FFFF_FFFF_FFFF if kind.type == "i64" else value & 0xFFFF_FFFF
                              if kind.type == "i32" and kind.group == "immediate" else value)  # fmt: skip
        block.items.append(Item(self.forms[instruction.op.mnemonic], tuple(values), instruction.offset, tail))

    def _register(self, kind: k.Kind, word: int, is_result: bool) -> int:
        if kind.type != "ref":
            return 4 * word
        return self._ref(word, moves=kind.moves and self.module.major > 15)

    def _ref(self, word: int, moves: bool = False) -> int:
        """A ref register; the odd bit asks to move the reference."""
        return SLOT_UNITS * k.ordinal(word) + int(moves and k.is_move(word))

    def _listed(self, word: int) -> int:
        return self._ref(word, moves=True) if k.is_ref(word) else 4 * word

    # ---- calls -----------------------------------------------------------------------------------------------------

    def _call(self, block: Block, instruction: Instruction) -> None:
        is_import, number = instruction.callee
        if is_import:
            self._call_import(block, instruction, number)
            return
        self.callees.add(number)
        convention = self.registers.functions[number]
        layout = self._layout(number)
        tail: list[int] = []
        for (kind, place), word in zip(layout.registers, instruction["operands"], strict=False):
            tail += [WAYS[kind], self._listed(word), _entry_place(kind, place)]
        results = instruction["results"][: len(convention.results)]
        tail += [self._target(word) for word in results]
        counts = (len(layout.registers), len(results))
        self._add(block, "call_function", instruction.offset, number, *counts, tail=tuple(tail))

    def _call_import(self, block: Block, instruction: Instruction, number: int) -> None:
        convention = self.registers.imports[number]
        borrowed = self.module.major == 15
        words = iter(instruction["operands"])
        places: list[tuple[int, int]] = []
        has_segments = any(f.kind is k.SEGMENTS for f in instruction.op.shape)
        segments = instruction["segments"] if has_segments else ()
        for position, item in enumerate(convention.arguments):
            kinds: tuple[str, ...] = (str(item),)
            if isinstance(item, Span):
                count = segments[position] if segments else 0
                places.append((COUNT, count))
                kinds = item.elements * count
            for kind in kinds:
                place = self._listed(next(words))
                places.append((WAYS[kind], place & ~1 if borrowed else place))
        results = [
            (WAYS[kind], self._target(word))
            for kind, word in zip(convention.results, instruction["results"], strict=False)
        ]
        self.longest_list = max(self.longest_list, len(places) + len(results))
        tail = tuple(number for pair in (*places, *results) for number in pair)
        self._add(block, "call_import", instruction.offset, number, len(places), len(results), tail=tail)

    def _target(self, word: int) -> int:
        return self._ref(word) if k.is_ref(word) else 4 * word

    # ---- control ---------------------------------------------------------------------------------------------------

    def _terminator(self, block: Block, instruction: Instruction, following: Block | None) -> None:
        does, offset = instruction.op.does, instruction.offset
        edges = instruction.edges()
        if does is Operation.RETURN:
            self._return(block, instruction)
        elif does is Operation.FAIL:
            self._row(block, instruction)
            block.targets = (following,) if following else ()
            if following is None:
                self._add(block, "end", offset)
        elif does is Operation.COND_BR:
            block.condition = 4 * instruction["condition"]
            block.targets = tuple(self._edge(offset, *edge) for edge in edges)
        elif does is Operation.BR_TABLE:
            cases = tuple(self._edge(offset, *edge) for edge in edges)
            self._add(block, "br_table", offset, 4 * instruction["index"], len(cases) - 1, tail=cases)
        else:  # br, yield, break, cond_break, call.yieldable, call.variadic.yieldable
            if any(f.kind is k.FUNCTION for f in instruction.op.shape):
                self._call(block, instruction)
            target, copies = edges[0]
            self._copies(block, offset, copies)
            block.targets = (self.by_offset[target],)

    def _return(self, block: Block, instruction: Instruction) -> None:
        results = self.registers.functions[self.index].results
        pairs = list(zip(results, instruction["operands"], strict=False))
        tail = tuple(number for kind, word in pairs for number in (WAYS[kind], self._listed(word)))
        self._add(block, "return", instruction.offset, len(pairs), tail=tail)

    def _edge(self, offset: int, target: int, copies: Copies) -> Block:
        """The target itself, or a new block that copies registers and goes there."""
        if not copies:
            return self.by_offset[target]
        between = Block(targets=(self.by_offset[target],), offset=offset)
        self._copies(between, offset, copies)
        self.blocks.append(between)
        return between

    def _copies(self, block: Block, offset: int, copies: Copies) -> None:
        pairs = list(copies)
        while pairs:
            source, target = pairs.pop(0)
            if k.is_ref(source):
                if k.ordinal(source) != k.ordinal(target):
                    self._add(block, "copy.ref", offset, self._ref(source, moves=True), self._ref(target))
            elif pairs and pairs[0] == (source + 1, target + 1) and target != source + 1:
                pairs.pop(0)
                self._add(block, "copy.i64", offset, 4 * source, 4 * target)
            else:
                self._add(block, "copy.i32", offset, 4 * source, 4 * target)


def _entry_place(kind: str, number: int) -> int:
    return SLOT_UNITS * number if kind == "r" else 4 * number


def _continue_in(block: Block) -> None:
    """A jump to a short block without side effects that ends in a branch becomes that block."""
    if len(block.targets) != 1:
        return
    (target,) = block.targets
    if len(target.targets) == 2 and len(target.items) <= _MOST_COPIED and all(map(_is_cheap, target.items)):
        block.items += target.items
        block.condition, block.targets, block.offset = target.condition, target.targets, target.offset


def _is_cheap(item: Item) -> bool:
    op = item.form.op
    return item.form.name in _CHEAP if op is None else Trait.PURE in op.traits and not item.form.has_tail


def _reachable(blocks: list[Block]) -> list[Block]:
    """The blocks that can be reached from the first, in order."""
    found = set(blocks[:1])
    work = blocks[:1]
    while work:
        block = work.pop()
        tails = (value for item in block.items for value in item.tail if isinstance(value, Block))
        for target in (*block.targets, *tails):
            if target not in found:
                found.add(target)
                work.append(target)
    return [block for block in blocks if block in found]
