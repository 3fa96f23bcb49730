"""Writes FlatBuffers from slot numbers with the generic `flatbuffers` builder: an oracle independent of the schema.

The slot numbers here are stated a second time on purpose; nothing is taken from `transpile.container.schema`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

import flatbuffers  # type: ignore[import-untyped]
from flatbuffers import number_types as N


@dataclass
class Num:
    """A scalar field of a `struct` code."""

    code: str
    value: int


@dataclass
class Table:
    """A table by slot; None leaves a slot absent."""

    slots: dict[int, Any] = field(default_factory=dict)


@dataclass
class Structs:
    """A vector of structs, already packed."""

    data: bytes
    size: int


@dataclass
class Ints:
    """A vector of i32."""

    values: list[int]


_FLAGS = {
    "B": N.Uint8Flags,
    "H": N.Uint16Flags,
    "I": N.Uint32Flags,
    "i": N.Int32Flags,
    "Q": N.Uint64Flags,
}


def u8(value: int) -> Num:
    return Num("B", value)


def u32(value: int) -> Num:
    return Num("I", value)


def i32(value: int) -> Num:
    return Num("i", value)


def u64(value: int) -> Num:
    return Num("Q", value)


def attr(key: str, value: str) -> Table:
    return Table({0: key, 1: value})


def signature(convention: str, *attrs: Table) -> Table:
    return Table({0: convention, 1: list(attrs) or None})


def function(offset: int, length: int, requirements: int = 0, blocks: int = 1, i32s: int = 0, refs: int = 0) -> bytes:
    return struct.pack("<iiIhhhh", offset, length, requirements, 0, blocks, i32s, refs)


def functions(*descriptors: bytes) -> Structs:
    return Structs(b"".join(descriptors), 20)


def source_map(name: str, *pairs: tuple[int, int]) -> Table:
    return Table({0: name, 1: Structs(b"".join(struct.pack("<ii", *p) for p in pairs), 8)})


def debug_database(locations: list[tuple[int, Table | None]], maps: list[Table]) -> Table:
    return Table({0: bytes(tag for tag, _ in locations), 1: [t for _, t in locations], 2: maps})


def write(root: Table, identifier: bytes = b"IREE") -> bytes:
    """Return a bare archive: size prefix, FlatBuffer, padding to 64."""
    builder = flatbuffers.Builder(0)
    builder.FinishSizePrefixed(_table(builder, root), file_identifier=identifier)
    data = bytes(builder.Output())
    return data + bytes(-len(data) % 64)


def zipped(bare: bytes, name: bytes = b"module.fb", extra: bytes = b"\xca\xfe\1\0\0" + bytes(20)) -> bytes:
    """Put a ZIP local header before an archive."""
    header = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 45, 0, 0, 0, 0, 0, 0, 0, len(name), len(extra))
    return header + name + extra + bare


def _table(builder: Any, table: Table) -> int:
    offsets = {
        slot: _object(builder, value)
        for slot, value in table.slots.items()
        if value is not None and not isinstance(value, Num)
    }
    builder.StartObject(max(table.slots, default=-1) + 1)
    for slot, value in table.slots.items():
        if isinstance(value, Num):
            builder.Prepend(_FLAGS[value.code], value.value)
            builder.Slot(slot)
        elif value is not None:
            builder.PrependUOffsetTRelativeSlot(slot, offsets[slot], 0)
    return int(builder.EndObject())


def _object(builder: Any, value: Any) -> int:
    if isinstance(value, Table):
        return _table(builder, value)
    if isinstance(value, str):
        return int(builder.CreateString(value))
    if isinstance(value, bytes):
        return int(builder.CreateByteVector(value))
    if isinstance(value, Structs):
        return _vector(builder, value.data, value.size)
    if isinstance(value, Ints):
        return _vector(builder, struct.pack(f"<{len(value.values)}i", *value.values), 4)
    return _tables(builder, value)


def _vector(builder: Any, data: bytes, size: int) -> int:
    builder.StartVector(size, len(data) // size, 4)
    for byte in reversed(data):
        builder.PrependByte(byte)
    return int(builder.EndVector())


def _tables(builder: Any, tables: list[Table | None]) -> int:
    offsets = [None if table is None else _table(builder, table) for table in tables]
    builder.StartVector(4, len(tables), 4)
    for offset in reversed(offsets):
        if offset is None:
            builder.PrependUint32(0)
        else:
            builder.PrependUOffsetTRelative(offset)
    return int(builder.EndVector())


def everything() -> Table:
    """A module with every field of every table, none at its default."""
    locations: list[tuple[int, Table | None]] = [
        (0, None),
        (2, Table({0: "a.mlir", 1: i32(3), 2: i32(4)})),
        (2, Table({0: "b.mlir", 1: i32(5), 2: i32(6)})),
        (1, Table({0: i32(1), 1: i32(2)})),
        (3, Table({0: "meta", 1: Ints([3, 2])})),
        (3, Table({1: Ints([])})),
        (4, Table({0: "who", 1: i32(1)})),
        (4, Table({0: "bare"})),
    ]
    return Table(
        {
            0: "mod",
            1: u32(7),
            2: u32(9),
            3: [attr("k", "v"), attr("k", "later"), attr("ü", "")],
            4: [Table({0: "i32"}), Table({0: "!vm.buffer"})],
            5: [Table({0: "hal", 1: u32(6)}), Table({0: "x", 1: u32(1), 2: u32(2)})],
            6: [
                Table({0: "hal.a.b", 1: signature("0rCID_r", attr("n", "1"))}),
                Table({0: "x.y", 1: signature("0v_v"), 2: u32(2)}),
            ],
            7: [Table({0: "f", 1: i32(1)}), Table({0: "f", 1: i32(0)}), Table({0: "g"})],
            8: [signature("0i_i", attr("iree.abi.declaration", "sync func @f() -> ()")), signature("0v_v")],
            9: [
                Table({2: b"embedded"}),
                Table({3: u64(8), 4: u64(4)}),
                Table({0: u8(1), 1: Table(), 2: b""}),
                Table({3: u64(2**64 - 1), 4: u64(2)}),
            ],
            10: [Table({0: i32(5)})],
            11: Table({0: i32(24), 1: i32(3)}),
            12: functions(function(0, 5, 1, 1, 2, 3), function(8, 3, 2, 4, 5, 6)),
            13: u32(0x00110002),
            14: bytes(range(11)),
            15: debug_database(locations, [source_map("in_f", (1, 1), (4, 3)), source_map("in_g", (2, 4))]),
        }
    )
