"""Arguments and results of calls, and the manifest's values for them."""

from __future__ import annotations

import ctypes
import hashlib
import math
import struct
from typing import Any

import numpy as np

from tests.corpus.programs import Call
from tests.modules.values import DTYPES, PACKING, array_of, bits_of, number_of
from transpile.program import Program, Tensor, VmError, dtype_of

LIBM_PROBE = "71bdebefe0cddca8"
"""Hash of what the math functions of the C library that made the manifest return on a grid of values."""
LIBM_ULPS = 4
"""How far results of programs marked `libm` may be off where the C library is another one."""


def arguments(call: Call) -> list[Any]:
    """The call's arguments for `Function.call_raw`."""
    return [number_of(value) if "bits" in value else array_of(value) for value in call.inputs]


def differences(program: Program, call: Call, ulps: int = 0) -> str:
    """What is wrong with the outcome of a call, "" if nothing is."""
    try:
        results = program[call.function].call_raw(arguments(call))
    except VmError as problem:
        if problem.status_name == call.status:
            return ""
        return f"{call.function}{call.inputs}: expected {call.status or 'success'}, got {problem}"
    if call.status:
        return f"{call.function}{call.inputs}: expected {call.status}, got {results}"
    if len(results) != len(call.results):
        return f"{call.function}: expected {len(call.results)} results, got {len(results)}"
    wrong = [
        f"result {index}: expected {expected}, got {shown(expected, result)}"
        for index, (expected, result) in enumerate(zip(call.results, results, strict=True))
        if not same(expected, result, ulps)
    ]
    return f"{call.function}{call.inputs}: " + "; ".join(wrong) if wrong else ""


def same(expected: dict[str, Any], result: Any, ulps: int = 0) -> bool:
    """Whether a result is the expected one bit for bit, or so many units in the last place away."""
    found = shown(expected, result)
    if found == expected or not ulps:
        return found == expected
    if "bits" in expected:
        kind = expected["type"]
        return kind in PACKING and _near(expected["bits"], found["bits"], kind, ulps)
    if (found["dtype"], found["shape"]) != (expected["dtype"], expected["shape"]) or "sha256" in expected:
        return False  # results known by their hash alone come from programs without math functions
    dtype = DTYPES[expected["dtype"]]
    a, b = (np.frombuffer(bytes.fromhex(value["data"]), dtype) for value in (expected, found))
    scale = np.finfo(dtype).eps * ulps if dtype.kind == "f" else 0
    return bool(np.allclose(a, b, rtol=scale, atol=0, equal_nan=True))


def _near(expected: str, found: str, kind: str, ulps: int) -> bool:
    a, b = (number_of({"type": kind, "bits": text}) for text in (expected, found))
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return abs(int(expected, 16) - int(found, 16)) <= ulps or a == b


def shown(expected: dict[str, Any], result: Any) -> dict[str, Any]:
    """A result in the form of the expected value."""
    if "bits" in expected:
        kind = expected["type"]
        digits = 2 * struct.calcsize(PACKING[kind][1]) if kind in PACKING else {"i32": 8, "i64": 16}[kind]
        return {"type": kind, "bits": f"0x{bits_of(kind, result):0{digits}x}"}
    if not isinstance(result, Tensor):
        return {"unexpected": repr(result)}
    data = result.data.tobytes()
    names = {dtype: name for name, dtype in DTYPES.items()}
    value = {"dtype": names.get(dtype_of(result.element_type), "?"), "shape": list(result.shape)}
    if "data" in expected:
        return value | {"data": data.hex()}
    return value | {"sha256": hashlib.sha256(data).hexdigest()}


def libm_probe() -> str:
    """Hash of the C library's math functions on a grid of values."""
    library, state = ctypes.CDLL("libm.so.6"), hashlib.sha256()
    for name in "atan ceil cos sin exp exp2 expm1 log log10 log1p log2 tanh erf sqrt".split():
        for suffix, ctype, form in (("f", ctypes.c_float, "<f"), ("", ctypes.c_double, "<d")):
            function = library[f"{name}{suffix}"]
            function.restype, function.argtypes = ctype, [ctype]
            for k in range(1, 2000):
                state.update(struct.pack(form, function(k / 97.0)))
    return state.hexdigest()[:16]


def allowed_ulps(libm: bool) -> int:
    """0 unless the program depends on the C library and this one is not the manifest's."""
    try:
        return LIBM_ULPS if libm and libm_probe() != LIBM_PROBE else 0
    except (OSError, AttributeError):
        return LIBM_ULPS
