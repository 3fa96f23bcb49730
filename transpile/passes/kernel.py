"""Makes a kernel of a nested module a plain function over spans: no list, no references.

Every export of a nested module takes local memory, a buffer of constants, a list of bindings, and the workgroup's id,
size and count.  Where the list is only read at constant places and the buffers only accessed, which is all that
compilers emit, the objects can go:

    ^0(%l: ref, %c: ref, %b: ref, %x: i32, …):      ^0(%x: i32, …):
      %k = const.i32 0                                %s = kernel.binding {index = 0}
      %r = list.get.ref %b, %k                   =>   %w = kernel.constants
      %n = buffer.load.i32 %c, %i                     %n = kernel.word {index = 3}
      %v = buffer.load.f32 %r, %j                     %v = buffer.load.f32 %s, %j

Workgroups have the size 1, 1, 1, and the parameters for it go as well.  Runs behind the clean-up passes, which see
through register moves, and in front of `ownership`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from transpile.container.convention import parse
from transpile.ir.derived import KERNEL_BINDING, KERNEL_CONSTANTS, KERNEL_WORD
from transpile.ir.nodes import Function, Op, Value, make_op
from transpile.isa.operations import CALLS, GLOBALS, Operation
from transpile.isa.table import Trait, row_of
from transpile.passes.spans import buffer_operands

CONVENTION = "0rrriiiiiiiii_v"
"""What every export of a nested module takes."""
BINDING_LIMIT = 32
"""Bindings a dispatch may have."""

_LOWERED = parse("0iiiiii_v")
_STATEFUL = CALLS | GLOBALS | {Operation.IMPORT_RESOLVED}
_WORD, _PLACE = row_of(Operation.CONST, "i32"), row_of(Operation.CONST, "i64")
_LOAD, _GET = row_of(Operation.BUFFER_LOAD, "i32"), row_of(Operation.LIST_GET, "ref")


class Get(NamedTuple):
    """Where a kernel takes a binding out of the list, which fails if that is too short."""

    binding: int
    offset: int


def run(fn: Function, is_buffer: Callable[[int], bool], words: int = 0) -> list[Get] | None:
    """The bindings that the function takes, in this order, if it was rewritten; else None.

    `is_buffer` says whether an entry of the type table is `!vm.buffer`, `words` how many constants every dispatch is
    known to give.
    """
    if fn.convention != parse(CONVENTION) or not _qualifies(fn, is_buffer):
        return None
    gets = [Get(_index(op), op.offset) for op in fn.entry.ops if _takes_binding(op, fn)]
    _rewrite(fn)
    _read_words(fn, words)
    return gets


def _read_words(fn: Function, words: int) -> None:
    """Loads of constants that are known to be there check nothing."""
    replaced: dict[Value, Value] = {}
    for block in fn.blocks:
        for number, op in enumerate(block.ops):
            index = _word(op)
            if index is not None and 0 <= index < words:
                block.ops[number] = make_op(KERNEL_WORD, [], "i32", op.offset, index=index)
                replaced[op.result] = block.ops[number].result
    fn.replace(replaced)


def _word(op: Op) -> int | None:
    """Which constant a load reads."""
    if op.row is not _LOAD or op.operands[0].op is None or op.operands[0].op.row is not KERNEL_CONSTANTS:
        return None
    offset = op.operands[1].op
    return int(offset.attrs["value"]) if offset is not None and offset.row is _PLACE else None


def _qualifies(fn: Function, is_buffer: Callable[[int], bool]) -> bool:
    if any(op.row.does in _STATEFUL for op in fn.ops()):
        return False
    memory, constants, bindings = fn.args[:3]
    gets = [op for op in fn.ops() if _takes_binding(op, fn)]
    if not all(_is_plain_get(op, is_buffer) for op in gets) or _moves_twice(gets) or not _come_first(gets, fn):
        return False
    if any(memory in op.operands for op in fn.ops()):
        return False
    buffers = {constants, *(op.result for op in gets)}
    others = (v for op in fn.ops() for v in _other_operands(op, gets))
    rest = {*others, *(v for block in fn.blocks for v in block.end.operands), *(v for e in fn.edges() for v in e.args)}
    return not rest & (buffers | {memory, bindings})


def _takes_binding(op: Op, fn: Function) -> bool:
    return op.operands[:1] == [fn.args[2]]


def _come_first(gets: list[Op], fn: Function) -> bool:
    """Whether nothing that others could see happens before a binding is missed."""
    constants, seen = fn.args[1], 0
    for op in fn.entry.ops:
        if op in gets:
            seen += 1
        elif seen < len(gets) and not (
            Trait.PURE in op.row.traits
            or op.row.does is Operation.BUFFER_ALLOC
            or (op.row.does is Operation.BUFFER_LOAD and op.operands[0] is constants)
        ):
            return False
    return seen == len(gets)


def _is_plain_get(op: Op, is_buffer: Callable[[int], bool]) -> bool:
    if op.row is not _GET or not is_buffer(op.attrs["type"]):
        return False
    index = op.operands[1].op
    return index is not None and index.row is _WORD and 0 <= index.attrs["value"] < BINDING_LIMIT


def _moves_twice(gets: list[Op]) -> bool:
    """Whether a reference is taken out of the list that somebody else might look for there."""
    return any(op.attrs.get("move") for op in gets) and len({_index(op) for op in gets}) != len(gets)


def _index(op: Op) -> int:
    assert op.operands[1].op is not None
    return int(op.operands[1].op.attrs["value"])


def _other_operands(op: Op, gets: list[Op]) -> Iterator[Value]:
    """Operands at places where a span cannot stand."""
    if op in gets:
        yield from op.operands[1:]
        return
    spans = set(buffer_operands(op))
    yield from (v for i, v in enumerate(op.operands) if i not in spans)


def _rewrite(fn: Function) -> None:
    _, constants, _, *words = fn.args
    one = make_op(_WORD, [], "i32", 0, value=1)
    words_span = make_op(KERNEL_CONSTANTS, [], "span", 0)
    replaced: dict[Value, Value] = {constants: words_span.result, **dict.fromkeys(words[3:6], one.result)}
    spans: dict[int, Op] = {}
    for block in fn.blocks:
        for op in [op for op in block.ops if _takes_binding(op, fn)]:
            span = spans.setdefault(_index(op), make_op(KERNEL_BINDING, [], "span", 0, index=_index(op)))
            replaced[op.result] = span.result
            block.ops.remove(op)
    fn.replace(replaced)
    used = {v for op in fn.ops() for v in op.operands}
    first = [one, words_span, *(spans[index] for index in sorted(spans))]
    fn.entry.ops[:0] = [op for op in first if op is one or op.result in used]
    fn.entry.params = [*words[:3], *words[6:]]
    fn.convention = _LOWERED
