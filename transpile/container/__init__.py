"""Reading `.vmfb` files: archive, FlatBuffer, `Module`.

`load` checks the structure of what it reads and nothing of its meaning, which is the verifier's part.
"""

from __future__ import annotations

import mmap
import os
import stat
from pathlib import Path
from typing import IO

from transpile.container.archive import Archive, looks_like_module, open_archive
from transpile.container.assembly import assemble
from transpile.container.convention import (
    Convention,
    ConventionError,
    EntryLayout,
    Item,
    Span,
    entry_registers,
)
from transpile.container.convention import parse as parse_convention
from transpile.container.debug import DebugDatabase, FunctionLocations, Location
from transpile.container.module import (
    OPTIONAL,
    REQUIRED,
    Dependency,
    Export,
    FunctionDescriptor,
    Import,
    Module,
    Rodata,
    Signature,
)
from transpile.container.reflection import Declaration, Parameter, parse_declaration

__all__ = [
    "OPTIONAL",
    "REQUIRED",
    "Archive",
    "Convention",
    "ConventionError",
    "DebugDatabase",
    "Declaration",
    "Dependency",
    "EntryLayout",
    "Export",
    "FunctionDescriptor",
    "FunctionLocations",
    "Import",
    "Item",
    "Location",
    "Module",
    "Parameter",
    "Rodata",
    "Signature",
    "Span",
    "entry_registers",
    "load",
    "looks_like_module",
    "open_archive",
    "parse_convention",
    "parse_declaration",
]


def load(source: str | os.PathLike[str] | bytes | bytearray | memoryview, *, name: str | None = None) -> Module:
    """Read a module from a file, which is mapped and not copied, or from memory, which must not change.

    `name` is what diagnostics call the module, by default the path.  Raise `ContainerError` if it is
    malformed and `OSError` if the file cannot be read.
    """
    if isinstance(source, (str, os.PathLike)):
        with Path(source).open("rb") as file:
            contents = _file_contents(file)
        name = os.fspath(source) if name is None else name
    else:
        contents = memoryview(source).cast("B").toreadonly()
    return assemble(open_archive(contents, "<memory>" if name is None else name))


def _file_contents(file: IO[bytes]) -> memoryview:
    """Map a regular file read-only; read anything else, and the empty file, which cannot be mapped."""
    status = os.fstat(file.fileno())
    if stat.S_ISREG(status.st_mode) and status.st_size > 0:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    return memoryview(file.read())
