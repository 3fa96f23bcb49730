"""The schema of a bytecode module as data: tables, slots, types and defaults (versions 14 to 17 share it).

Slots are vtable order; a union occupies two of them, its tag and its value.  Children are defined above
their parents, so no table can contain itself and the depth of a walk is known.  `reader.py` decodes and
checks by these definitions alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

IDENTIFIER: Final = b"IREE"
"""FlatBuffer file identifier, at bytes 4 to 8."""


@dataclass(frozen=True)
class Scalar:
    """A number stored in the table; `code` is its `struct` code, `default` its value when absent."""

    code: str
    default: int = 0


@dataclass(frozen=True)
class String:
    """A NUL-terminated string."""

    required: bool = False


@dataclass(frozen=True)
class Bytes:
    """A vector of u8, never copied."""


@dataclass(frozen=True)
class Numbers:
    """A vector of 32-bit or smaller numbers."""

    code: str


@dataclass(frozen=True)
class Structs:
    """A vector of structs; `layout` is a little-endian `struct` format, `names` the fields it unpacks to."""

    layout: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Child:
    """One table.  A lazy one is decoded on demand."""

    table: TableType
    lazy: bool = False


@dataclass(frozen=True)
class Children:
    """A vector of tables."""

    table: TableType


@dataclass(frozen=True)
class Union:
    """One table out of several, by tag; unknown tags have no value."""

    members: Mapping[int, TableType]


@dataclass(frozen=True)
class Unions:
    """A vector of tags and a parallel vector of tables, decoded on demand."""

    members: Mapping[int, TableType]


FieldType: TypeAlias = Scalar | String | Bytes | Numbers | Structs | Child | Children | Union | Unions


@dataclass(frozen=True)
class Field:
    """One field of a table and its first vtable slot."""

    slot: int
    name: str
    type: FieldType


@dataclass(frozen=True, eq=False)
class TableType:
    """A table: its name and its fields."""

    name: str
    fields: tuple[Field, ...]

    def default(self, field: str) -> int:
        """Return the value of the absent scalar `field`."""
        return next(f.type.default for f in self.fields if f.name == field and isinstance(f.type, Scalar))


def _table(name: str, *fields: tuple[int, str, FieldType]) -> TableType:
    return TableType(name, tuple(Field(*field) for field in fields))


I32 = Scalar("i")
U32 = Scalar("I")
U64 = Scalar("Q")
FLAGS = Scalar("I", default=1)
TEXT = String()

FUNCTION_DESCRIPTOR = Structs(
    "<iiI2xhhh",
    ("bytecode_offset", "bytecode_length", "requirements", "block_count", "i32_registers", "ref_registers"),
)
BYTECODE_LOCATION = Structs("<ii", ("bytecode_offset", "location"))

ATTR = _table("AttrDef", (0, "key", TEXT), (1, "value", TEXT))
TYPE = _table("TypeDef", (0, "full_name", TEXT))
SIGNATURE = _table("FunctionSignatureDef", (0, "calling_convention", TEXT), (1, "attrs", Children(ATTR)))
DEPENDENCY = _table(
    "ModuleDependencyDef",
    (0, "name", TEXT),
    (1, "minimum_version", U32),
    (2, "flags", FLAGS),
)
IMPORT = _table(
    "ImportFunctionDef",
    (0, "full_name", TEXT),
    (1, "signature", Child(SIGNATURE)),
    (2, "flags", FLAGS),
)
EXPORT = _table("ExportFunctionDef", (0, "local_name", TEXT), (1, "internal_ordinal", I32))
UNCOMPRESSED_DATA = _table("UncompressedDataDef")
RODATA = _table(
    "RodataSegmentDef",
    (0, "compression_type", Union({1: UNCOMPRESSED_DATA})),
    (2, "embedded_data", Bytes()),
    (3, "external_data_offset", U64),
    (4, "external_data_length", U64),
)
RWDATA = _table("RwdataSegmentDef", (0, "byte_size", I32))
MODULE_STATE = _table("ModuleStateDef", (0, "global_bytes_capacity", I32), (1, "global_ref_count", I32))

CALL_SITE = _table("CallSiteLocDef", (0, "callee", I32), (1, "caller", I32))
FILE_LINE_COL = _table("FileLineColLocDef", (0, "filename", TEXT), (1, "line", I32), (2, "column", I32))
FUSED = _table("FusedLocDef", (0, "metadata", TEXT), (1, "locations", Numbers("i")))
NAME = _table("NameLocDef", (0, "name", TEXT), (1, "child_location", I32))
LOCATIONS = Unions({1: CALL_SITE, 2: FILE_LINE_COL, 3: FUSED, 4: NAME})
FUNCTION_SOURCE_MAP = _table(
    "FunctionSourceMapDef",
    (0, "local_name", TEXT),
    (1, "locations", BYTECODE_LOCATION),
)
DEBUG_DATABASE = _table(
    "DebugDatabaseDef",
    (0, "location_table", LOCATIONS),
    (2, "functions", Children(FUNCTION_SOURCE_MAP)),
)

BYTECODE_MODULE = _table(
    "BytecodeModuleDef",
    (0, "name", String(required=True)),
    (1, "version", U32),
    (2, "requirements", U32),
    (3, "attrs", Children(ATTR)),
    (4, "types", Children(TYPE)),
    (5, "dependencies", Children(DEPENDENCY)),
    (6, "imported_functions", Children(IMPORT)),
    (7, "exported_functions", Children(EXPORT)),
    (8, "function_signatures", Children(SIGNATURE)),
    (9, "rodata_segments", Children(RODATA)),
    (10, "rwdata_segments", Children(RWDATA)),
    (11, "module_state", Child(MODULE_STATE)),
    (12, "function_descriptors", FUNCTION_DESCRIPTOR),
    (13, "bytecode_version", U32),
    (14, "bytecode_data", Bytes()),
    (15, "debug_database", Child(DEBUG_DATABASE, lazy=True)),
)
"""The root table."""
