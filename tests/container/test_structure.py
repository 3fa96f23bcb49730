"""FlatBuffer structure: each rule broken alone in a file that is otherwise right."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

import pytest

from transpile.container import load, schema
from transpile.container.schema import BYTECODE_MODULE, Child, Children, TableType, Union, Unions
from transpile.errors import ContainerError, Status

from .writer import Table, attr, debug_database, everything, i32, signature, u8, u32, write


class Patch:
    """Raw access to the FlatBuffer of a bare archive, to find its parts and to break them."""

    def __init__(self, root: Table) -> None:
        self.data = bytearray(write(root))

    def get(self, code: str, at: int) -> int:
        return int(struct.unpack_from("<" + code, self.data, at + 4)[0])

    def put(self, code: str, at: int, value: int) -> None:
        struct.pack_into("<" + code, self.data, at + 4, value)

    @property
    def root(self) -> int:
        return self.get("I", 0)

    def vtable(self, table: int) -> int:
        return table - self.get("i", table)

    def place(self, table: int, slot: int) -> int:
        return table + self.get("H", self.vtable(table) + 4 + 2 * slot)

    def follow(self, at: int) -> int:
        return at + self.get("I", at)

    def refusal(self, where: str, message: str) -> None:
        with pytest.raises(ContainerError) as caught:
            load(bytes(self.data), name="x")
        (diagnostic,) = caught.value.diagnostics
        assert re.search(message, diagnostic.message), diagnostic
        assert where in diagnostic.where, diagnostic
        assert diagnostic.status is Status.INVALID_ARGUMENT
        found = re.match(r"x, byte 0x([0-9a-f]+) ", diagnostic.where)
        assert found and int(found[1], 16) < len(self.data)


@pytest.fixture
def patch() -> Patch:
    return Patch(Table({0: "m", 1: u32(3), 4: [Table({0: "i32"}), Table({0: "f32"})], 14: b"code"}))


@pytest.mark.parametrize("offset", [0, 1, 2**31, 2**32 - 4, 10_000])
def test_root_offset(patch: Patch, offset: int) -> None:
    patch.put("I", 0, offset)
    patch.refusal("(root)", "null, out of range or leads to an unaligned place")


@pytest.mark.parametrize("distance", [-(2**31), 2**31 - 1, 3, -10_000])
def test_vtable_offset(patch: Patch, distance: int) -> None:
    patch.put("i", patch.root, distance)
    patch.refusal("(BytecodeModuleDef)", "vtable at FlatBuffer offset -?[0-9]+ is out of range or unaligned")


@pytest.mark.parametrize("size", [0, 2, 3, 35, 0xFFFE])
def test_vtable_size(patch: Patch, size: int) -> None:
    patch.put("H", patch.vtable(patch.root), size)
    patch.refusal("(BytecodeModuleDef)", f"impossible size of {size} bytes")


def test_table_size(patch: Patch) -> None:
    patch.put("H", patch.vtable(patch.root) + 2, 0xFFFF)
    patch.refusal("(BytecodeModuleDef)", "table of 65535 bytes extends beyond")


def test_table_that_ends_with_the_buffer(patch: Patch) -> None:
    room = patch.get("I", -4) - patch.root
    patch.put("H", patch.vtable(patch.root) + 2, room)
    assert load(bytes(patch.data)).name == "m"
    patch.put("H", patch.vtable(patch.root) + 2, room + 1)
    patch.refusal("(BytecodeModuleDef)", f"table of {room + 1} bytes extends beyond")


@pytest.mark.parametrize(("slot", "name"), [(1, "version"), (4, "types")])
def test_field_outside_its_table(patch: Patch, slot: int, name: str) -> None:
    vtable = patch.vtable(patch.root)
    size = patch.get("H", vtable + 2)
    patch.put("H", vtable + 4 + 2 * slot, size - 3)
    patch.refusal(f"(BytecodeModuleDef.{name})", f"field at {size - 3} is outside its table of {size} bytes")


def test_unaligned_offset_field(patch: Patch) -> None:
    vtable = patch.vtable(patch.root)
    patch.put("H", vtable + 4 + 2 * 4, patch.get("H", vtable + 4 + 2 * 4) - 2)
    patch.refusal("(BytecodeModuleDef.types)", "not 4-aligned")


def test_scalars_need_no_alignment() -> None:
    """IREE's own files have u64 fields at odd multiples of 4; here the whole table is moved by 4."""
    patch = Patch(everything())
    rodata = patch.follow(patch.place(patch.root, 9))
    external = patch.follow(rodata + 8)
    assert patch.place(external, 3) % 8 == 4
    assert load(bytes(patch.data)).rodata[1].offset == 8


@pytest.mark.parametrize("slot", [0, 4, 14])
@pytest.mark.parametrize("offset", [0, 2, 2**32 - 1, 2**31, 5000])
def test_offsets_in_a_table(patch: Patch, slot: int, offset: int) -> None:
    patch.put("I", patch.place(patch.root, slot), offset)
    patch.refusal("(BytecodeModuleDef.", "null, out of range or leads to an unaligned place")


def test_offsets_in_a_vector(patch: Patch) -> None:
    vector = patch.follow(patch.place(patch.root, 4))
    patch.put("I", vector + 8, 5000)
    patch.refusal("(BytecodeModuleDef.types[1])", "offset 5000 is null, out of range")


@pytest.mark.parametrize("slot", [4, 14])
@pytest.mark.parametrize("length", [2**32 - 1, 2**30, 200])
def test_vector_length(patch: Patch, slot: int, length: int) -> None:
    patch.put("I", patch.follow(patch.place(patch.root, slot)), length)
    patch.refusal("(BytecodeModuleDef.", r"vector ends \d+ bytes beyond")


def test_struct_vector_length() -> None:
    patch = Patch(everything())
    vector = patch.follow(patch.place(patch.root, 12))
    patch.put("I", vector, 2**32 // 20 + 1)
    patch.refusal("(BytecodeModuleDef.function_descriptors)", "vector ends")


def test_string_without_terminator(patch: Patch) -> None:
    name = patch.follow(patch.place(patch.root, 0))
    patch.put("B", name + 5, 0x41)
    patch.refusal("(BytecodeModuleDef.name)", "string of 1 bytes does not end in NUL")


def test_string_that_ends_with_the_buffer(patch: Patch) -> None:
    """A string may fill the FlatBuffer up to its last byte, which has to be its NUL."""
    name = patch.follow(patch.place(patch.root, 0))
    prefix = patch.get("I", -4)
    patch.put("I", name, prefix - name - 4)
    patch.refusal("(BytecodeModuleDef.name)", "does not end in NUL")
    patch.put("I", name, prefix - name - 5)
    patch.put("B", prefix - 1, 0)
    assert len(load(bytes(patch.data)).name) == prefix - name - 5


def test_required_name() -> None:
    Patch(Table({1: u32(3)})).refusal("(BytecodeModuleDef.name)", "required field is missing")


@pytest.mark.parametrize("slots", [{0: u8(1)}, {1: Table()}, {0: u8(9)}])
def test_union_tag_and_value_agree(slots: dict[int, object]) -> None:
    Patch(Table({0: "m", 9: [Table(slots)]})).refusal("rodata_segments[0].compression_type", "union")


def test_unknown_union_tags_are_let_through() -> None:
    assert load(write(Table({0: "m", 9: [Table({0: u8(9), 1: Table(), 2: b"abc"})]}))).rodata[0].length == 3


def test_unused_parts_are_checked_too() -> None:
    patch = Patch(everything())
    entry = patch.follow(patch.follow(patch.place(patch.root, 10)) + 4)
    patch.put("i", entry, 2**30)
    patch.refusal("(BytecodeModuleDef.rwdata_segments[0])", "vtable")


@pytest.mark.parametrize("break_it", [{1: None}, {0: None}, {0: b"\2\2"}])
def test_location_tags_and_values_agree(break_it: dict[int, object]) -> None:
    table = debug_database([(2, Table({0: "f", 1: i32(1)}))], [])
    table.slots.update(break_it)
    module = load(write(Table({0: "m", 15: table})))
    assert module.debug is not None
    with pytest.raises(ContainerError, match="vector of unions has"):
        module.debug.verify()


@pytest.mark.parametrize("pair", [(0, Table({0: "f"})), (2, None)])
def test_location_without_tag_or_value(pair: tuple[int, Table | None]) -> None:
    module = load(write(Table({0: "m", 15: debug_database([pair], [])})))
    assert module.debug is not None
    with pytest.raises(ContainerError, match=r"location_table\[0\].*union has tag"):
        module.debug.verify()


def test_shared_objects_are_one_object() -> None:
    """Import and function may share a signature: a compact writer's right, and not an overlap."""
    patch = Patch(Table({0: "m", 6: [Table({0: "a.b", 1: signature("0v_v", attr("k", "v"))})], 8: [signature("0i_i")]}))
    imported = patch.follow(patch.follow(patch.place(patch.root, 6)) + 4)
    shared = patch.follow(patch.place(imported, 1))
    entry = patch.follow(patch.place(patch.root, 8)) + 4
    moved = shared - entry
    assert moved > 0, "the builder lays later fields out first"
    patch.put("I", entry, moved)
    module = load(bytes(patch.data))
    assert module.signatures[0] == module.imports[0].signature


def test_the_schema_cannot_nest_without_end() -> None:
    def children(table: TableType) -> Iterator[TableType]:
        for field in table.fields:
            if isinstance(field.type, (Child, Children)):
                yield field.type.table
            elif isinstance(field.type, (Union, Unions)):
                yield from field.type.members.values()

    def depth(table: TableType) -> int:
        return 1 + max((depth(child) for child in children(table)), default=0)

    assert depth(BYTECODE_MODULE) == 4, "module, import, signature, attribute"
    tables = [value for value in vars(schema).values() if isinstance(value, TableType)]
    assert len(tables) == 17
    for table in tables:
        slots = [f.slot + k for f in table.fields for k in range(1 + isinstance(f.type, (Union, Unions)))]
        assert slots == sorted(set(slots)), table.name
