"""Instructions on known integers give what the runtime's C gives, and excerpts of it compile by themselves."""

from __future__ import annotations

import ctypes
import random
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.static.support import WARNINGS
from transpile.c.excerpts import excerpts
from transpile.c.helpers import helpers
from transpile.host.numbers import compute, compute_bits
from transpile.ir.derived import DERIVED
from transpile.isa.operations import Operation
from transpile.isa.table import BY_NAME, Op, Trait

ROWS = {**BY_NAME, **DERIVED}
MATHEMATICS = "atan atan2 cos sin exp exp2 expm1 log log10 log1p log2 pow tanh erf".split()
C_TYPES = {"i32": "int32_t", "i64": "int64_t", "f32": "float", "f64": "double"}
CTYPES: dict[str, Any] = {
    "i32": ctypes.c_int32,
    "i64": ctypes.c_int64,
    "f32": ctypes.c_float,
    "f64": ctypes.c_double,
}
DTYPES: dict[str, Any] = {"i32": np.int32, "i64": np.int64, "f32": np.float32, "f64": np.float64}
UNKNOWN = {Operation.REM, Operation.FPOWI, *(op for op in Operation if op.value in MATHEMATICS)}
"""What is not computed of floats."""
EDGES = {
    bits: [0, 1, -1, 2, 31, 33, 63, (1 << (bits - 1)) - 1, -(1 << (bits - 1)), 0x55555555, -0x12345678]
    for bits in (32, 64)
}


def is_pure(row: Op) -> bool:
    kinds = [field.kind.type for field in (*row.operands, *([row.result] if row.result else []))]
    lists = any(field.kind.group == "list" for field in row.operands)
    return Trait.PURE in row.traits and row.helper in helpers() and not lists and all(kind in C_TYPES for kind in kinds)


PURE = [row for row in ROWS.values() if is_pure(row)]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """All pure instructions, made of nothing but excerpts, with every warning an error."""
    folder = tmp_path_factory.mktemp("numbers")
    lines = ["#include <math.h>", "#include <stdint.h>", "#include <string.h>"]
    lines += excerpts({row.helper for row in PURE if row.helper} | {"VM_INLINE", "VM_OPAQUE"})
    for row in PURE:
        assert row.result is not None and row.helper is not None
        kinds = [C_TYPES[field.kind.type] for field in row.operands]
        given = [f"x{number}" for number in range(len(kinds))]
        parameters = ", ".join(f"{kind} {name}" for kind, name in zip(kinds, given, strict=True)) or "void"
        zero = ["0u"] if helpers()[row.helper].params[:1] == ("zero",) else []
        name, result = f"do_{row.helper}", C_TYPES[row.result.kind.type]
        lines += [f"{result} {name}({parameters});", f"{result} {name}({parameters}) {{"]
        lines += [f"  return {row.helper}({', '.join([*zero, *given])});", "}"]
    (folder / "n.c").write_text("\n".join(lines))
    command = ["gcc", *WARNINGS, "-O1", "-shared", "-fPIC", "n.c", "-o", "n.so", "-lm"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:4000]
    return ctypes.CDLL(str(Path(folder) / "n.so"))


KNOWN = [
    row
    for row in PURE
    if row.result is not None
    and all(field.kind.type in ("i32", "i64") for field in (*row.operands, row.result))
    and row.operands
]


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row.mnemonic)
def test_numbers(row: Op, library: ctypes.CDLL) -> None:
    assert row.result is not None
    function = getattr(library, f"do_{row.helper}")
    bits = [int(field.kind.type[1:]) for field in row.operands]
    function.argtypes = [ctypes.c_int32 if each == 32 else ctypes.c_int64 for each in bits]
    function.restype = ctypes.c_int32 if row.result.kind.type == "i32" else ctypes.c_int64
    choice = random.Random(row.mnemonic)
    computed = 0
    for _ in range(60):
        operands = [choice.choice(EDGES[each]) for each in bits]
        found = compute(row, operands)
        if found is not None:
            computed += 1
            assert found == function(*operands), operands
    named = ("add", "sub", "mul", "fma", "and", "or", "xor", "not", "shl", "shr", "cmp", "min", "max", "word", "ext")
    assert computed == 60 or not row.mnemonic.startswith(named)


def test_there_are_many() -> None:
    assert len(PURE) > 120 and len(KNOWN) > 40


def bits_of(value: float, kind: str) -> int:
    """An element as its bits."""
    return int.from_bytes(np.array(value, DTYPES[kind]).tobytes(), "little")


def values_of(kind: str, count: int, seed: str) -> list[float]:
    """Some that are difficult, and random ones of every size."""
    choice = random.Random(seed)
    if kind in ("i32", "i64"):
        return [choice.choice(EDGES[int(kind[1:])]) for _ in range(count)]
    edges = [0.0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 0.49999997, 1e10, -3e9, 1e-30, 1e-38, 2e-38, 3e38, float("inf")]
    others = [choice.gauss(0, 1) * 2.0 ** choice.randrange(-40, 40) for _ in range(count)]
    return [choice.choice(edges) if choice.random() < 0.5 else other for other in others]


@pytest.mark.parametrize("row", PURE, ids=lambda row: row.mnemonic)
def test_bits(row: Op, library: ctypes.CDLL) -> None:
    """Of elements that are known, where they are the same on all processors: what the runtime's C gives."""
    assert row.result is not None
    function, result = getattr(library, f"do_{row.helper}"), row.result.kind.type
    kinds = [field.kind.type for field in row.operands]
    function.argtypes, function.restype = [CTYPES[kind] for kind in kinds], CTYPES[result]
    columns = [values_of(kind, 60, f"{row.mnemonic}{n}") for n, kind in enumerate(kinds)]
    computed = 0
    for operands in zip(*columns, strict=True):
        bits = [np.array(bits_of(each, kind), np.uint64) for each, kind in zip(operands, kinds, strict=True)]
        found = compute_bits(row, bits)
        if found is not None:
            computed += 1
            assert int(found) == bits_of(function(*operands), result), operands
    assert computed > 20 or row.does in UNKNOWN or row.type not in ("f32", "f64"), computed
