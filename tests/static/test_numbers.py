"""Instructions on known integers give what the runtime's C gives, and excerpts of it compile by themselves."""

from __future__ import annotations

import ctypes
import random
import subprocess
from pathlib import Path

import pytest

from tests.static.support import WARNINGS
from transpile.c.excerpts import excerpts
from transpile.c.helpers import helpers
from transpile.host.numbers import compute
from transpile.ir.derived import DERIVED
from transpile.isa.table import BY_NAME, Op, Trait

ROWS = {**BY_NAME, **DERIVED}
C_TYPES = {"i32": "int32_t", "i64": "int64_t", "f32": "float", "f64": "double"}
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
