"""Tensors as text, `2x2xf32=1 2 3 4`, read and refused as `iree-run-module` does."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

import numpy as np

from transpile.elements import codec, format_element_type, parse_element_type, parse_integer
from transpile.errors import Status
from transpile.program import Tensor, VmError, error_class
from transpile.program.dtypes import bit_count, byte_count

_SEPARATORS = re.compile(r"[\s,\[\]]+", re.ASCII)
_DIMENSIONS = 128
_TENSOR_BYTES = 1 << 40
_WORD = 1 << 64


def parse_tensor(text: str) -> Tensor:
    """A tensor with its contents: `2x2xf32=1 2 3 4`; without contents, zeros."""
    element_type, shape, contents = split_tensor(text)
    size = (bit_count(element_type) + 7) // 8
    try:
        data = bytearray(dense_length(element_type, shape))
        if contents:
            _fill(data, contents, element_type, size)
    except MemoryError:
        raise error_class(Status.RESOURCE_EXHAUSTED)(f"no memory for a tensor of shape {shape}") from None
    return Tensor(np.frombuffer(data, np.uint8), element_type, shape)


def split_tensor(text: str, excess: Status = Status.RESOURCE_EXHAUSTED) -> tuple[int, tuple[int, ...], str]:
    """(element type, shape, contents) of a tensor's text; `excess` is the code for too many dimensions."""
    text = text.strip().removeprefix('"').removesuffix('"')
    if not text:
        raise _invalid("empty string input")
    head, _, contents = text.partition("=")
    dims, _, name = head.rpartition("x")
    shape = _parse_shape(dims, excess)
    try:
        return parse_element_type(name), shape, contents
    except ValueError as problem:
        raise _invalid(str(problem)) from None


def dense_length(element_type: int, shape: Sequence[int]) -> int:
    """Bytes of a tensor; raise `VmError` where there are too many, or none an element."""
    if bit_count(element_type) == 0:
        raise _invalid("opaque element types cannot be indexed")
    count = 1
    for index, size in enumerate(shape):
        count *= size
        if count >= _WORD:
            message = f"shape element count overflows device size at dimension {index}"
            raise error_class(Status.OUT_OF_RANGE)(message)
    length = byte_count(element_type, count)
    if length >= _WORD:
        raise error_class(Status.OUT_OF_RANGE)("packed byte count overflows device size")
    if length > _TENSOR_BYTES:
        message = f"a tensor of {length:,} bytes; at most {_TENSOR_BYTES:,} are taken"
        raise error_class(Status.RESOURCE_EXHAUSTED)(message)
    return length


def _parse_shape(text: str, excess: Status) -> tuple[int, ...]:
    sizes = text.split("x") if text else []
    if len(sizes) > _DIMENSIONS:
        message = f"a shape rank of {len(sizes)} is just a little bit excessive: at most {_DIMENSIONS}"
        raise error_class(excess)(message)
    shape = []
    for index, size in enumerate(sizes):
        if not size:
            raise _invalid(f"invalid shape specification: '{text}'")
        value = parse_integer(size, 64)
        if value is None or value < 0:
            raise _invalid(f"shape[{index}] invalid value '{size}' of '{text}'")
        shape.append(value)
    return tuple(shape)


def _fill(data: bytearray, contents: str, element_type: int, size: int) -> None:
    """Elements in their order: the first that is wrong, or one too many, is what is reported."""
    capacity = len(data) // size
    tokens = [token for token in _SEPARATORS.split(contents) if token]
    for index, token in enumerate(itertools.islice(tokens, capacity)):
        data[index * size : (index + 1) * size] = _element(token, element_type)
    if len(tokens) > capacity:
        last = len(tokens) == capacity + 1 and not _SEPARATORS.match(contents[-1])
        what, more = ("data", "") if last else ("data buffer", "+")
        message = f"output {what} overflow: element_capacity={capacity} < dst_i={capacity}{more}"
        raise error_class(Status.OUT_OF_RANGE)(message)
    if len(tokens) == 1:
        data[:] = data[:size] * capacity + data[size * capacity :]
    elif len(tokens) < capacity:
        message = f"input data string underflow: dst_i={len(tokens)} < element_capacity={capacity}"
        raise error_class(Status.OUT_OF_RANGE)(message)


def _element(token: str, element_type: int) -> bytes:
    notation = codec(element_type)
    element = notation.read(token)
    if element is not None:
        return element
    if notation.digits:
        count = f"buffer length={len(token.encode(errors='surrogateescape'))} < expected={notation.digits}"
        raise _invalid(f"binary hex element count mismatch: {count}")
    raise _invalid(f"`{token}` is not a valid {format_element_type(element_type)}")


def _invalid(message: str) -> VmError:
    return error_class(Status.INVALID_ARGUMENT)(message)
