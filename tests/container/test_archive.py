"""The outermost layer: ZIP header, size prefix, rodata base."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from transpile.container import load, open_archive
from transpile.errors import ContainerError, Status

from .samples import ALL, BARE, INLINE, VMVX
from .writer import Table, everything, u64, write, zipped


def refusal(data: bytes) -> str:
    with pytest.raises(ContainerError) as caught:
        load(data, name="x.vmfb")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.status is Status.INVALID_ARGUMENT
    assert diagnostic.where.startswith("x.vmfb, byte 0x")
    assert diagnostic.hint
    return str(diagnostic)


def test_polyglot_bytes_are_where_the_format_says() -> None:
    data = INLINE.read_bytes()
    assert data[:4] == b"PK\3\4"
    assert data[0x1A:0x1E] == b"\x09\0\x19\0", "name of 9 bytes, extra field of 25"
    assert data[30:39] == b"module.fb"
    assert data[0x27:0x2C] == b"\xca\xfe\1\0\0", "padding extra field"
    assert data[0x48:0x4C] == b"IREE"
    (prefix,) = struct.unpack_from("<I", data, 0x40)
    assert prefix % 64 == 0x3C


@pytest.mark.parametrize(("path", "start"), [(INLINE, 64), (VMVX, 64), (BARE, 0)], ids=lambda v: getattr(v, "stem", v))
def test_parts_of_real_archives(path: Path, start: int) -> None:
    data = path.read_bytes()
    archive = open_archive(memoryview(data), "x")
    (prefix,) = struct.unpack_from("<I", data, start)
    assert archive.module_start == start
    assert archive.flatbuffer_start == start + 4
    assert len(archive.flatbuffer) == prefix
    assert bytes(archive.flatbuffer[4:8]) == b"IREE"
    assert archive.rodata_base % 64 == 0
    assert 0 <= archive.rodata_base - (start + 4 + prefix) < 64
    assert archive.rodata.tobytes() == data[archive.rodata_base :]
    assert archive.size == len(data)


def test_a_file_is_mapped_and_equal_to_its_bytes() -> None:
    for path in ALL:
        mapped, copied = load(path), load(path.read_bytes())
        assert mapped.bytecode == copied.bytecode
        assert mapped.source == str(path)
        assert mapped.bytecode.readonly
        assert [r.data.tobytes() for r in mapped.rodata] == [r.data.tobytes() for r in copied.rodata]


def test_the_zip_header_is_only_skipped() -> None:
    data = bytearray(INLINE.read_bytes())
    expected = load(bytes(data)).bytecode.tobytes()
    for at in [*range(4, 26), *range(30, 64)]:
        data[at] ^= 0xFF
    assert load(bytes(data)).bytecode.tobytes() == expected
    assert load(bytes(data[64:])).bytecode.tobytes() == expected, "ZIP header cut off"


@pytest.mark.parametrize("name_bytes", [0, 1, 7, 63, 64, 300])
def test_rodata_base_counts_from_the_start_of_the_file(name_bytes: int) -> None:
    bare = write(Table({0: "m", 9: [Table({3: u64(3), 4: u64(5)})]}))
    prefix = struct.unpack_from("<I", bare)[0]
    header = zipped(b"", b"n" * name_bytes, b"")
    end = len(header) + 4 + prefix
    base = (end + 63) // 64 * 64
    data = header + bare[: 4 + prefix] + bytes(base - end) + b"abcHELLOxyz"
    module = load(data)
    assert module.archive.rodata_base == base
    assert module.rodata[0].data.tobytes() == b"HELLO"


def test_trailing_garbage_is_ignored() -> None:
    assert load(write(everything()) + b"garbage").name == "mod"


def test_refusals_say_what_and_where() -> None:
    bare = write(everything())
    assert "at least 16 bytes, found 0" in refusal(b"")
    assert "at least 16 bytes, found 15" in refusal(bare[:15])
    assert "module starts at byte 65595" in refusal(zipped(bare)[:26] + b"\xff\xff\x1e\x00" + bytes(10))
    assert "module starts at byte 64, but the file has 63" in refusal(zipped(b"")[:63])
    assert "found 0" in refusal(zipped(b""))
    assert "found 4" in refusal(zipped(bare[:4]))
    assert "byte 0x40" in refusal(zipped(bare[:100]))
    assert "exceeds the 96 bytes" in refusal(zipped(bare[:100]))
    assert "file identifier is b'NOPE'" in refusal(write(everything(), b"NOPE"))
    assert "byte 0x8 " in refusal(write(everything(), b"NOPE"))
    assert "expected at least 8" in refusal(bytes(4) + bytes(12))


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.vmfb")


def test_an_empty_file_is_refused_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "empty.vmfb"
    path.touch()
    with pytest.raises(ContainerError, match=r"empty\.vmfb, byte 0x0"):
        load(path)


def test_memory_of_any_kind_is_read_and_not_written() -> None:
    data = write(everything())
    for source in (data, bytearray(data), memoryview(data), memoryview(bytearray(data)).cast("H")):
        module = load(source)
        assert module.bytecode.tobytes() == bytes(range(11)) and module.bytecode.readonly
