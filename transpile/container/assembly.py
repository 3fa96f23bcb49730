"""From the decoded root table to a `Module`."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from types import MappingProxyType

from transpile.container.archive import Archive
from transpile.container.debug import DebugDatabase
from transpile.container.module import (
    NO_ATTRS,
    REQUIRED,
    Dependency,
    Export,
    FunctionDescriptor,
    Import,
    Module,
    Rodata,
    Signature,
)
from transpile.container.reader import Reader
from transpile.container.schema import BYTECODE_MODULE, FUNCTION_DESCRIPTOR
from transpile.container.table import Table
from transpile.errors import ContainerError, Diagnostic, Status


def assemble(archive: Archive) -> Module:
    """Read the module in `archive`; raise `ContainerError` if its FlatBuffer is malformed."""
    return _Assembly(archive).module()


class _Assembly:
    """One module being assembled; shared tables and vectors are converted once."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._root = Reader(archive).root(BYTECODE_MODULE)
        self._attrs: dict[int, Mapping[str, str]] = {}

    def module(self) -> Module:
        """Convert everything but the debug database, which stays encoded."""
        root = self._root
        state = root.child("module_state")
        debug = root.deferred("debug_database")
        return Module(
            name=root.text("name") or "",
            version=root.integer("version"),
            requirements=root.integer("requirements"),
            attrs=self._attributes(root),
            types=tuple(entry.text("full_name") if entry else None for entry in root.children("types")),
            dependencies=tuple(map(_dependency, root.children("dependencies"))),
            imports=tuple(map(self._import, root.children("imported_functions"))),
            exports=tuple(map(_export, root.children("exported_functions"))),
            signatures=tuple(map(self._signature, root.children("function_signatures"))),
            rodata=tuple(self._rodata(k, entry) for k, entry in enumerate(root.children("rodata_segments"))),
            global_bytes=state.integer("global_bytes_capacity") if state else 0,
            global_refs=state.integer("global_ref_count") if state else 0,
            functions=_functions(root.data("function_descriptors")),
            bytecode_version=root.integer("bytecode_version"),
            bytecode=_or_empty(root.data("bytecode_data")),
            debug=DebugDatabase(debug) if debug else None,
            archive=self._archive,
        )

    def _attributes(self, owner: Table) -> Mapping[str, str]:
        """Return the attributes of a module or a signature; the first of equal keys counts, as in the runtime."""
        entries = owner.children("attrs")
        if not entries:
            return NO_ATTRS
        if id(entries) not in self._attrs:
            pairs = [(e.text("key") or "", e.text("value") or "") for e in reversed(entries) if e]
            self._attrs[id(entries)] = MappingProxyType(dict(pairs))
        return self._attrs[id(entries)]

    def _signature(self, table: Table | None) -> Signature | None:
        return Signature(table.text("calling_convention") or "", self._attributes(table)) if table else None

    def _import(self, table: Table | None) -> Import:
        if table is None:
            return Import("", None)
        signature = self._signature(table.child("signature"))
        return Import(table.text("full_name") or "", signature, table.integer("flags"))

    def _rodata(self, index: int, table: Table | None) -> Rodata:
        where = f"{self._archive.source}, rodata[{index}]"
        if table is None:
            message = "entry is missing from the vector of rodata segments"
            raise ContainerError(Diagnostic(Status.INVALID_ARGUMENT, message, where, "the file is damaged"))
        embedded = table.data("embedded_data")
        if embedded is not None:
            return Rodata(True, 0, len(embedded), embedded, where)
        offset, length = table.integer("external_data_offset"), table.integer("external_data_length")
        base_in_file = self._archive.rodata_base <= self._archive.size
        return Rodata(False, offset, length, self._archive.rodata, where, base_in_file)


def _dependency(table: Table | None) -> Dependency:
    if table is None:
        return Dependency("", 0, REQUIRED)
    return Dependency(table.text("name") or "", table.integer("minimum_version"), table.integer("flags"))


def _export(table: Table | None) -> Export:
    if table is None:
        return Export("", 0)
    return Export(table.text("local_name") or "", table.integer("internal_ordinal"))


def _functions(stored: memoryview | None) -> tuple[FunctionDescriptor, ...]:
    rows = struct.iter_unpack(FUNCTION_DESCRIPTOR.layout, _or_empty(stored))
    return tuple(FunctionDescriptor(*row) for row in rows)


def _or_empty(stored: memoryview | None) -> memoryview:
    return memoryview(b"") if stored is None else stored
