"""Bytecode modules made to order: code from `transpile.isa.assemble`, the file from the FlatBuffer writer.

    module = build_module(
        [
            function(
                "entry",
                ("add.i32", 0, 1, 2),
                ("cond_br", 2, "entry", (), "end", ()),
                "end",
                ("return", (2,)),
                convention="0ii_i",
                export="f",
            )
        ]
    )

A string is a label and starts a block; a tuple is a mnemonic and its fields in table order.  Registers are raw words:
plain numbers in the 32-bit bank, `ref(0)` and `ref(0, move=True)` in the other.  Nothing is checked, so that broken
modules can be written as well: counts can be stated wrongly, and `slots` overrides whole fields of the root table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.container.writer import Structs, Table, i32, signature, u32, u64, write
from tests.container.writer import function as descriptor
from transpile.isa.assemble import Assembler
from transpile.isa.kinds import IMPORT_BIT
from transpile.isa.kinds import ref_word as ref

__all__ = ["Function", "build_module", "function", "imported", "ref"]

Code = Sequence["str | tuple[Any, ...]"]


@dataclass(frozen=True)
class Function:
    """One internal function; `offset` and `length` override what the layout would give its descriptor."""

    code: bytes
    blocks: int = 1
    convention: str = "0v_v"
    words: int = 8
    refs: int = 4
    requirements: int = 0
    export: str | None = None
    offset: int | None = None
    length: int | None = None


def function(*code: str | tuple[Any, ...], tail: bytes = b"", **options: Any) -> Function:
    """Assemble a function; `tail` is appended to its code, `options` are fields of `Function`."""
    assembler = Assembler()
    for item in code:
        if isinstance(item, str):
            assembler.block(item)
        else:
            assembler.emit(*item)
    return replace(Function(assembler.finish() + tail, max(assembler.block_count, 1)), **options)


def imported(index: int) -> int:
    """The callee word of an import."""
    return IMPORT_BIT | index


def build_module(
    functions: Sequence[Function] = (),
    *,
    name: str = "m",
    version: int = 17,
    requirements: int | None = None,
    types: Sequence[str] = (),
    imports: Sequence[tuple[str, str]] = (),
    exports: Sequence[tuple[str, int]] = (),
    rodata: Sequence[bytes | tuple[int, int]] = (),
    global_bytes: int = 0,
    global_refs: int = 0,
    slots: dict[int, Any] | None = None,
) -> bytes:
    """Write a module.

    `imports` are (full name, convention) pairs, `exports` (name, ordinal) pairs besides those that functions ask for,
    `rodata` embedded bytes or external (offset, length).  `requirements` defaults to the union of the functions'.
    """
    descriptors, code = _layout(functions)
    union = 0
    for item in functions:
        union |= item.requirements
    named = [(item.export, index) for index, item in enumerate(functions) if item.export is not None]
    root: dict[int, Any] = {
        0: name,
        2: u32(union if requirements is None else requirements),
        4: [Table({0: text}) for text in types],
        6: [Table({0: full_name, 1: signature(convention)}) for full_name, convention in imports],
        7: [Table({0: text, 1: i32(ordinal)}) for text, ordinal in (*named, *exports)],
        8: [signature(item.convention) for item in functions],
        9: [_segment(segment) for segment in rodata],
        11: Table({0: i32(global_bytes), 1: i32(global_refs)}),
        12: Structs(b"".join(descriptors), 20),
        13: u32(version << 16),
        14: code,
    }
    root.update(slots or {})
    return write(Table(dict(sorted(root.items()))))


def _layout(functions: Sequence[Function]) -> tuple[list[bytes], bytes]:
    """Descriptors and code; functions start at multiples of 8, as compilers place them."""
    code, descriptors = bytearray(), []
    for item in functions:
        code += bytes(-len(code) % 8)
        offset = len(code) if item.offset is None else item.offset
        length = len(item.code) if item.length is None else item.length
        descriptors.append(descriptor(offset, length, item.requirements, item.blocks, item.words, item.refs))
        code += item.code
    return descriptors, bytes(code)


def _segment(segment: bytes | tuple[int, int]) -> Table:
    if isinstance(segment, bytes):
        return Table({2: segment})
    return Table({3: u64(segment[0]), 4: u64(segment[1])})
