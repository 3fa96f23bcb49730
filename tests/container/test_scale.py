"""Large files: opening one costs neither time nor memory."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path

import pytest

from tests.support.work import steps
from transpile.container import Module, load
from transpile.container.reader import Reader
from transpile.container.schema import TableType
from transpile.container.table import Table as DecodedTable

from .writer import Table, debug_database, function, functions, i32, source_map, u64, write

SIZE = 100 << 20


def measured(path: Path) -> tuple[Module, int, int]:
    """Load a file; return the module, the steps and the peak of allocated bytes that took."""
    load(path)
    tracemalloc.start()
    module = load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return module, steps(lambda: load(path)), peak


def sparse(path: Path, head: bytes, tail: bytes) -> Path:
    with path.open("wb") as file:
        file.write(head)
        file.seek(SIZE - len(tail))
        file.write(tail)
    return path


def test_external_rodata(tmp_path: Path) -> None:
    head = write(Table({0: "m", 9: [Table({3: u64(0), 4: u64(SIZE - 1024)})]}))
    module, count, peak = measured(sparse(tmp_path / "x.vmfb", head, b"END!"))
    assert count < 2000 and peak < 5 << 20
    assert len(module.rodata[0].data) == SIZE - 1024
    assert bytes(module.archive.rodata[-4:]) == b"END!"
    assert module.rodata[0].data.readonly


def test_embedded_rodata_and_bytecode(tmp_path: Path) -> None:
    """One vector, the last object of the FlatBuffer, stretched to 100 MB."""
    bare = bytearray(write(Table({0: "m", 9: [Table({2: b"#" * 64})], 14: b"code"})))
    vector = bare.index(b"#" * 64) - 4
    struct.pack_into("<I", bare, vector, SIZE - vector - 4)
    struct.pack_into("<I", bare, 0, SIZE - 4)
    module, count, peak = measured(sparse(tmp_path / "x.vmfb", bytes(bare), b"END!"))
    assert count < 2000 and peak < 5 << 20
    (rodata,) = module.rodata
    assert rodata.embedded and rodata.length == SIZE - vector - 4
    assert bytes(rodata.data[-4:]) == b"END!"


@pytest.fixture(scope="module")
def large_debug() -> bytes:
    """50,000 locations, one for each of 50,000 instructions."""
    locations = [(2, Table({0: "model.mlir", 1: i32(n + 1)})) for n in range(50_000)]
    maps = [source_map("f", *((n, n) for n in range(50_000)))]
    descriptors = functions(function(0, 4))
    return write(Table({0: "m", 12: descriptors, 14: b"code", 15: debug_database([*locations], maps)}))


def test_a_large_debug_database_is_not_decoded_unless_asked_for(
    large_debug: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[str] = []
    decode = Reader._decode

    def counting(self: Reader, table_type: TableType, position: int, path: str) -> DecodedTable:
        decoded.append(table_type.name)
        return decode(self, table_type, position, path)

    monkeypatch.setattr(Reader, "_decode", counting)
    module = load(large_debug)
    assert decoded == ["BytecodeModuleDef"]
    assert module.debug is not None
    locations = module.debug.locations_for(0, 1)
    assert locations is not None
    location = locations.at(1234)
    assert location is not None and location.leaf == ("model.mlir", 1235, 0)
    assert decoded[1:] == ["DebugDatabaseDef", "FunctionSourceMapDef", "FileLineColLocDef"]
    module.debug.verify()
    assert len(decoded) == 3 + 50_000
