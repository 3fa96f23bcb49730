"""What templates of a WebAssembly program are told: arrays of its functions as JavaScript has them, and its needs."""

from __future__ import annotations

import json
from itertools import accumulate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transpile.emit.interface import Array, Entry, Interface

HOSTED = frozenset(
    "pow.f32 rem.f32 rem.f64 exp.f64 exp2.f64 expm1.f64 log.f64 log2.f64 log10.f64 log1p.f64 pow.f64 sin.f64 cos.f64 "
    "atan.f64 atan2.f64 tanh.f64 erf.f64".split()
)
"""Instructions that call a C library; all others are made of the machine's."""
CLASSES = {
    "int8_t": "Int8Array",
    "uint8_t": "Uint8Array",
    "int16_t": "Int16Array",
    "uint16_t": "Uint16Array",
    "int32_t": "Int32Array",
    "uint32_t": "Uint32Array",
    "int64_t": "BigInt64Array",
    "uint64_t": "BigUint64Array",
    "float": "Float32Array",
    "double": "Float64Array",
}
"""Of arrays, by the type of their elements in C."""


def wasm_context(interface: Interface) -> dict[str, Any]:
    """For `templates/wasm/`; `bytes` is the memory of the arena and, behind it, of the state, which is `state_at` from
    there on, and of the arrays of one function."""
    return {
        "hosted": bool(interface.mnemonics & HOSTED),
        "functions": [_function(entry, interface) for entry in interface.entries],
        "state_at": _aligned(interface.arena_bytes, interface),
        "bytes": max(_places(entry, interface)[-1] for entry in interface.entries),
    }


def _function(entry: Entry, interface: Interface) -> dict[str, Any]:
    key = json.dumps(entry.name)
    is_plain = entry.name.isascii() and entry.name.isidentifier()
    arrays = [_array(array, at) for array, at in zip(entry.arrays, _places(entry, interface), strict=False)]
    return {
        "key": key,
        "property": entry.name if is_plain else key,
        "access": f".{entry.name}" if is_plain else f"[{key}]",
        "symbol": entry.symbol,
        "state": bool(entry.state),
        "inputs": arrays[: len(entry.inputs)],
        "outputs": arrays[len(entry.inputs) :],
    }


def _array(array: Array, at: int) -> dict[str, Any]:
    return {
        "name": array.name,
        "type": CLASSES[array.type],
        "value": {"": None, "place": None, "value": "bigint" if array.element == "i64" else "number"}[array.number],
        "shape": list(array.dims),
        "count": array.count,
        "at": at,
    }


def _places(entry: Entry, interface: Interface) -> list[int]:
    """Where the arrays of a function are, counted from the arena, and where they end."""
    begin = _aligned(interface.arena_bytes, interface)
    begin += _aligned(interface.state.bytes, interface) if interface.state else 0
    return list(accumulate((_aligned(array.bytes, interface) for array in entry.arrays), initial=begin))


def _aligned(size: int, interface: Interface) -> int:
    return -(-size // interface.alignment) * interface.alignment
