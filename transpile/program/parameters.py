"""Values a module finds by name at run time: IREE's parameter archives (IRPA), which the runtime maps, and the files
that `tensor_files` reads."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from .errors import INVALID_ARGUMENT, NOT_FOUND, error_class
from .library import CData, Library
from .tensor_files import Tensors, archive_length, read_tensors, write_archive

Path: TypeAlias = str | os.PathLike[str]
Archives: TypeAlias = Mapping[str, Path | Sequence[Path]]
"""Archive files by the scope the module names; several in one scope are searched in order."""

_REASONS = {NOT_FOUND: "cannot be read", INVALID_ARGUMENT: "is not a parameter archive"}


class Parameters:
    """The archives of one instance, open as long as this object or a buffer that shows their bytes."""

    def __init__(self, library: Library, archives: Archives) -> None:
        self._library = library
        named = [(scope, path) for scope, paths in archives.items() for path in _each(paths)]
        self._names = [library.ffi.new("char[]", scope.encode()) for scope, _ in named]
        self._opened = [self._open(path) for _, path in named]
        rows = [{"name": name, "archive": ref} for name, ref in zip(self._names, self._opened, strict=True)]
        self._scopes = library.ffi.new("io_scope[]", rows)
        self.table: CData = library.ffi.new("io_parameters *", {"scopes": self._scopes, "count": len(rows)})

    def _open(self, path: Path) -> CData:
        library = self._library
        slot = library.ffi.new("vm_object **")
        tensors = read_tensors(path)
        if tensors is not None:
            return self._wrap(tensors)
        name = library.ffi.new("char[]", os.fsencode(path))
        status = library.lib.io_archive_open(library.allocator, name, slot)
        if status:
            raise error_class(status)(f"parameters: {os.fspath(path)!r} {_REASONS.get(status, 'cannot be opened')}")
        return library.adopt(slot[0])

    def _wrap(self, tensors: Tensors) -> CData:
        """An archive in memory that the runtime owns."""
        library, ffi = self._library, self._library.ffi
        length = archive_length(tensors)
        made = ffi.new("vm_buffer **")
        status = library.lib.vm_buffer_create(library.allocator, length, 64, made)
        if status:
            raise error_class(status)(f"no memory for {length} bytes of parameters")
        buffer = library.adopt(made[0])
        data = made[0].data
        write_archive(tensors, memoryview(ffi.buffer(data, length)))
        slot = ffi.new("vm_object **")
        status = library.lib.io_archive_wrap(library.allocator, data, length, buffer, slot)
        if status:
            raise error_class(status)("parameters cannot be used")
        return library.adopt(slot[0])


def _each(paths: Path | Sequence[Path]) -> Iterator[Path]:
    if isinstance(paths, (str, os.PathLike)):
        yield paths
    else:
        yield from paths
