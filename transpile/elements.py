"""Tensor elements as text, in and out, exactly as IREE's tools read and write them.

Numbers are read as C's `strtol` and `strtof` read them: the longest prefix that is a number counts, integers may be
hexadecimal or octal and wrap to 32 bits, what is too large becomes an infinity.  Types without a notation of their
own (booleans, complex and opaque ones) are bytes in hexadecimal.
"""

from __future__ import annotations

import functools
import math
import re
import struct
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from transpile.program.dtypes import (
    BOOLEAN,
    BRAIN,
    COMPLEX,
    FLOAT,
    IEEE,
    INTEGER,
    OPAQUE,
    SIGNED,
    UNSIGNED,
    bit_count,
    make_element_type,
)

_F8 = {"f8E5M2": 0x24, "f8E4M3FN": 0x25, "f8E5M2FNUZ": 0x26, "f8E4M3FNUZ": 0x27, "f8E8M0FNU": 0x28}
_PREFIXES = (
    ("si", SIGNED),
    ("ui", UNSIGNED),
    ("i", INTEGER),
    ("bf", BRAIN),
    ("cf", COMPLEX),
    ("f", IEEE),
    ("x", OPAQUE),
    ("*", OPAQUE),
)
_NAMES = {INTEGER: "i", SIGNED: "si", UNSIGNED: "ui", IEEE: "f", BRAIN: "bf", COMPLEX: "cf"}
_INTEGER = re.compile(r"\s*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
_DECIMAL = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_HEX_FLOAT = re.compile(r"\s*[+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)(?:[pP][+-]?[0-9]+)?")
_SPECIAL = re.compile(r"\s*([+-]?)(inf|nan)", re.IGNORECASE)
_LEAST_HALF = 2.0**-24  # the tools flush what is smaller than the smallest denormal instead of rounding it
_SHORT, _LONG = 16, 32  # the tools' buffers: longer numbers are refused


class Codec(NamedTuple):
    """How elements of one type are read and written; both work on the element's bytes."""

    read: Callable[[str], bytes | None]
    """None if the text is no element."""
    write: Callable[[bytes], str]
    digits: int = 0
    """How many hexadecimal digits an element has; 0 if it is a number."""


def parse_element_type(text: str) -> int:
    """`f32` to its number; raise `ValueError`, in the words of IREE's tools, if there is no such type."""
    if text == "i1":
        return make_element_type(BOOLEAN, 8)
    if text in _F8:
        return make_element_type(_F8[text], 8)
    for prefix, numerical in _PREFIXES:
        if text.startswith(prefix):
            bits = parse_integer(text[len(prefix) :], 32, signed=False)
            if bits is None or bits > 0xFF:
                raise ValueError(f"out of range bit count in '{text}'")
            return make_element_type(numerical, bits)
    raise ValueError(f"unhandled element type prefix in '{text}'")


def format_element_type(element_type: int) -> str:
    """The number of an element type to `f32`."""
    numerical, bits = element_type >> 24, bit_count(element_type)
    if numerical == BOOLEAN:
        return "i1"
    for name, value in _F8.items():
        if element_type == make_element_type(value, 8):
            return name
    return f"{_NAMES.get(numerical, '*')}{bits}"


@functools.lru_cache(maxsize=64)
def codec(element_type: int) -> Codec:
    """The notation of a type."""
    numerical, bits = element_type >> 24, bit_count(element_type)
    if numerical in (INTEGER, SIGNED, UNSIGNED) and bits in (8, 16, 32, 64):
        return _integers(numerical, bits)
    if numerical == IEEE and bits in (32, 64):
        return _wide_floats(bits)
    if numerical == IEEE and bits == 16:
        return _small_floats(2, _encode_half, _decode_half)
    if numerical == BRAIN and bits == 16:
        return _small_floats(2, _encode_brain, _decode_brain)
    if bits == 8 and numerical in _F8.values() and numerical != FLOAT:
        table = Small(numerical)
        return _small_floats(1, table.encode, table.decode)
    size = (bits + 7) // 8
    return Codec(lambda text: _bytes(text, size), lambda data: data.hex().upper(), 2 * size)


def parse_integer(text: str, bits: int, *, signed: bool = True) -> int | None:
    """An integer as C's `strtol` and IREE's 32-bit wrapping read it."""
    match = _INTEGER.match(text)
    if match is None or len(text) >= (_SHORT if bits == 32 else _LONG):
        return None
    digits = match[2]
    base = 16 if digits[:2] in ("0x", "0X") else 8 if digits[0] == "0" and len(digits) > 1 else 10
    value = int(digits, base) * (-1 if match[1] == "-" else 1)
    low, high = (-(1 << 63), (1 << 63) - 1) if signed else (-(1 << 64) + 1, (1 << 64) - 1)
    if not low <= value <= high:
        return None
    value &= (1 << bits) - 1
    return value - (1 << bits) if signed and value >> (bits - 1) else value


def parse_float(text: str, bits: int = 64) -> float | None:
    """A number as C's `strtof` (32 bits) or `strtod` reads it; None, as in the tools, if it underflows to 0."""
    if len(text) >= _LONG:
        return None
    if special := _SPECIAL.match(text):
        return math.copysign(float(special[2]), -1.0 if special[1] == "-" else 1.0)
    if hexadecimal := _HEX_FLOAT.match(text):
        value = _hex_float(hexadecimal[0].strip())
        value = round_to_f32(value) if bits == 32 else value
        nonzero = bool(re.search("[1-9a-fA-F]", re.split("[pP]", hexadecimal[0])[0]))
    elif decimal := _DECIMAL.match(text):
        exact = Decimal(decimal[0].strip())
        value = _nearest_f32(exact, float(exact)) if bits == 32 else float(exact)
        nonzero = exact != 0
    else:
        return None
    return None if value == 0 and nonzero else value


def _hex_float(text: str) -> float:
    try:
        return float.fromhex(text)
    except OverflowError:
        return -math.inf if text.startswith("-") else math.inf


def round_to_f32(value: float) -> float:
    """The nearest f32; infinite when there is none."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def format_float(value: float, *, signed_nan: bool = True) -> str:
    """A number as C's `%G` writes it."""
    if math.isnan(value):
        return "-NAN" if signed_nan and math.copysign(1.0, value) < 0 else "NAN"
    return f"{value:G}"


def _nearest_f32(exact: Decimal, value: float) -> float:
    """Round a decimal to f32 once, although `value` has been rounded to f64 already."""
    rounded = round_to_f32(value)
    if math.isinf(value) or value == rounded or exact == Decimal(value):
        return rounded
    # Away from the f64 in the direction of the decimal there is no f32 boundary but the f64 itself.
    return round_to_f32(math.nextafter(value, math.inf if exact > Decimal(value) else -math.inf))


def _integers(numerical: int, bits: int) -> Codec:
    signed = numerical != UNSIGNED
    layout = "<" + {8: "b", 16: "h", 32: "i", 64: "q"}[bits]
    layout = layout if signed else layout.upper()

    def read(text: str) -> bytes | None:
        value = parse_integer(text, max(bits, 32), signed=signed)
        if value is None:
            return None
        if bits < 32:
            # Signless types take signed and unsigned numbers; signed ones are checked upwards only, and wrap.
            low = 0 if not signed else -(1 << (bits - 1)) if numerical == INTEGER else -(1 << 31)
            high = (1 << (bits - 1)) - 1 if numerical == SIGNED else (1 << bits) - 1
            if not low <= value <= high:
                return None
        return (value & ((1 << bits) - 1)).to_bytes(bits // 8, "little")

    return Codec(read, lambda data: str(struct.unpack(layout, data)[0]))


def _wide_floats(bits: int) -> Codec:
    layout = "<f" if bits == 32 else "<d"

    def read(text: str) -> bytes | None:
        value = parse_float(text, bits)
        return None if value is None else struct.pack(layout, value)

    return Codec(read, lambda data: format_float(struct.unpack(layout, data)[0]))


def _small_floats(size: int, encode: Callable[[float], int], decode: Callable[[int], float]) -> Codec:
    def read(text: str) -> bytes | None:
        value = parse_float(text, 32)
        return None if value is None else encode(value).to_bytes(size, "little")

    return Codec(read, lambda data: format_float(decode(int.from_bytes(data, "little")), signed_nan=False))


def _encode_half(value: float) -> int:
    if abs(value) < _LEAST_HALF:
        value = math.copysign(0.0, value)
    try:
        return int.from_bytes(struct.pack("<e", value), "little")
    except OverflowError:
        return 0xFC00 if value < 0 else 0x7C00


def _decode_half(code: int) -> float:
    return float(struct.unpack("<e", code.to_bytes(2, "little"))[0])


def _encode_brain(value: float) -> int:
    code = int.from_bytes(struct.pack("<f", value), "little")
    if math.isnan(value):
        return code >> 16 | 0x40
    return code + 0x7FFF + (code >> 16 & 1) >> 16


def _decode_brain(code: int) -> float:
    return float(struct.unpack("<f", (code << 16).to_bytes(4, "little"))[0])


class Small:
    """An 8-bit float format, as the table of its 256 values."""

    # class: exponent bits, mantissa bits, bias
    _FORMATS: dict[int, tuple[int, int, int]] = {  # noqa: RUF012
        0x24: (5, 2, 15),
        0x25: (4, 3, 7),
        0x26: (5, 2, 16),
        0x27: (4, 3, 8),
        0x28: (8, 0, 127),
    }

    def __init__(self, numerical: int) -> None:
        self.numerical = numerical
        self.values = [self._value(code) for code in range(256)]
        count = 255 if numerical == 0x28 else 128
        self._finite = [code for code in range(count) if math.isfinite(self.values[code])]

    def decode(self, code: int) -> float:
        """The value of a code."""
        return self.values[code]

    def encode(self, value: float) -> int:
        """The nearest code, ties to even, or upwards if the format has no mantissa."""
        unsigned, fnuz = self.numerical == 0x28, self.numerical in (0x26, 0x27)
        nan = 0xFF if unsigned else 0x80 if fnuz else 0x7F
        if math.isnan(value) or (unsigned and value == -math.inf):
            return nan
        value = abs(max(value, 0.0)) if unsigned else value  # without a sign: no -0
        sign = 0x80 if math.copysign(1.0, value) < 0 else 0
        code = self._nearest(abs(value))
        if code is None:
            return sign | 0x7C if self.numerical == 0x24 else nan if fnuz or unsigned else sign | nan
        return 0 if fnuz and code == 0 else sign | code

    def _nearest(self, value: float) -> int | None:
        """The code of a magnitude; None above the largest finite one."""
        values, finite = self.values, self._finite
        last = finite[-1]
        if value > values[last]:
            excess, half = value - values[last], (values[last] - values[finite[-2]]) / 2
            return last if excess < half or (excess == half and last % 2 == 0) else None
        above = next(code for code in finite if values[code] >= value)
        if above == 0 or values[above] == value:
            return above
        below = above - 1
        if below == 0 and self.numerical != 0x28:
            return 0  # flushed, see _LEAST_HALF
        middle = (values[below] + values[above]) / 2
        if value == middle:
            return below if below % 2 == 0 and self.numerical != 0x28 else above
        return below if value < middle else above

    def _value(self, code: int) -> float:
        exponent_bits, mantissa_bits, bias = self._FORMATS[self.numerical]
        if self.numerical == 0x28:
            return math.nan if code == 0xFF else math.ldexp(1.0, code - bias)
        if self._is_nan(code):
            return math.nan
        if self.numerical == 0x24 and code & 0x7F == 0x7C:
            return -math.inf if code & 0x80 else math.inf
        exponent = code >> mantissa_bits & ((1 << exponent_bits) - 1)
        mantissa = code & ((1 << mantissa_bits) - 1)
        hidden = 1 << mantissa_bits if exponent else 0
        magnitude = math.ldexp(hidden + mantissa, max(exponent, 1) - bias - mantissa_bits)
        return -magnitude if code & 0x80 else magnitude

    def _is_nan(self, code: int) -> bool:
        if self.numerical == 0x24:
            return code & 0x7F > 0x7C
        return code & 0x7F == 0x7F if self.numerical == 0x25 else code == 0x80


def _bytes(text: str, size: int) -> bytes | None:
    """Hexadecimal digits; the tools take any other character for 0."""
    characters = text.encode("utf-8", "surrogateescape").decode("latin-1")
    if len(characters) != 2 * size:
        return None
    return bytes.fromhex("".join(c if c in "0123456789abcdefABCDEF" else "0" for c in characters))
