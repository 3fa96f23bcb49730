"""Values at the edges of each type, as bits: a float is the signed integer with the same bits."""

from __future__ import annotations

import itertools
import math
import random
import struct
from collections.abc import Sequence

BITS = {"i32": 32, "f32": 32, "i64": 64, "f64": 64}
Values = tuple[int, ...]


def signed(value: int, width: int) -> int:
    """The number with these low bits."""
    value &= (1 << width) - 1
    return value - (1 << width) if value >> (width - 1) else value


def to_bits(value: float, kind: str) -> int:
    """The bits of a float as a signed integer."""
    form = "<f" if kind == "f32" else "<d"
    return int.from_bytes(struct.pack(form, value), "little", signed=True)


def to_float(bits: int, kind: str) -> float:
    """The float with these bits."""
    form, width = ("<f", 4) if kind == "f32" else ("<d", 8)
    return float(struct.unpack(form, (bits & ((1 << 8 * width) - 1)).to_bytes(width, "little"))[0])


def is_nan(bits: int, kind: str) -> bool:
    return kind in ("f32", "f64") and math.isnan(to_float(bits, kind))


def integers(width: int) -> list[int]:
    """Small numbers, powers of two and their neighbours, and the extremes."""
    top = 1 << (width - 1)
    small = [0, 1, 2, 3, 5, 7, 8, 31, 32, 33, 63, 64, 65, 100, 127, 128, 255, 256, 32767, 32768, 65535, 65536]
    values = {v for n in small for v in (n, -n)} | {
        top - 1,
        -top,
        1 - top,
        top // 2,
        0x12345678,
        signed(0xDEADBEEF, 32),
    }
    if width == 64:
        values |= {1 << 31, (1 << 31) - 1, -(1 << 31), 1 << 32, (1 << 32) - 1, -(1 << 32), 1 << 33, 0x123456789ABCDEF}
    return sorted(values)


def nans(kind: str) -> list[int]:
    """Quiet and signalling NaNs of both signs with different payloads."""
    patterns = {
        "f32": (0x7FC00000, 0xFFC00000, 0x7FC12345, 0x7F800001, 0xFFBFFFFF, 0x7FFFFFFF),
        "f64": (
            0x7FF8000000000000,
            0xFFF8000000000000,
            0x7FF8123456789ABC,
            0x7FF0000000000001,
            0xFFF7FFFFFFFFFFFF,
            0x7FFFFFFFFFFFFFFF,
        ),
    }
    return [signed(bits, BITS[kind]) for bits in patterns[kind]]


def floats(kind: str) -> list[int]:
    """Halves, bounds of the integer types, denormals, zeros and infinities of both signs; and NaNs."""
    numbers = [0.0, 0.25, 0.49999997, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 1e-3, math.pi, 10.0, 127.5, 255.0, 1e6]
    numbers += [8388607.5, 16777215.0, 16777217.0, 2147483520.0, 2147483647.0, 2147483648.0, 4294967295.0, 4294967296.0]
    numbers += [2.0**52 + 0.5, 2.0**53 + 1, 2.0**62, 2.0**63 - 1024, 2.0**63, 2.0**64 - 2048, 2.0**64, 1e20, math.inf]
    if kind == "f32":
        numbers += [3.4028234663852886e38, 1.1754943508222875e-38, 1.1754942106924411e-38, 1.401298464324817e-45]
    else:
        numbers += [1.7976931348623157e308, 2.2250738585072014e-308, 2.225073858507201e-308, 5e-324, 3.5e38, 1e-40]
    return [to_bits(sign * v, kind) for v in numbers for sign in (1.0, -1.0)] + nans(kind)


def edges(kind: str) -> list[int]:
    """Every edge value of a type."""
    return floats(kind) if kind in ("f32", "f64") else integers(BITS[kind])


def product(choices: Sequence[Sequence[int]], limit: int, seed: int = 7) -> list[Values]:
    """All combinations, or so many of them drawn at random."""
    total = math.prod(map(len, choices))
    if total <= limit:
        return list(itertools.product(*choices))
    chance = random.Random(seed)
    drawn = {tuple(chance.choice(values) for values in choices) for _ in range(limit)}
    return sorted(drawn)
