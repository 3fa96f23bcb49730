"""The outermost layer of a `.vmfb` file: an optional ZIP header, a size-prefixed FlatBuffer, external rodata.

```
[ZIP local file header: 30 + name + extra bytes]     only in the polyglot form
u32 size prefix                                      at module_start
FlatBuffer                                           size prefix bytes
padding to a multiple of 64 from the file's start    -> rodata_base
external rodata
```

The ZIP header is only skipped: method, CRC and sizes in it mean nothing to the runtime.  Bytes after the last
rodata segment are ignored.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from transpile import limits
from transpile.container.schema import IDENTIFIER
from transpile.errors import ContainerError, Diagnostic, Status

_ZIP_SIGNATURE = b"PK\x03\x04"
_ZIP_HEADER_BYTES = 30
_ZIP_LENGTHS_AT = 26
_PREFIX_BYTES = 4
_SMALLEST_MODULE = 16
_RODATA_ALIGNMENT = 64
_CUT_OFF = "the file is cut off: fetch it again, or compile it again"
_NO_MODULE = "this is not a module: transpile compile MODEL -o FILE.vmfb makes one of an .onnx or .mlir file"


@dataclass(frozen=True)
class Archive:
    """The parts of one archive; offsets are bytes from its first byte, views share the caller's memory."""

    flatbuffer: memoryview
    """Exactly the bytes the size prefix counts."""
    rodata: memoryview
    """From `rodata_base` to the end of the archive; empty if the base lies beyond it."""
    rodata_base: int
    module_start: int
    """Where the size prefix is: 0, or the length of the ZIP header."""
    size: int = 0
    """Bytes in the whole archive."""
    source: str = "<memory>"
    """What diagnostics call this archive."""

    @property
    def flatbuffer_start(self) -> int:
        """Byte offset of the FlatBuffer."""
        return self.module_start + _PREFIX_BYTES


def open_archive(contents: memoryview, source: str = "<memory>") -> Archive:
    """Split `contents`, a view of bytes, into its parts; raise `ContainerError` where they do not fit."""
    if len(contents) > limits.ARCHIVE_BYTES:
        raise _refused(
            source,
            0,
            f"archive has {len(contents)} bytes, the limit is {limits.ARCHIVE_BYTES}",
            "this is not a file iree-compile writes",
            Status.RESOURCE_EXHAUSTED,
        )
    start = _module_start(contents, source)
    length = _flatbuffer_bytes(contents, start, source)
    end = start + _PREFIX_BYTES + length
    base = -(-end // _RODATA_ALIGNMENT) * _RODATA_ALIGNMENT
    return Archive(
        flatbuffer=contents[start + _PREFIX_BYTES : end],
        rodata=contents[base:],
        rodata_base=base,
        module_start=start,
        size=len(contents),
        source=source,
    )


def looks_like_module(contents: memoryview) -> bool:
    """Tell whether `contents`, after any ZIP header, has a size prefix that fits and the identifier."""
    try:
        archive = open_archive(contents)
    except ContainerError:
        return False
    return bytes(archive.flatbuffer[4:8]) == IDENTIFIER


def _module_start(contents: memoryview, source: str) -> int:
    if len(contents) < _ZIP_HEADER_BYTES or contents[:4] != _ZIP_SIGNATURE:
        return 0
    name, extra = struct.unpack_from("<HH", contents, _ZIP_LENGTHS_AT)
    start = _ZIP_HEADER_BYTES + int(name) + int(extra)
    if start > len(contents):
        raise _refused(
            source,
            _ZIP_LENGTHS_AT,
            f"ZIP header says the module starts at byte {start}, but the file has {len(contents)} bytes",
            "the file is cut off, or it is some other ZIP file",
        )
    return start


def _flatbuffer_bytes(contents: memoryview, start: int, source: str) -> int:
    remaining = len(contents) - start
    if remaining < _SMALLEST_MODULE:
        raise _refused(
            source,
            start,
            f"expected a module of at least {_SMALLEST_MODULE} bytes, found {remaining}",
            "the file is empty or cut off",
        )
    length = int.from_bytes(contents[start : start + _PREFIX_BYTES], "little")
    if length > remaining - _PREFIX_BYTES:
        raise _refused(
            source,
            start,
            f"size prefix {length} exceeds the {remaining - _PREFIX_BYTES} bytes that follow it",
            _CUT_OFF if bytes(contents[start + 8 : start + 12]) == IDENTIFIER else _NO_MODULE,
        )
    if length > limits.FLATBUFFER_BYTES:
        raise _refused(
            source,
            start,
            f"FlatBuffer of {length} bytes, the limit is {limits.FLATBUFFER_BYTES}",
            "this is not a file iree-compile writes",
            Status.RESOURCE_EXHAUSTED,
        )
    return length


def _refused(
    source: str, byte: int, message: str, hint: str, status: Status = Status.INVALID_ARGUMENT
) -> ContainerError:
    return ContainerError(Diagnostic(status, message, f"{source}, byte {byte:#x}", hint))
