"""A bytecode module as read from a file: frozen data, names and raw numbers as stored.

Structure is certain (the reader has checked it), meaning is not: missing entries are None or "", counts may
be negative, ordinals out of range.  The verifier reports all of that at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from transpile.container.archive import Archive, looks_like_module
from transpile.container.debug import DebugDatabase
from transpile.errors import ContainerError, Diagnostic, Status

REQUIRED = 1
"""Flag of an import or a dependency that must be there; the default."""
OPTIONAL = 2
"""Flag of an import or a dependency that may be missing."""

NO_ATTRS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Dependency:
    """Another module this one expects to be loaded."""

    name: str
    minimum_version: int
    flags: int = REQUIRED

    @property
    def optional(self) -> bool:
        """Whether the module works without it."""
        return bool(self.flags & OPTIONAL)


@dataclass(frozen=True)
class Signature:
    """What a function takes and returns (see `convention.parse`), and its reflection attributes."""

    calling_convention: str
    attrs: Mapping[str, str] = field(default_factory=lambda: NO_ATTRS)


@dataclass(frozen=True)
class Import:
    """A function of another module; its ordinal is its index."""

    full_name: str
    signature: Signature | None
    flags: int = REQUIRED

    @property
    def optional(self) -> bool:
        """Whether the module loads without it."""
        return bool(self.flags & OPTIONAL)

    @property
    def module_name(self) -> str:
        """The part of the name before the first dot, "" if there is none."""
        return self.full_name.partition(".")[0] if "." in self.full_name else ""

    @property
    def function_name(self) -> str:
        """The part of the name after the first dot, all of it if there is none."""
        return self.full_name.partition(".")[2] if "." in self.full_name else self.full_name


@dataclass(frozen=True)
class Export:
    """A name under which an internal function can be called from outside."""

    name: str
    ordinal: int


@dataclass(frozen=True)
class FunctionDescriptor:
    """Where an internal function is in the bytecode, and what it needs; signed values as stored."""

    bytecode_offset: int
    bytecode_length: int
    requirements: int
    block_count: int
    i32_registers: int
    ref_registers: int


@dataclass(frozen=True)
class Rodata:
    """One constant, inside the FlatBuffer or outside of it."""

    embedded: bool
    offset: int
    """Bytes from the archive's rodata base; 0 for embedded data."""
    length: int
    content: memoryview = field(repr=False, compare=False)
    """Embedded data itself, or all external rodata of the archive, which `offset` counts from."""
    where: str = field(default="", repr=False, compare=False)
    """What diagnostics call this entry."""
    base_in_file: bool = field(default=True, repr=False, compare=False)
    """Whether the archive's rodata base is in the file; if not, not even empty external data is in range."""

    @property
    def in_range(self) -> bool:
        """Whether the data lies inside the file."""
        return self.embedded or (self.base_in_file and self.offset + self.length <= len(self.content))

    @property
    def data(self) -> memoryview:
        """The bytes, uncopied; raise `ContainerError` if they lie outside of the file."""
        if not self.in_range:
            message = f"external data at {self.offset}, {self.length} bytes long, lies outside the file"
            hint = f"{len(self.content)} bytes follow the rodata base; the file may be cut off"
            raise ContainerError(Diagnostic(Status.INVALID_ARGUMENT, message, self.where, hint))
        return self.content[self.offset : self.offset + self.length]

    @property
    def is_module(self) -> bool:
        """Whether this is a nested module, as VMVX executables are; `load` reads its data."""
        return self.in_range and looks_like_module(self.data)


@dataclass(frozen=True, eq=False)
class Module:
    """One bytecode module."""

    name: str
    version: int
    """The module's own version, unrelated to the bytecode's."""
    requirements: int
    """Feature bits, a union of those of the functions."""
    attrs: Mapping[str, str]
    types: tuple[str | None, ...]
    dependencies: tuple[Dependency, ...]
    imports: tuple[Import, ...]
    exports: tuple[Export, ...]
    signatures: tuple[Signature | None, ...]
    rodata: tuple[Rodata, ...]
    global_bytes: int
    """Bytes of primitive globals, signed as stored."""
    global_refs: int
    """Number of reference globals, signed as stored."""
    functions: tuple[FunctionDescriptor, ...]
    bytecode_version: int
    """The raw word: major in the high 16 bits, minor in the low ones."""
    bytecode: memoryview = field(repr=False)
    """All functions' code."""
    debug: DebugDatabase | None = field(repr=False)
    archive: Archive = field(repr=False)

    @property
    def major(self) -> int:
        """Major version of the bytecode."""
        return self.bytecode_version >> 16

    @property
    def minor(self) -> int:
        """Minor version of the bytecode."""
        return self.bytecode_version & 0xFFFF

    @property
    def source(self) -> str:
        """What diagnostics call the file."""
        return self.archive.source

    def function_bytecode(self, index: int) -> memoryview:
        """Return the code of internal function `index`; raise `ContainerError` if it is out of range."""
        descriptor = self.functions[index]
        start, length = descriptor.bytecode_offset, descriptor.bytecode_length
        if start < 0 or length < 0 or start + length > len(self.bytecode):
            message = f"code at {start}, {length} bytes long, is not in the bytecode's {len(self.bytecode)} bytes"
            raise ContainerError(Diagnostic(Status.INVALID_ARGUMENT, message, f"{self.source}, function {index}"))
        return self.bytecode[start : start + length]

    def export_named(self, name: str) -> Export | None:
        """Return the first export called `name`, as the runtime does."""
        return self._exports_by_name.get(name)

    def function_name(self, index: int) -> str:
        """Name internal function `index`: its first export, else the debug database where it can be trusted,
        else `fn_<index>`.  Names need not be unique."""
        exported = self._names_by_ordinal.get(index)
        if exported:
            return exported
        locations = self.debug.locations_for(index, len(self.functions)) if self.debug else None
        return (locations.name if locations else "") or f"fn_{index}"

    @cached_property
    def _exports_by_name(self) -> dict[str, Export]:
        return {export.name: export for export in reversed(self.exports)}

    @cached_property
    def _names_by_ordinal(self) -> dict[int, str]:
        return {export.ordinal: export.name for export in reversed(self.exports) if export.name}
