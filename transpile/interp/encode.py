"""Blocks of forms as the records that the interpreter runs."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transpile.interp.forms import Form, forms, places
from transpile.interp.lower import Block, Item, Lowered
from transpile.interp.opcodes import Opcode, opcodes


@dataclass
class Record:
    """An opcode with the items it executes."""

    opcode: Opcode
    items: tuple[Item, ...]
    position: int = 0
    size: int = 0


@dataclass(frozen=True)
class Code:
    """Encoded records: opcode numbers stand where handlers belong."""

    data: NDArray[np.uint64]
    starts: NDArray[np.int64]
    """Units in which records begin."""
    offsets: NDArray[np.uint32]
    """The bytecode offset of each unit."""


def encode(lowered: Lowered, *, fused: bool = True) -> Code:
    """The code of a function."""
    records: list[Record] = []
    position = 0
    for block, following in zip(lowered.blocks, [*lowered.blocks[1:], None], strict=True):
        block.position = position
        for record in _records([*block.items, *_branch(block, following)], fused):
            record.position = position
            position += record.size
            records.append(record)
    return _pack(records, position)


def _branch(block: Block, following: Block | None) -> Iterator[Item]:
    """How a block goes on; no record is needed for going on behind it."""
    table = forms()
    if len(block.targets) == 2:
        first, second = block.targets
        if first is following:
            yield Item(table["br_unless"], (block.condition, second), block.offset)
            return
        yield Item(table["br_if"], (block.condition, first), block.offset)
        if second is not following:
            yield Item(table["jump"], (second,), block.offset)
    elif block.targets and block.targets[0] is not following:
        yield Item(table["jump"], block.targets, block.offset)


def _records(items: list[Item], fused: bool) -> Iterator[Record]:
    """The items of a block as the fewest records."""
    chosen = _fewest(items) if fused else [_tables()[0][item.form.name] for item in items]
    at = 0
    while at < len(items):
        opcode = chosen[at]
        taken = tuple(items[at : at + len(opcode.forms)])
        size = _layout(opcode).end + sum(_width(value) for value in taken[0].tail)
        # Every item needs a unit of its own, for its offset.
        yield Record(opcode, taken, size=max(size + -size % 8, 8 * len(taken)))
        at += len(opcode.forms)


def _fewest(items: list[Item]) -> list[Opcode]:
    """For each place the opcode to go on with, so that fewest records are left."""
    singles, fused = _tables()
    count = len(items)
    least = [0] * (count + 1)
    chosen = [singles[item.form.name] for item in items]
    for at in range(count - 1, -1, -1):
        least[at] = 1 + least[at + 1]
        following = items[at + 1].form.name if at + 1 < count else ""
        for opcode in fused.get((items[at].form.name, following), ()):
            end = at + len(opcode.forms)
            if end <= count and 1 + least[end] < least[at] and _matches(opcode, items, at):
                least[at], chosen[at] = 1 + least[end], opcode
    return chosen


def _width(value: Any) -> int:
    return 4 if isinstance(value, Block) else 2


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, Opcode], dict[tuple[str, str], list[Opcode]]]:
    """Opcodes of one form by its name, and fused ones by their first two."""
    singles: dict[str, Opcode] = {}
    fused: dict[tuple[str, str], list[Opcode]] = {}
    for opcode in opcodes():
        if len(opcode.forms) == 1:
            singles[opcode.name] = opcode
        else:
            fused.setdefault((opcode.forms[0].name, opcode.forms[1].name), []).append(opcode)
    return singles, fused


def _matches(opcode: Opcode, items: list[Item], at: int) -> bool:
    for number, form in enumerate(opcode.forms):
        item, name = items[at + number], opcode.forwarded[number]
        if item.form is not form:
            return False
        if name and item.values[_index(form, name)] != items[at + number - 1].values[-1]:
            return False
    return True


@lru_cache(maxsize=4096)
def _index(form: Form, name: str) -> int:
    return next(i for i, field in enumerate(form.stored) if field.name == name)


@dataclass(frozen=True)
class _Layout:
    """How a record's fixed part is packed: `order` picks the values, of all items in a row, by size."""

    packer: struct.Struct
    order: tuple[int, ...]
    labels: frozenset[int]
    end: int


@lru_cache(maxsize=4096)
def _layout(opcode: Opcode) -> _Layout:
    found, end = places(opcode.forms)
    stored = [(number, field) for number, form in enumerate(opcode.forms) for field in form.stored]
    order = sorted(range(len(stored)), key=lambda i: found[stored[i][0]][stored[i][1].name])
    text = "<Q" + "".join(stored[i][1].format for i in order)
    labels = frozenset(i for i, (_, field) in enumerate(stored) if field.type == "label")
    return _Layout(struct.Struct(text), tuple(order), labels, end)


def _pack(records: list[Record], size: int) -> Code:
    data = np.zeros(size // 8, np.uint64)
    offsets = np.zeros(size // 8, np.uint32)
    starts = np.empty(len(records), np.int64)
    memory = data.view(np.uint8).data
    for number, record in enumerate(records):
        start = record.position
        starts[number] = start // 8
        layout = _layout(record.opcode)
        values = [value for item in record.items for value in item.values]
        for index in layout.labels:
            values[index] = values[index].position - start
        layout.packer.pack_into(memory, start, record.opcode.number, *(values[i] for i in layout.order))
        tail = record.items[0].tail
        if tail:
            numbers = [value.position - start if isinstance(value, Block) else value for value in tail]
            form = "i" if isinstance(tail[0], Block) else "H"
            struct.pack_into(f"<{len(tail)}{form}", memory, start + layout.end, *numbers)
        for part, item in enumerate(record.items):
            offsets[start // 8 + part] = item.offset
    return Code(data, starts, offsets)
