"""Parameters in files of other projects: safetensors and GGUF, read by their own libraries (the extra `parameters`).

What the runtime reads is IREE's archive, so the tensors' bytes are put into one in memory, as they are: the formats
give the same names the same bytes in IREE's tools.
"""

from __future__ import annotations

import importlib
import os
import struct
from collections.abc import Mapping
from typing import Any, TypeAlias

from .errors import INVALID_ARGUMENT, UNIMPLEMENTED, error_class

Path: TypeAlias = str | os.PathLike[str]
Tensors: TypeAlias = Mapping[str, bytes | memoryview]
"""Bytes by name."""

_HEADER = struct.Struct("<4sHHQQQQQQQQQQ")
_ENTRY = struct.Struct("<QIQQQQQQQQ")
_DATA, _ENTRY_ALIGNMENT, _ALIGNMENT = 2, 16, 64


def read_tensors(path: Path) -> Tensors | None:
    """The tensors of a safetensors or GGUF file; None if it is another kind of file."""
    try:
        with open(path, "rb") as file:
            head = file.read(9)
    except OSError:
        return None  # whoever opens it next says why
    if head[:4] == b"GGUF":
        return _attempt(path, "gguf", _gguf)
    if len(head) == 9 and head[8:] == b"{":  # the length of a JSON object, and its beginning
        return _attempt(path, "safetensors", _safetensors)
    return None


def archive_length(tensors: Tensors) -> int:
    """Bytes of the archive that `write_archive` writes."""
    return _storage_at(tensors) + sum(_padded(len(data), _ALIGNMENT) for data in tensors.values())


def write_archive(tensors: Tensors, target: memoryview) -> None:
    """Lay the tensors out as an IRPA archive."""
    names = b"".join(name.encode() for name in tensors)
    table = _padded(_ENTRY.size, _ENTRY_ALIGNMENT) * len(tensors)
    storage = _storage_at(tensors)
    ranges = (_HEADER.size, table, _HEADER.size + table, len(names), storage, archive_length(tensors) - storage)
    _HEADER.pack_into(target, 0, b"IRPA", 0, 0, _HEADER.size, 0, 0, len(tensors), *ranges)
    target[ranges[2] : ranges[2] + len(names)] = names
    name_at = data_at = 0
    for number, (name, data) in enumerate(tensors.items()):
        entry = _HEADER.size + number * _padded(_ENTRY.size, _ENTRY_ALIGNMENT)
        length = len(name.encode())
        _ENTRY.pack_into(target, entry, _ENTRY.size, _DATA, 0, name_at, length, 0, 0, _ALIGNMENT, data_at, len(data))
        target[storage + data_at : storage + data_at + len(data)] = data
        name_at, data_at = name_at + length, data_at + _padded(len(data), _ALIGNMENT)


def _storage_at(tensors: Tensors) -> int:
    names = sum(len(name.encode()) for name in tensors)
    return _padded(_HEADER.size + _padded(_ENTRY.size, _ENTRY_ALIGNMENT) * len(tensors) + names, _ALIGNMENT)


def _padded(length: int, alignment: int) -> int:
    return length + -length % alignment


def _attempt(path: Path, package: str, read: Any) -> Tensors:
    try:
        library = importlib.import_module(package)
    except ImportError:
        message = f"parameters: {os.fspath(path)!r} needs the package {package} (pip install {package})"
        raise error_class(UNIMPLEMENTED)(message) from None
    try:
        found: Tensors = read(library, path)
    except Exception as problem:  # the libraries raise what they like
        message = f"parameters: {os.fspath(path)!r} is not a {package} file: {problem}"
        raise error_class(INVALID_ARGUMENT)(message) from None
    return found


def _safetensors(library: Any, path: Path) -> Tensors:
    with open(path, "rb") as file:
        return {name: bytes(tensor["data"]) for name, tensor in library.deserialize(file.read())}


def _gguf(library: Any, path: Path) -> Tensors:
    tensors = library.GGUFReader(os.fspath(path)).tensors
    return {tensor.name: memoryview(tensor.data).cast("B") for tensor in tensors}
