"""Element types of the HAL as numpy types: `numerical class << 24 | bits`.

bfloat16 and the 8-bit floats are numpy types only when `ml_dtypes` is installed; without it their bits appear as
unsigned integers.  Elements of less than a byte have no numpy type: they travel packed, as bytes.
"""

from __future__ import annotations

import functools
import importlib
from typing import Any

import numpy as np

from .errors import UNIMPLEMENTED, error_class

OPAQUE, INTEGER, SIGNED, UNSIGNED, BOOLEAN = 0x00, 0x10, 0x11, 0x12, 0x13
FLOAT, IEEE, BRAIN, COMPLEX = 0x20, 0x21, 0x22, 0x23
_CLASSES_BY_KIND = {"b": BOOLEAN, "i": SIGNED, "u": UNSIGNED, "f": IEEE, "c": COMPLEX}
_KINDS = {INTEGER: "i", SIGNED: "i", UNSIGNED: "u", FLOAT: "f", IEEE: "f", COMPLEX: "c"}
_SIZES = {"i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "f": (2, 4, 8), "c": (8, 16)}
_EXTENSIONS = {
    0x22000010: "bfloat16",
    0x24000008: "float8_e5m2",
    0x25000008: "float8_e4m3fn",
    0x26000008: "float8_e5m2fnuz",
    0x27000008: "float8_e4m3fnuz",
    0x28000008: "float8_e8m0fnu",
}
_MLIR_EXTENSIONS = {
    "bf16": 0x22000010,
    "f8E5M2": 0x24000008,
    "f8E4M3FN": 0x25000008,
    "f8E5M2FNUZ": 0x26000008,
    "f8E4M3FNUZ": 0x27000008,
    "f8E8M0FNU": 0x28000008,
    "i1": BOOLEAN << 24 | 8,
    "index": INTEGER << 24 | 64,
    "complex<f32>": COMPLEX << 24 | 64,
    "complex<f64>": COMPLEX << 24 | 128,
}
_MLIR_PREFIXES = {"i": INTEGER, "si": SIGNED, "ui": UNSIGNED, "f": IEEE}


def make_element_type(numerical: int, bits: int) -> int:
    """An element type from its class and its size."""
    return numerical << 24 | bits


def bit_count(element_type: int) -> int:
    """Bits an element takes; a tensor's are packed."""
    return element_type & 0xFF


def byte_count(element_type: int, elements: int) -> int:
    """Bytes a dense tensor of so many elements takes."""
    return (elements * bit_count(element_type) + 7) // 8


@functools.lru_cache(maxsize=256)
def element_type_of(dtype: np.dtype[Any]) -> int:
    """The element type of a numpy type; raise UNIMPLEMENTED if there is none."""
    if dtype.kind in _CLASSES_BY_KIND:
        bits = dtype.itemsize * 8
        if dtype.kind == "b" or dtype.itemsize in _SIZES[dtype.kind]:
            return make_element_type(_CLASSES_BY_KIND[dtype.kind], bits)
    for element_type, name in _EXTENSIONS.items():
        if dtype.name == name:
            return element_type
    raise error_class(UNIMPLEMENTED)(f"arrays of type {dtype} cannot be passed to a module")


@functools.lru_cache(maxsize=256)
def dtype_of(element_type: int) -> np.dtype[Any]:
    """The numpy type that shows elements of this type; bytes for those of less than a byte."""
    bits = bit_count(element_type)
    numerical = element_type >> 24
    if bits % 8 or bits == 0:
        return np.dtype(np.uint8)
    if numerical == BOOLEAN and bits == 8:
        return np.dtype(np.bool_)
    extension = _ml_dtype(_EXTENSIONS.get(element_type, ""))
    if extension is not None:
        return extension
    kind, size = _KINDS.get(numerical, "u"), bits // 8
    return np.dtype(f"{kind}{size}") if size in _SIZES[kind] else np.dtype(f"V{size}")


def element_type_named(text: str) -> int | None:
    """The element type of an MLIR type such as `f32` or `ui8`; None if it is no element type."""
    if text in _MLIR_EXTENSIONS:
        return _MLIR_EXTENSIONS[text]
    prefix = text.rstrip("0123456789")
    bits = text[len(prefix) :]
    if prefix not in _MLIR_PREFIXES or not bits or not 0 < int(bits) < 256:
        return None
    return make_element_type(_MLIR_PREFIXES[prefix], int(bits))


def element_type_name(element_type: int) -> str:
    """The MLIR name of an element type, such as `f32`; "" where MLIR has none."""
    for name, known in _MLIR_EXTENSIONS.items():
        if known == element_type and name != "index":
            return name
    prefix = next((name for name, numerical in _MLIR_PREFIXES.items() if numerical == element_type >> 24), "")
    return f"{prefix}{bit_count(element_type)}" if prefix and bit_count(element_type) else ""


def _ml_dtype(name: str) -> np.dtype[Any] | None:
    if not name:
        return None
    try:
        scalar = getattr(importlib.import_module("ml_dtypes"), name, None)
    except ImportError:
        return None
    return None if scalar is None else np.dtype(scalar)
