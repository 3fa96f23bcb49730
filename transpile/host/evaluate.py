"""Functions of the host and kernels, run over what is known ahead of time.

Numbers are computed, branches on them taken, objects of the HAL are followed; loops over memory, copies and fills are
what is left: the steps of the schedule.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from transpile.host.nests import check_inside, fill_with, is_apart, place_nest
from transpile.host.numbers import compute, signed
from transpile.host.recorder import Recorder
from transpile.host.scalars import Scalar, scalar_run
from transpile.host.schedule import Copy, Fill, Walked, reads, writes
from transpile.host.turns import Later, Undecided, compared
from transpile.host.values import Input, Item, List, NotStatic, Range, Storage, Unsure, View, number, whole
from transpile.imports import NATIVE, Native
from transpile.ir import Function
from transpile.ir.graph import Graph, Loop, analyse
from transpile.ir.nodes import Block, Edge, Op, Value
from transpile.isa.kinds import IMPORT_BIT
from transpile.isa.operations import CALLS, Operation
from transpile.isa.table import Trait
from transpile.nests.find.place import Place, place_of
from transpile.nests.find.recognise import Found, counted, find
from transpile.nests.loops.index import Index, index
from transpile.nests.loops.nodes import Constant
from transpile.nests.nest import Counter, element_bytes, element_kind, element_of
from transpile.pipeline import Lowered

_TURNS = 1 << 16
"""Blocks of a function that are run one after the other, before a loop over numbers is taken for endless."""
_DEPTH = 64
"""Calls inside each other."""


@dataclass(eq=False)
class Code:
    """A function and the facts of its loops, which are the same wherever it is called."""

    lowered: Lowered
    function: Function

    @cached_property
    def graph(self) -> Graph[Block]:
        return analyse(self.function.entry)

    @cached_property
    def found(self) -> Found:
        return find(self.function)

    @cached_property
    def counters(self) -> dict[Block, Counter]:
        return counted(self.function)

    def works_on_memory(self, loop: Loop[Block]) -> bool:
        return any(
            Trait.WRITES in op.row.traits and op.row.does is not Operation.RELEASE
            for b in loop.blocks()
            for op in b.ops
        )


class Unit:
    """A module while it is evaluated: its globals, constants and functions."""

    def __init__(
        self, lowered: Lowered, recorder: Recorder, call_import: Callable[[Unit, int, list[list[Item]]], list[Item]]
    ) -> None:
        self.lowered, self.recorder, self.call_import = lowered, recorder, call_import
        self.refs: dict[int, Item] = {}
        self.words: dict[int, Item] = {}
        self.kinds: dict[int, tuple[int, str]] = {}
        """The word that each byte is of: where it is, and its type."""
        self.loaded: set[tuple[str, int]] = set()
        self.stored: set[tuple[str, int]] = set()
        """The globals that calls have used and changed: "word" and where it is, or "ref" and its number."""
        self.depth = 0
        self._codes: dict[int, Code] = {}
        self._constants: dict[int, Storage] = {}

    def constant(self, segment: int) -> Range:
        """The bytes of a segment."""
        if segment not in self._constants:
            data = self.lowered.module.rodata[segment].data
            self._constants[segment] = Storage("constant", len(data), data, segment)
        return whole(self._constants[segment])

    def segment(self, item: Item) -> int:
        """Which segment an item is all of."""
        for number_, storage in self._constants.items():
            if isinstance(item, Range) and item.storage is storage:
                return number_
        raise NotStatic("an executable is not made of a constant")

    def code(self, function: int) -> Code:
        if function not in self._codes:
            self._codes[function] = Code(self.lowered, self.lowered.functions[function])
        return self._codes[function]

    def call(
        self, function: int, arguments: Sequence[Item], bindings: Sequence[Range] = (), words: Sequence[Item] = ()
    ) -> list[Item]:
        """Runs a function; `bindings` and `words` are those of a kernel over spans."""
        if self.depth == _DEPTH:
            raise NotStatic(f"more than {_DEPTH} calls inside each other")
        self.depth += 1
        frame = Frame(self, self.code(function), bindings, words)
        frame.env.update(zip(frame.code.function.args, arguments, strict=True))
        try:
            return frame.run()
        finally:
            self.depth -= 1


class Frame:
    """A call of a function."""

    def __init__(self, unit: Unit, code: Code, bindings: Sequence[Range], words: Sequence[Item]) -> None:
        self.unit, self.code, self.bindings, self.words = unit, code, bindings, words
        self.env: dict[Value, Item] = {}
        self.turns = 0

    @property
    def recorder(self) -> Recorder:
        return self.unit.recorder

    def run(self) -> list[Item]:
        block = self._walk(self.code.function.entry, None)
        assert block is not None
        return [self.env[value] for value in block.end.operands]

    # ---- control flow ------------------------------------------------------------------------------------------------

    def _walk(self, block: Block, stop: Block | None) -> Block | None:
        """Runs from a block on: to the one that returns, or until `stop` comes next."""
        while True:
            self.turns += 1
            if self.turns > _TURNS:
                raise self._because("a loop without an end in sight")
            following = self._loop(block)
            if following is None:
                for op in block.ops:
                    self._do(op)
                if block.end.kind == "return":
                    return block
                following = self._edge(block)
            self._follow(following)
            if following.target is stop:
                return None
            block = following.target

    def _follow(self, edge: Edge) -> None:
        values = [self.env[value] for value in edge.args]
        self.env.update(zip(edge.target.params, values, strict=True))

    def _edge(self, block: Block) -> Edge:
        end = block.end
        if end.kind == "br":
            return end.edges[0]
        if end.kind == "fail":
            return self._failing(block)
        chosen = self.env[end.operands[0]]
        if isinstance(chosen, Later):
            raise chosen.why
        if not isinstance(chosen, Index) or chosen.known is None:
            raise self._because("which way it goes depends on data", end.offset)
        if end.kind == "cond_br":
            return end.edges[0 if chosen.known else 1]
        case = chosen.known + 1
        return end.edges[case if 0 < case < len(end.edges) else 0]

    def _failing(self, block: Block) -> Edge:
        end = block.end
        status = self.env[end.operands[0]] if end.operands else None
        if end.edges and isinstance(status, Index) and status.known == 0:
            return end.edges[0]
        message = end.attrs.get("message", b"").decode("utf-8", "replace")
        raise self._because(f"the program fails here: {message}" if message else "the program fails here", end.offset)

    # ---- loops -------------------------------------------------------------------------------------------------------

    def _loop(self, header: Block) -> Edge | None:
        """A loop over memory as steps; the edge that leaves it. None for what is run block by block."""
        if header not in self.code.graph.loops:
            return None
        nest = self.code.found.nests.get(header)
        place = place_of(self.code.function, header, nest, self.code.lowered.locations.at)
        if nest is not None:
            with self._at(header.offset):
                place_nest(nest, self._find, self.recorder, place)
            return header.end.edges[1]
        loop, counter = self.code.graph.loops[header], self.code.counters.get(header)
        if counter is None or not self.code.works_on_memory(loop):
            return None
        first, turns = self._turns(counter)
        if turns is None or turns < 2 or self._begun(header, first):
            return None
        self._repeat(header, counter, first, turns)
        return header.end.edges[1]

    def _begun(self, header: Block, first: Index) -> bool:
        """Whether a loop that is run block by block is in a later turn."""
        return self.env[header.params[0]] != first

    def _turns(self, counter: Counter) -> tuple[Index, int | None]:
        first, bound = self._find(counter.first), self._find(counter.bound)
        if not isinstance(first, Index) or not isinstance(bound, Index):
            raise self._because("how often a loop runs depends on data", counter.header.offset)
        distance = (bound - first).known
        return first, None if distance is None else max(0, -(-distance // counter.step))

    def _repeat(self, header: Block, counter: Counter, first: Index, turns: int) -> None:
        goes_on = header.end.operands[0]

        def body(turn: Index) -> None:
            self.env[counter.value] = first + turn * counter.step
            self.env[goes_on] = index(1)
            for op in header.ops:
                if op.result is not goes_on:
                    self._do(op)
            inside = header.end.edges[0]
            self._follow(inside)
            self._walk(inside.target, header)

        self.recorder.repeat(turns, body)
        self.env[goes_on] = index(0)

    # ---- operations --------------------------------------------------------------------------------------------------

    def _do(self, op: Op) -> None:
        with self._at(op.offset):
            results = self._results(op)
        for value, item in zip(op.results, results, strict=True):
            self.env[value] = item

    def _results(self, op: Op) -> list[Item]:
        does = op.row.does
        if does in CALLS:
            return self._call(op)
        made = _EFFECTS.get(does)
        if made is not None:
            return made(self, op)
        if Trait.WRITES in op.row.traits or len(op.results) != 1:
            raise NotStatic(f"{op.mnemonic} is not evaluated ahead of time")
        return [self._pure(op)]

    def _call(self, op: Op) -> list[Item]:
        callee, operands = op.attrs["callee"], [self.env[v] for v in op.operands]
        if not callee & IMPORT_BIT:
            return self.unit.call(callee, operands)
        groups, at = [], 0
        number_ = callee & ~IMPORT_BIT
        segments = op.attrs.get("segments", ())
        native = self.native(number_)
        if native is None:
            raise NotStatic(f"import {self.code.lowered.module.imports[number_].full_name!r} is the embedder's")
        for place, use in enumerate(native.uses):
            width = len(use) * segments[place] if isinstance(use, tuple) else 1
            groups.append(operands[at : at + width])
            at += width
        return self.unit.call_import(self.unit, number_, groups)

    def native(self, number_: int) -> Native | None:
        """An import that the runtime has."""
        found = self.code.lowered.module.imports[number_ & ~IMPORT_BIT]
        return NATIVE.get((found.full_name, found.signature.calling_convention if found.signature else ""))

    def _pure(self, op: Op) -> Item:
        items = [self.env[v] for v in op.operands]
        does = op.row.does
        if does is Operation.SELECT:
            condition = items[0]
            if isinstance(condition, Index) and condition.known is not None:
                return items[1 if condition.known else 2]
        if op.row.type == "ref":
            return _of_refs(does, items)
        known = [item.known for item in items if isinstance(item, Index) and item.known is not None]
        if len(known) == len(items):
            value = compute(op.row, known)
            if value is not None:
                return index(value)
        if all(isinstance(item, Index | Later) for item in items):
            return compared(op, items, self.recorder.bounds)
        if all(isinstance(item, Scalar | Constant | Index) for item in items):
            return Scalar.computed(op, items)
        raise NotStatic(f"{op.mnemonic} of what is not known")

    def _find(self, value: Value) -> Item:
        """A value of the function: computed before, or a constant."""
        if value not in self.env and value.op is not None:
            self._do(value.op)
        return self.env[value]

    # ---- places ------------------------------------------------------------------------------------------------------

    def place(self, op: Op) -> Place:
        """Of an operation outside of loops."""
        function = self.code.function
        return Place(function.name, op.offset, self.code.lowered.locations.at(function.index, op.offset))

    @contextmanager
    def _at(self, offset: int) -> Iterator[None]:
        """Says where, if it turns out that the program is not static."""
        try:
            yield
        except NotStatic as problem:
            problem.found_at(self._where(offset))
            raise

    def _because(self, reason: str, offset: int = 0) -> NotStatic:
        return NotStatic(reason, self._where(offset))

    def _where(self, offset: int) -> str:
        fn = self.code.function
        at = self.code.lowered.locations.at(fn.index, offset)
        return f"{fn.name}+0x{offset:x}{f', {at}' if at else ''}"


# ---- effects ---------------------------------------------------------------------------------------------------------


def _operands(frame: Frame, op: Op) -> list[Item]:
    return [frame.env[value] for value in op.operands]


def _range(item: Item) -> Range:
    if not isinstance(item, Range):
        raise NotStatic("a null buffer" if item is None else "something that is not a buffer")
    return item


def _constant(frame: Frame, op: Op) -> list[Item]:
    value = op.attrs["value"]
    kind = op.result.type
    return [index(signed(value, int(kind[1:]))) if kind.startswith("i") else Constant(kind, value)]


def _load(frame: Frame, op: Op) -> list[Item]:
    span, at = _operands(frame, op)
    return [load(op, element_at(op, _range(span), at, element_bytes(op.row.type), frame.recorder), frame.recorder)]


def load(op: Op, walked: Walked, recorder: Recorder) -> Item:
    """An element of memory, as it is now."""
    known = _bytes(walked)
    return Scalar.loaded(op, walked, recorder.written.get(walked.storage, 0)) if known is None else _decoded(op, known)


def _store(frame: Frame, op: Op) -> list[Item]:
    span, at, value = _operands(frame, op)
    walked = element_at(op, _range(span), at, element_bytes(op.row.type), frame.recorder)
    frame.recorder.add(scalar_run(value, walked, frame.place(op), frame.recorder.written))
    return []


def element_at(op: Op, span: Range, at: Item, size: int, recorder: Recorder) -> Walked:
    """The element that a load or store touches, so many times `size` bytes into a range."""
    if not isinstance(at, Index):
        raise NotStatic("where an element is depends on data")
    walked = Walked(span.storage, span.offset + at * size, element_of(op), (), ())
    check_inside(walked, span, recorder.bounds)
    return walked


def _bytes(walked: Walked) -> bytes | None:
    """The element, where it is a known one of a constant."""
    data, at = walked.storage.data, walked.offset.known
    if data is None or at is None:
        return None
    return bytes(data[at : at + element_bytes(walked.element)])


def _decoded(op: Op, data: bytes) -> Item:
    bits = int.from_bytes(data, "little")
    if op.result.type.startswith("f"):
        return Constant(op.result.type, bits)
    return index(signed(bits, 8 * len(data)) if not element_kind(op).endswith(".u") else bits)


def _alloc(frame: Frame, op: Op) -> list[Item]:
    length, alignment = _operands(frame, op)
    known = number(alignment, "the alignment of a buffer")
    if known & (known - 1):
        raise NotStatic("an alignment that is no power of two: the program fails there")
    return [new_buffer(frame.recorder, length)]


def new_buffer(recorder: Recorder, length: Item) -> Range:
    """Memory of so many bytes, of a life of its own."""
    made = Storage("transient", number(length, "the size of a buffer"), home=recorder.home)
    recorder.buffers.append(made)
    return whole(made)


def size_of(range_: Range) -> Index:
    """How many bytes there are."""
    if not range_.is_exact:
        raise NotStatic("the size of a buffer changes from call to call")
    return index(range_.length)


def _clone(frame: Frame, op: Op) -> list[Item]:
    source, offset, length, _ = _operands(frame, op)
    made = new_buffer(frame.recorder, length)
    copy(frame.recorder, made, _range(source), offset, index(0), length)
    return [made]


def _copy(frame: Frame, op: Op) -> list[Item]:
    source, source_offset, target, target_offset, length = _operands(frame, op)
    copy(frame.recorder, _range(target), _range(source), source_offset, target_offset, length)
    return []


def copy(
    recorder: Recorder, target: Range, source: Range, source_offset: Item, target_offset: Item, length: Item
) -> None:
    """Bytes from one range to another."""
    count = number(length, "the size of a copy")
    if not count:
        return
    made = Copy(part(target, target_offset, count, recorder), part(source, source_offset, count, recorder))
    if made.target == made.source:
        return
    (written,), (read,) = writes(made), reads(made)
    if not is_apart(written, read, recorder.bounds):
        raise NotStatic("a copy onto a part of itself")
    recorder.add(made)


def part(range_: Range, offset: Item, length: int, recorder: Recorder) -> Range:
    """So many bytes of a range, which has them."""
    if not isinstance(offset, Index):
        raise NotStatic("where memory is depends on data")
    found = range_.part(offset, length)
    if length or found.offset.known is None:
        check_inside(Walked(found.storage, found.offset, "u8", (1,), (length,)), range_, recorder.bounds)
    return found


def _fill(frame: Frame, op: Op) -> list[Item]:
    target, offset, length, value = _operands(frame, op)
    size = element_bytes(op.row.type)
    count = number(length, "the size of a fill") * size
    if not isinstance(offset, Index):
        raise NotStatic("where memory is depends on data")
    if count:
        inside = part(_range(target), offset * size, count, frame.recorder)
        fill(inside, value, op.row.type, frame.recorder, frame.place(op))
    return []


def fill(target: Range, value: Item, element: str, recorder: Recorder, place: Place) -> None:
    """Writes a number into all elements of a range."""
    if isinstance(value, Scalar):
        fill_with(target, value, element, recorder, place)
        return
    size = element_bytes(element)
    pattern = value.value if isinstance(value, Constant) else number(value, "what memory is filled with")
    recorder.add(Fill(target, (pattern & ((1 << 8 * size) - 1)).to_bytes(size, "little")))


def _load_global(frame: Frame, op: Op) -> list[Item]:
    unit, number_ = frame.unit, _global(frame, op)
    if op.row.type != "ref":
        unit.loaded.add(("word", number_))
        return [unit.words.get(number_, zero_of(op.row.type))]
    unit.loaded.add(("ref", number_))
    found = unit.refs.get(number_)
    if op.attrs.get("move"):
        _check_once(frame)
        unit.stored.add(("ref", number_))
        unit.refs[number_] = None
    return [found]


def zero_of(kind: str) -> Item:
    """What a word holds before anything is stored there."""
    return Constant(kind, 0) if kind.startswith("f") else index(0)


def _store_global(frame: Frame, op: Op) -> list[Item]:
    _check_once(frame)
    unit, number_ = frame.unit, _global(frame, op)
    is_ref = op.row.type == "ref"
    unit.stored.add(("ref" if is_ref else "word", number_))
    (unit.refs if is_ref else unit.words)[number_] = frame.env[op.operands[0]]
    return []


def _global(frame: Frame, op: Op) -> int:
    """The number of a global for references, or where a word is."""
    return op.attrs["global"] if op.row.type == "ref" else _word_place(frame, op)


def _word_place(frame: Frame, op: Op) -> int:
    """Where a word is, all of whose bytes are of one number wherever they are used."""
    place: int = op.attrs["byte_offset"]
    for byte in range(place, place + element_bytes(op.row.type)):
        if frame.unit.kinds.setdefault(byte, (place, op.row.type)) != (place, op.row.type):
            raise NotStatic("a global that is used as numbers of different types")
    return place


def _check_once(frame: Frame) -> None:
    """Globals change outside of loops of the schedule, whose turns are all the same."""
    if frame.recorder.bounds:
        raise Undecided("a global changes in a loop")


def _list(item: Item) -> List:
    if not isinstance(item, List):
        raise NotStatic("a null list")
    return item


def _get(frame: Frame, op: Op) -> list[Item]:
    items, at = _operands(frame, op)
    found = _list(items).items[_place_in(_list(items), at, op)]
    return [found if _is_of(found, frame.code.lowered.module.types[op.attrs["type"]] or "") else None]


def _cast(frame: Frame, op: Op) -> list[Item]:
    item = frame.env[op.operands[0]]
    if item is not None and not _is_of(item, frame.code.lowered.module.types[op.attrs["type"]] or ""):
        raise NotStatic("a reference to something else than what is asked for: the program fails there")
    return [item]


def _is_of(item: Item, type_: str) -> bool:
    """Whether an element of a list is of the type that the program asks for."""
    match item:
        case List():
            return type_.startswith(("!vm.list", "!vm.opaque"))
        case Range():
            return type_ in ("!vm.buffer", "!hal.buffer", "!vm.opaque")
        case View() | Input():
            return type_ in ("!hal.buffer_view", "!vm.opaque")
    return not type_.startswith(("!vm.list", "!vm.buffer", "!hal.buffer"))


def _set(frame: Frame, op: Op) -> list[Item]:
    items, at, value = _operands(frame, op)
    _check_new(_list(items))
    _list(items).items[_place_in(_list(items), at, op)] = value
    return []


def _check_new(items: List) -> None:
    if items.is_kept:
        raise NotStatic("a list that lives from call to call is changed")


def _place_in(items: List, at: Item, op: Op) -> int:
    """Which element of a list: one that it has."""
    if op.row.type != "ref":
        raise NotStatic("a list of numbers")
    place = number(at, "a place in a list")
    if not 0 <= place < len(items.items):
        raise NotStatic("a place outside of a list: the program fails there")
    return place


def _new_list(frame: Frame, op: Op) -> list[Item]:
    _size_of_list(frame.env[op.operands[0]])
    return [List()]


def _reserve(frame: Frame, op: Op) -> list[Item]:
    _size_of_list(frame.env[op.operands[1]])
    return []


def _size_of_list(item: Item) -> int:
    count = number(item, "the size of a list")
    if not 0 <= count <= _TURNS:
        raise NotStatic("a list of more elements than there is memory for")
    return count


def _resize(frame: Frame, op: Op) -> list[Item]:
    items, size = _operands(frame, op)
    count = _size_of_list(size)
    _check_new(_list(items))
    known = _list(items).items
    known[count:] = []
    known += [None] * (count - len(known))
    return []


def _word(frame: Frame, op: Op) -> list[Item]:
    return [frame.words[op.attrs["index"]]]


def _words(frame: Frame, op: Op) -> list[Item]:
    data = struct.pack(f"<{len(frame.words)}i", *(number(word, "a constant of a dispatch") for word in frame.words))
    return [whole(Storage("constant", len(data), memoryview(data)))]


def _same(frame: Frame, op: Op) -> list[Item]:
    return [frame.env[op.operands[0]]]


_EFFECTS: dict[Operation, Callable[[Frame, Op], list[Item]]] = {
    Operation.CONST: _constant,
    Operation.NULL: lambda frame, op: [None],
    Operation.RODATA: lambda frame, op: [frame.unit.constant(op.attrs["rodata"])],
    Operation.SPAN_RODATA: lambda frame, op: [frame.unit.constant(op.attrs["rodata"])],
    Operation.BUFFER_SPAN: _same,
    Operation.SPAN_NEW: _same,
    Operation.CAST_ANY: _cast,
    Operation.RETAIN: _same,
    Operation.RELEASE: lambda frame, op: [],
    Operation.DISCARD_REFS: lambda frame, op: [],
    Operation.KERNEL_BINDING: lambda frame, op: [frame.bindings[op.attrs["index"]]],
    Operation.KERNEL_CONSTANTS: _words,
    Operation.KERNEL_WORD: _word,
    Operation.IMPORT_RESOLVED: lambda frame, op: [index(int(frame.native(op.attrs["import"]) is not None))],
    Operation.BUFFER_LOAD: _load,
    Operation.BUFFER_STORE: _store,
    Operation.BUFFER_ALLOC: _alloc,
    Operation.BUFFER_CLONE: _clone,
    Operation.BUFFER_COPY: _copy,
    Operation.BUFFER_FILL: _fill,
    Operation.BUFFER_LENGTH: lambda frame, op: [size_of(_range(frame.env[op.operands[0]]))],
    Operation.GLOBAL_LOAD: _load_global,
    Operation.GLOBAL_STORE: _store_global,
    Operation.LIST_ALLOC: _new_list,
    Operation.LIST_RESERVE: _reserve,
    Operation.LIST_SIZE: lambda frame, op: [index(len(_list(frame.env[op.operands[0]]).items))],
    Operation.LIST_RESIZE: _resize,
    Operation.LIST_GET: _get,
    Operation.LIST_SET: _set,
}


def _of_refs(does: Operation, items: list[Item]) -> Item:
    """Comparisons of references."""
    if any(isinstance(item, Unsure) for item in items):
        raise NotStatic("whether there is an object changes from call to call")
    if does is Operation.CMP_NZ:
        return index(int(items[0] is not None))
    if does in (Operation.CMP_EQ, Operation.CMP_NE):
        if any(isinstance(item, Range) and item.storage.kind == "state" for item in items):
            raise NotStatic("buffers that live from call to call are compared")
        same = items[0] == items[1]
        return index(int(same == (does is Operation.CMP_EQ)))
    raise NotStatic(f"{does.value} of references")
