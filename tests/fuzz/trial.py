"""What a module does when its exports are called, as text: equal texts, equal behaviour."""

from __future__ import annotations

import itertools
import math
import random
import re
import struct
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.fuzz.hostile import EDGES
from transpile.container import Module
from transpile.errors import TranspileError
from transpile.imports import NATIVE
from transpile.program import Program, Ref, Tensor, VmBuffer, VmError, VmList
from transpile.program.program import Function
from transpile.program.signature import parse_convention

CALLS = 2
"""Calls of each export."""
EXPORTS = 8
"""Exports that are called at most."""
IMPORT_CALLS = 100
"""Calls of an import that succeed."""
LONGEST_LIST = 16
"""Elements of a list that are compared."""
_TENSOR = re.compile(r"tensor<((?:[0-9]{1,4}x|\?x){0,4})(f32|f64|i8|i16|i32|i64|i1)>")
_DTYPES = {"f32": "f4", "f64": "f8", "i1": "?", **{f"i{8 * n}": f"i{n}" for n in (1, 2, 4, 8)}}
_ZEROES = {"i": 0, "I": 0, "f": 0.0, "F": 0.0, "r": None}


def behaviour(make: Callable[[], Program]) -> list[str]:
    """Lines about an instance: what it exports, and how each call ends."""
    try:
        program = make()
    except TranspileError as problem:
        return [f"refused: {type(problem).__name__}: {problem}"]
    except VmError as problem:
        return [f"no instance: {_failure(problem)}"]
    lines = [f"{name} {function.convention} {function.__signature__}" for name, function in program.exports.items()]
    for name, function in list(program.exports.items())[:EXPORTS]:
        if name not in ("__init", "__deinit"):
            lines += (f"{name}: {_outcome(program, name, list(arguments))}" for arguments in calls(function))
    return lines


def stand_ins(module: Module) -> dict[str, Callable[..., Any]]:
    """Python functions for the imports that the runtime does not have: they return zeroes."""
    found: dict[str, Callable[..., Any]] = {}
    for item in module.imports:
        convention = item.signature.calling_convention if item.signature else ""
        if (item.full_name, convention) not in NATIVE and not item.optional:
            found[item.full_name] = _returning(parse_convention(convention).results)
    return found


def calls(function: Function) -> Iterator[list[Any]]:
    """Arguments, which depend on the function's name and type alone."""
    choose = random.Random(f"{function.__name__} {function.convention}")
    for _ in range(CALLS if function.kinds else 1):
        yield [_argument(choose, kind, mlir) for kind, mlir in zip(function.kinds, function._shape.types, strict=False)]


def _returning(kinds: tuple[str, ...]) -> Callable[..., Any]:
    values = tuple(_ZEROES[kind] for kind in kinds)
    calls = itertools.count()

    def call(*_: Any) -> Any:
        if next(calls) >= IMPORT_CALLS:
            raise RuntimeError("called often enough")  # a loop that calls ends, and in Python the guard cannot end it
        return values if len(values) > 1 else values[0] if values else None

    return call


def _argument(choose: random.Random, kind: str, mlir: str) -> Any:
    if kind in "iI":
        bits = 32 if kind == "i" else 64
        value = choose.randint(-1, 12) if choose.random() < 0.8 else choose.choice(EDGES) & ((1 << bits) - 1)
        return value - (1 << bits) if value >> (bits - 1) == 1 else value
    if kind in "fF":
        return choose.choice((0.0, -0.0, 1.0, 0.5, -2.5, 3.0, 1e9, math.inf, 1e-40))
    tensor = _TENSOR.fullmatch(mlir)
    if tensor and choose.random() < 0.9:
        return _array(choose, tensor[1], tensor[2])
    return choose.choice((None, VmBuffer(bytearray(range(64))), VmBuffer(b"read only"), VmList([1, 2.5, None, 3])))


def _array(choose: random.Random, dims: str, element: str) -> Any:
    shape = tuple(3 if text == "?" else int(text) for text in dims.split("x")[:-1])
    if math.prod(shape) > 1 << 14:
        return None
    values = np.random.default_rng(choose.getrandbits(32)).integers(-8, 9, shape)
    return values.astype(_DTYPES.get(element, element))


def _outcome(program: Program, name: str, arguments: list[Any]) -> str:
    try:
        results = program[name].call_raw(arguments)
    except VmError as problem:
        return _failure(problem)
    changed = [_shown(value) for value in arguments if isinstance(value, (np.ndarray, VmBuffer))]
    return "; ".join([*map(_shown, results), *changed])


def _failure(problem: VmError) -> str:
    cause = f" because of {problem.__cause__!r}" if problem.__cause__ else ""
    return f"{problem.status_name}: {problem.message!r}{cause}{''.join(f' at {frame}' for frame in problem.frames)}"


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return "nan" if math.isnan(value) else struct.pack("<d", value).hex()
    if isinstance(value, Tensor):
        return f"{value.element_type:#x} {value.shape} {_bytes(value.data)}"
    if isinstance(value, (np.ndarray, VmBuffer)):
        return _bytes(np.asarray(value))
    if isinstance(value, VmList):
        return f"[{', '.join(_shown(value[k]) for k in range(min(len(value), LONGEST_LIST)))}] of {len(value)}"
    return value.type_name if isinstance(value, Ref) else repr(value)


def _bytes(data: Any) -> str:
    raw = np.ascontiguousarray(data).reshape(-1).view(np.uint8)[: 1 << 16]
    return raw.tobytes().hex()
