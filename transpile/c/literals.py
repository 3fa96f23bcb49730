"""Numbers, strings and comments of a module as C text.  With `names.py` the only way from a module into C."""

from __future__ import annotations

import math
import struct

C_TYPES = {
    "i32": "int32_t",
    "i64": "int64_t",
    "f32": "float",
    "f64": "double",
    "ref": "vm_ref",
    "span": "vm_span",
}


def integer(value: int, bits: int) -> str:
    """A signed integer constant of 32 or 64 bits."""
    if value == -(1 << (bits - 1)):
        return f"INT{bits}_MIN"
    if -(1 << 31) <= value < 1 << 31:
        return str(value)
    return f"INT64_C({value})"


def f32(bits: int) -> str:
    """A float constant with exactly these bits."""
    value = struct.unpack("<f", struct.pack("<I", bits))[0]
    if not math.isfinite(value):
        return f"vm_float_of(UINT32_C({bits:#010x}))"
    text = _shortest(value, "<f", 6, 9)
    return f"{text}f"


def f64(bits: int) -> str:
    """A double constant with exactly these bits."""
    value = struct.unpack("<d", struct.pack("<Q", bits))[0]
    if not math.isfinite(value):
        return f"vm_double_of(UINT64_C({bits:#018x}))"
    return _shortest(value, "<d", 15, 17)


def _shortest(value: float, form: str, least: int, most: int) -> str:
    """The shortest decimal text that reads back as the same number in that format."""
    for digits in range(least, most + 1):
        text = f"{value:.{digits}g}"
        try:
            if struct.pack(form, float(text)) == struct.pack(form, value):
                break
        except OverflowError:  # rounds up beyond the format's largest number
            continue
    return text if any(c in text for c in ".e") else f"{text}.0"


def constant(type_name: str, value: int) -> str:
    """A constant of a value type; floats are given as bits."""
    if type_name == "f32":
        return f32(value)
    if type_name == "f64":
        return f64(value)
    return integer(value, 64 if type_name == "i64" else 32)


def is_special(type_name: str, bits: int) -> bool:
    """Whether arithmetic with the constant of a float type is something else to a C compiler: zeros, ones, denormals,
    and numbers so large that their reciprocals are."""
    exponent_bits, width = (8, 32) if type_name == "f32" else (11, 64)
    mantissa_bits = width - 1 - exponent_bits
    top = (1 << exponent_bits) - 1
    exponent = bits >> mantissa_bits & top
    is_one = bits & ((1 << width - 1) - 1) == top // 2 << mantissa_bits
    return exponent == 0 or top - 2 <= exponent < top or is_one


def string(data: bytes | str) -> str:
    """A C string literal of these bytes: anything but plain ASCII becomes an octal escape, so no trigraph, line
    break or quote of the module reaches the compiler."""
    raw = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
    return '"' + "".join(_character(byte) for byte in raw) + '"'


def _character(byte: int) -> str:
    plain = 0x20 <= byte < 0x7F and chr(byte) not in '"\\?'
    return chr(byte) if plain else f"\\{byte:03o}"


def comment(text: str) -> str:
    """A one-line comment; what could close it, continue it or hide in it is replaced."""
    kept = "".join(c if c.isascii() and c.isprintable() and c not in "\\?" else "." for c in text)
    return f"/* {kept.replace('*/', '*.').replace('/*', '/.')} */"
