"""What a `Module` says, against files written from slot numbers and against IREE's own dump of real files."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from transpile.container import Dependency, Export, FunctionDescriptor, Module, Rodata, Signature, load
from transpile.errors import ContainerError

from .samples import ALL, BARE, INLINE, VMVX, tool
from .writer import Table, everything, function, functions, i32, u32, write

FEATURES = {"EXT_F32": 1, "EXT_F64": 2, "YIELD": 4, "UNWIND": 8}


def test_every_field_arrives() -> None:
    module = load(write(everything()) + b"01234567DATA!")
    assert (module.name, module.version, module.requirements) == ("mod", 7, 9)
    assert (module.bytecode_version, module.major, module.minor) == (0x00110002, 17, 2)
    assert dict(module.attrs) == {"k": "v", "ü": ""}, "the first of equal keys counts"
    assert module.types == ("i32", "!vm.buffer")
    assert module.dependencies == (Dependency("hal", 6, 1), Dependency("x", 1, 2))
    assert [d.optional for d in module.dependencies] == [False, True]
    assert [(i.full_name, i.flags, i.optional) for i in module.imports] == [("hal.a.b", 1, False), ("x.y", 2, True)]
    assert (module.imports[0].module_name, module.imports[0].function_name) == ("hal", "a.b")
    assert module.imports[0].signature == Signature("0rCID_r", {"n": "1"})
    assert module.exports == (Export("f", 1), Export("f", 0), Export("g", 0))
    assert module.signatures[1] == Signature("0v_v", {})
    assert (module.global_bytes, module.global_refs) == (24, 3)
    assert module.functions == (FunctionDescriptor(0, 5, 1, 1, 2, 3), FunctionDescriptor(8, 3, 2, 4, 5, 6))
    assert module.bytecode.tobytes() == bytes(range(11))
    assert module.function_bytecode(1).tobytes() == bytes([8, 9, 10])


def test_rodata_is_embedded_or_external() -> None:
    embedded, external, empty, outside = load(write(everything()) + b"01234567DATA!").rodata
    assert (embedded.embedded, embedded.length, embedded.data.tobytes()) == (True, 8, b"embedded")
    assert (external.embedded, external.offset, external.length) == (False, 8, 4)
    assert external.data.tobytes() == b"DATA"
    assert empty.embedded and empty.in_range and len(empty.data) == 0, "presence wins over emptiness"
    assert (outside.offset, outside.length) == (2**64 - 1, 2)
    assert not outside.in_range and not outside.is_module
    with pytest.raises(ContainerError, match=r"rodata\[3\]"):
        _ = outside.data


@pytest.mark.parametrize(("tail", "in_range"), [(b"", False), (b"12345678DAT", False), (b"12345678DATA", True)])
def test_external_rodata_ends_with_the_file(tail: bytes, in_range: bool) -> None:
    assert load(write(everything()) + tail).rodata[1].in_range is in_range


def test_a_rodata_base_beyond_the_file_refuses_even_empty_data() -> None:
    data = write(Table({0: "m", 9: [Table()]}))
    end = 4 + int.from_bytes(data[:4], "little")
    assert end % 64, "the case needs padding that can be cut off"
    assert load(data).rodata[0].in_range
    assert not load(data[:end]).rodata[0].in_range


def test_absent_fields_have_the_defaults_of_the_format() -> None:
    module = load(write(Table({0: "m"})))
    assert (module.version, module.requirements, module.bytecode_version) == (0, 0, 0)
    assert not any((module.types, module.imports, module.exports, module.functions, module.rodata))
    assert len(module.bytecode) == module.global_bytes == module.global_refs == 0
    assert module.debug is None and dict(module.attrs) == {}
    module = load(write(Table({0: "m", 5: [Table()], 6: [Table()], 7: [Table()], 8: [Table()], 11: Table()})))
    assert module.dependencies == (Dependency("", 0, 1),)
    assert (module.imports[0].full_name, module.imports[0].signature, module.imports[0].flags) == ("", None, 1)
    assert module.exports == (Export("", 0),)
    assert module.signatures == (Signature("", {}),)


def test_missing_entries_are_left_to_the_verifier() -> None:
    module = load(write(Table({0: "", 3: [None], 4: [None, Table()], 5: [None], 6: [None], 7: [None], 8: [None]})))
    assert module.name == ""
    assert module.types == (None, None)
    assert module.dependencies == (Dependency("", 0, 1),)
    assert (module.imports[0].full_name, module.imports[0].signature) == ("", None)
    assert module.exports == (Export("", 0),)
    assert module.signatures == (None,)
    with pytest.raises(ContainerError, match=r"rodata\[0\].*missing"):
        load(write(Table({0: "m", 9: [None]})))


def test_negative_numbers_are_kept_and_their_code_refused() -> None:
    bad = [function(-1, 1, 2**32 - 1, -2, -3, -4), function(0, -1), function(3, 2), function(2**31 - 1, 2**31 - 1)]
    state = Table({0: i32(-5), 1: i32(-6)})
    module = load(write(Table({0: "m", 11: state, 12: functions(*bad), 14: b"abcd"})))
    assert module.functions[0] == FunctionDescriptor(-1, 1, 2**32 - 1, -2, -3, -4)
    assert (module.global_bytes, module.global_refs) == (-5, -6)
    for index in range(4):
        with pytest.raises(ContainerError, match=f"function {index}"):
            module.function_bytecode(index)


def test_names_of_functions() -> None:
    module = load(write(everything()))
    assert module.export_named("f") == Export("f", 1), "the first match, as in the runtime"
    assert module.export_named("nope") is None
    assert [module.function_name(i) for i in range(2)] == ["f", "f"]
    table = everything()
    table.slots[7] = []
    assert [load(write(table)).function_name(i) for i in range(2)] == ["in_f", "in_g"]
    del table.slots[15]
    assert [load(write(table)).function_name(i) for i in range(2)] == ["fn_0", "fn_1"]


def test_text_that_is_not_utf8_is_escaped() -> None:
    data = write(Table({0: "m", 4: [Table({0: "TYPE"})]})).replace(b"TYPE", b"T\xff\xfeE")
    assert load(data).types == ("T\\xff\\xfeE",)


def test_import_names_without_a_dot() -> None:
    imported = load(write(Table({0: "m", 6: [Table({0: "nodot"})]}))).imports[0]
    assert (imported.module_name, imported.function_name) == ("", "nodot")


def test_facts_of_the_samples() -> None:
    inline, vmvx, bare = map(load, ALL)
    assert [m.bytecode_version for m in (inline, vmvx, bare)] == [0x00110000] * 3
    assert inline.requirements == 9 and vmvx.requirements & 12 == 12
    assert not any(r.is_module for r in inline.rodata)
    (nested,) = [r for r in vmvx.rodata if r.is_module]
    assert nested.offset == 96 and bytes(nested.data[:4]) == b"PK\3\4"
    (nested_bare,) = [r for r in bare.rodata if r.is_module]
    assert nested_bare.offset == 0 and bytes(nested_bare.data[8:12]) == b"IREE"
    kernels = [load(r.data, name=r.where) for r in (nested, nested_bare)]
    assert [[e.name for e in k.exports if e.name != "__init"] for k in kernels] == [
        ["mm_dispatch_0_matmul_64x64x64_f32", "scale_dispatch_0_elementwise_D_f32"]
    ] * 2
    assert kernels[0].source == f"{VMVX}, rodata[{vmvx.rodata.index(nested)}]"


def test_data_that_only_begins_like_a_module_is_none() -> None:
    def is_module(data: bytes) -> bool:
        return Rodata(True, 0, len(data), memoryview(data)).is_module

    bare = BARE.read_bytes()
    assert is_module(bare) and is_module(INLINE.read_bytes())
    assert not is_module(b"") and not is_module(b"PK\3\4" + bytes(100)) and not is_module(bare[:8])
    assert not is_module(bare[:4] + b"\0\0\0\0IREF" + bare[12:])
    assert not is_module(b"\x7fELF" + bytes(100))


@pytest.mark.skipif(tool("iree-dump-module") is None, reason="needs iree-base-runtime")
@pytest.mark.parametrize("path", ALL, ids=lambda p: p.stem)
def test_real_modules_read_as_iree_dumps_them(path: Path) -> None:
    command = [tool("iree-dump-module") or "", "--output=flatbuffer-json", str(path)]
    dump = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    module = load(path)
    assert as_json(module) == {key: value for key, value in dump.items() if key != "debug_database"}
    assert module.debug is not None
    maps = dump["debug_database"]["functions"]
    assert module.debug.function_count == len(maps) == 1
    locations = module.debug.locations_for(0, 1)
    assert locations is not None
    stored = [(e.get("bytecode_offset", 0), e.get("location", 0)) for e in maps[0]["locations"]]
    assert list(zip(locations.offsets, locations.indices, strict=True)) == stored
    assert [bool(e) for e in map(module.debug.locations.entry, range(len(module.debug.locations)))] == [
        kind != "NONE" for kind in dump["debug_database"]["location_table_type"]
    ]


def as_json(module: Module) -> dict[str, Any]:
    """Render a module as IREE's dumper does: fields with default values are left out."""
    return _without_defaults(
        {
            "name": module.name,
            "version": module.version,
            "requirements": _flags(module.requirements, ("EXT_F32", "EXT_F64", "YIELD", "UNWIND")),
            "types": [{"full_name": t} for t in module.types],
            "dependencies": [{"name": d.name, "minimum_version": d.minimum_version} for d in module.dependencies],
            "imported_functions": [
                {"full_name": i.full_name, "signature": _signature(i.signature)} for i in module.imports
            ],
            "exported_functions": [{"local_name": e.name, "internal_ordinal": e.ordinal} for e in module.exports],
            "function_signatures": [_signature(s) for s in module.signatures],
            "rodata_segments": [_rodata(r) for r in module.rodata],
            "module_state": {"global_bytes_capacity": module.global_bytes, "global_ref_count": module.global_refs},
            "function_descriptors": [
                {
                    "bytecode_offset": f.bytecode_offset,
                    "bytecode_length": f.bytecode_length,
                    "requirements": _flags(f.requirements, ("EXT_F32", "EXT_F64", "YIELD", "UNWIND")) or 0,
                    "reserved": 0,
                    "block_count": f.block_count,
                    "i32_register_count": f.i32_registers,
                    "ref_register_count": f.ref_registers,
                }
                for f in module.functions
            ],
            "bytecode_version": module.bytecode_version,
            "bytecode_data": list(module.bytecode),
        }
    )


def _without_defaults(value: dict[str, Any]) -> dict[str, Any]:
    """Drop absent fields, but not those of structs, which are always stored."""
    kept = {k: v for k, v in value.items() if v not in (0, None, [], {}, "") or k == "module_state"}
    for key in ("dependencies", "exported_functions", "rodata_segments"):
        kept[key] = [_drop_zeros(entry) for entry in kept.get(key, [])]
    if "module_state" in kept:
        kept["module_state"] = _drop_zeros(kept["module_state"])
    return {k: v for k, v in kept.items() if v not in ([], {})}


def _drop_zeros(entry: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in entry.items() if v != 0}


def _signature(signature: Signature | None) -> dict[str, Any]:
    assert signature is not None
    attrs = [{"key": k, "value": v} for k, v in signature.attrs.items()]
    return {"calling_convention": signature.calling_convention, **({"attrs": attrs} if attrs else {})}


def _rodata(rodata: Rodata) -> dict[str, Any]:
    if rodata.embedded:
        return {"embedded_data": list(rodata.data)}
    return {"external_data_offset": rodata.offset, "external_data_length": rodata.length}


def _flags(word: int, names: tuple[str, ...]) -> str:
    return " ".join(name for name in names if word & FEATURES[name])


def test_version_words_are_unsigned() -> None:
    module = load(write(Table({0: "m", 1: u32(2**32 - 1), 13: u32(2**32 - 1)})))
    assert (module.version, module.major, module.minor) == (2**32 - 1, 0xFFFF, 0xFFFF)
