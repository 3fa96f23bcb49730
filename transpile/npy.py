"""Arrays in `.npy` files, one behind the other, refused with the status codes of `iree-run-module`.

More is taken than there: arrays in Fortran's order, and big-endian ones, arrive in the order that modules have.
"""

from __future__ import annotations

import io
from typing import IO, Any

import numpy as np

from transpile.errors import Status
from transpile.program import Tensor, VmError, element_type_of, error_class
from transpile.program.dtypes import IEEE, OPAQUE, make_element_type
from transpile.tensors import dense_length

_MAGIC = b"\x93NUMPY"
_UNSUPPORTED = "OSUMm"  # kinds of types that hold no numbers
_DAMAGED = (ValueError, TypeError, SyntaxError, RecursionError, MemoryError)  # from numpy, for headers that are none


def at_end(file: IO[bytes]) -> bool:
    """Whether a file has nothing more."""
    if not file.read(1):
        return True
    file.seek(-1, io.SEEK_CUR)
    return False


def read_tensor(file: IO[bytes]) -> Tensor:
    """The array that begins here; the file goes on behind it.  Raise `VmError` with the tool's code."""
    if at_end(file):
        raise error_class(Status.OUT_OF_RANGE)("end-of-file")
    shape, fortran_order, dtype = _read_header(file)
    element_type = _element_type(dtype)
    length = dense_length(element_type, shape)
    data = np.frombuffer(bytearray(read_exactly(file, length, f"npy contents of {length} bytes")), np.uint8)
    if fortran_order or not dtype.isnative:
        elements = data.view(dtype).reshape(shape, order="F" if fortran_order else "C")
        data = np.ascontiguousarray(elements, dtype.newbyteorder("=")).reshape(-1).view(np.uint8)
    return Tensor(data, element_type, shape)


def read_exactly(file: IO[bytes], length: int, what: str) -> bytes:
    """So many bytes; raise OUT_OF_RANGE if there are fewer, UNKNOWN if they cannot be read."""
    try:
        data = file.read(length)
    except OSError as problem:
        raise error_class(Status.UNKNOWN)(f"read failed: {problem.strerror}; failed to read {what}") from None
    except (MemoryError, OverflowError):
        raise error_class(Status.RESOURCE_EXHAUSTED)(f"no memory for {what}") from None
    if len(data) < length:
        raise error_class(Status.OUT_OF_RANGE)(f"end-of-file encountered during read; failed to read {what}")
    return data


def _read_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    prefix = read_exactly(file, 8, "the header's first 8 bytes")
    major, minor = prefix[6:]
    if not prefix.startswith(_MAGIC):
        raise _invalid("npy header magic mismatch")
    if not 1 <= major <= 3:
        raise error_class(Status.UNIMPLEMENTED)(f"npy version {major}.{minor} not supported")
    size = 2 if major == 1 else 4
    length = read_exactly(file, size, f"version {major}.{minor} {size}-byte header length")
    count = int.from_bytes(length, "little")
    header = io.BytesIO(length + read_exactly(file, count, f"header string of {count} bytes"))
    read = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
    try:
        shape, fortran_order, dtype = read(header)
    except _DAMAGED as problem:
        raise _invalid(f"malformed header: {problem}") from None
    if min(shape, default=0) < 0:
        raise _invalid(f"malformed header: a negative dimension in the shape {shape}")
    return shape, fortran_order, dtype


def _element_type(dtype: np.dtype[Any]) -> int:
    if dtype.names is not None or dtype.subdtype is not None:
        raise _invalid(f"malformed header: elements of type {dtype} have fields")
    if dtype.kind in _UNSUPPORTED:
        raise error_class(Status.UNIMPLEMENTED)(f"unsupported data type {dtype.kind}")
    bits = dtype.itemsize * 8
    if not 0 < bits <= 0xFF:
        raise _invalid("opaque element types cannot be indexed")
    if dtype.kind == "V":
        return make_element_type(OPAQUE, bits)
    if dtype.kind == "f" and bits == 128:
        return make_element_type(IEEE, bits)
    return element_type_of(dtype)


def _invalid(message: str) -> VmError:
    return error_class(Status.INVALID_ARGUMENT)(message)
