"""Values of the manifest: scalars by their bits, arrays by their bytes, by a seed or by a hash."""

from __future__ import annotations

import hashlib
import re
import struct
from typing import Any

import numpy as np
import numpy.typing as npt

Value = dict[str, Any]
Array = npt.NDArray[Any]

DTYPES: dict[str, np.dtype[Any]] = {
    "i8": np.dtype("<i1"),
    "i16": np.dtype("<i2"),
    "i32": np.dtype("<i4"),
    "i64": np.dtype("<i8"),
    "f32": np.dtype("<f4"),
    "f64": np.dtype("<f8"),
}
WIDTH = {"i32": 4, "i64": 8, "f32": 4, "f64": 8}
PACKING = {"f32": ("<f", "<I"), "f64": ("<d", "<Q")}
INLINE_BYTES = 512  # larger arrays are given by their seed or their hash

TENSOR = re.compile(r"tensor<((?:\d+x)*)(\w+)>=#(\d+)(?::(-?\d+):(-?\d+))?$")


def bits_of(kind: str, number: float) -> int:
    """The bit pattern of a number of a scalar type."""
    if kind in PACKING:
        as_float, as_int = PACKING[kind]
        pattern: int = struct.unpack(as_int, struct.pack(as_float, number))[0]
        return pattern
    return int(number) & ((1 << 8 * WIDTH[kind]) - 1)


def number_of(value: Value) -> float:
    """The number behind a scalar value."""
    kind, bits = value["type"], int(value["bits"], 16)
    if kind in PACKING:
        as_float, as_int = PACKING[kind]
        number: float = struct.unpack(as_float, struct.pack(as_int, bits))[0]
        return number
    sign = 1 << (8 * WIDTH[kind] - 1)
    return (bits ^ sign) - sign


def scalar(kind: str, number: float) -> Value:
    return {"type": kind, "bits": f"0x{bits_of(kind, number):0{2 * WIDTH[kind]}x}"}


def parse_scalar(kind: str, text: str) -> Value:
    """`7`, `-0.5`, or a bit pattern `0x…`, which for a float is not its numeric value."""
    if text.startswith("0x"):
        return {"type": kind, "bits": f"0x{int(text, 16):0{2 * WIDTH[kind]}x}"}
    return scalar(kind, float(text) if kind in PACKING else int(text))


def recipe(text: str) -> Value:
    """`tensor<2x3xf32>=#7` or, for integers in a range, `tensor<4xi32>=#7:0:10`."""
    match = TENSOR.match(text)
    if not match:
        raise ValueError(f"not a value: {text}")
    dims, dtype, seed, low, high = match.groups()
    value: Value = {"dtype": dtype, "shape": [int(dim) for dim in dims.split("x") if dim], "seed": int(seed)}
    if dtype[0] == "i":
        value |= {"low": int(low or -100), "high": int(high or 100)}
    return value


def array_of(value: Value) -> Array:
    """The array that an input value stands for."""
    dtype = DTYPES[value["dtype"]]
    shape: tuple[int, ...] = tuple(value["shape"])
    if "data" in value:
        return np.frombuffer(bytes.fromhex(value["data"]), dtype).reshape(shape)
    rng = np.random.default_rng(value["seed"])
    if "low" in value:
        return np.asarray(rng.integers(value["low"], value["high"], shape)).astype(dtype)
    return np.asarray(rng.standard_normal(shape)).astype(dtype)


def describe(array: Array) -> Value:
    """An array as a manifest value: its bytes if they are few, else their hash."""
    names = {dtype: name for name, dtype in DTYPES.items()}
    value: Value = {"dtype": names[array.dtype.newbyteorder("<")], "shape": list(array.shape)}
    data = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
    if len(data) <= INLINE_BYTES:
        return value | {"data": data.hex()}
    return value | {"sha256": hashlib.sha256(data).hexdigest()}


def parse(text: str) -> Value:
    """One argument of a `call:` directive."""
    if text.startswith("tensor<"):
        value = recipe(text)
        small = describe(array_of(value))
        return small if "data" in small else value
    kind, number = text.split("=", 1)
    return parse_scalar(kind, number)
