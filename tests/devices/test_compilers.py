"""Emitted programs under compilers other than gcc and clang, and for other formats of object files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.csupport.support import run as ran
from tests.devices.boards import main_file, need, write_module
from tests.hal.support import iree
from transpile.emit import EmitOptions
from transpile.resources import CSUPPORT

DIGITS = Path(__file__).parents[2] / "examples" / "digits"
IMAGE = np.random.default_rng(5).standard_normal((1, 64)).astype(np.float32)
HOSTED = """#include <stdio.h>
#include "start.h"
void print_bits(unsigned long bits) { printf("%08lx\\n", bits); }
"""


@pytest.mark.parametrize("flow", ["digits", "digits_vmvx"])
def test_a_compiler_that_is_not_known_compiles_plain_c(flow: str, tmp_path: Path) -> None:
    """tcc has neither intrinsics nor vectors."""
    need("tcc")
    path = DIGITS / f"{flow}.vmfb"
    write_module(path, tmp_path, EmitOptions(prefix="model", rodata="array"))
    (tmp_path / "main.c").write_text(main_file("classify", [IMAGE], 10))
    (tmp_path / "hosted.c").write_text(HOSTED)
    include = [f"-I{folder}" for folder in (tmp_path, CSUPPORT, Path(__file__).parent / "mps2")]
    sources = [*tmp_path.glob("*.c"), *CSUPPORT.glob("*.c")]
    ran("tcc", "-std=c99", "-Wall", "-Werror", *include, *sources, "-o", tmp_path / "program", "-lm")
    bits = [int(line, 16) for line in ran(tmp_path / "program").split()]
    assert bits == np.frombuffer(iree(path, "classify", (IMAGE,), tmp_path).results[0], np.uint32).tolist()
