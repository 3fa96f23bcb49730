"""`test_module.c`: the HAL called from C, however it is compiled."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.csupport.support import COMPILERS, CSUPPORT, EXACT, SANITIZERS, SANITIZING, SOURCES, WARNINGS, run
from transpile.native.toolchain import OPENMP, find_compiler, supports

SANITIZED = " ".join(["-O1", *SANITIZERS])
FLAGS = ["-O3", SANITIZED, f"-O2 {OPENMP}", "-O1 -DVM_DIAGNOSTICS=0", "-O1 -DHAL_FLUSH_DENORMALS=0"]


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("flags", FLAGS)
def test_the_module_from_c(flags: str, compiler: str, tmp_path: Path) -> None:
    if OPENMP in flags and not supports(find_compiler({"CC": compiler}), OPENMP):
        pytest.skip(f"{compiler} has no OpenMP here")
    if flags == SANITIZED and compiler not in SANITIZING:
        pytest.skip(f"{compiler} has no sanitizers here")
    command = [compiler, *WARNINGS, *EXACT, *flags.split(), f"-I{CSUPPORT}"]
    sources = [Path(__file__).with_name("test_module.c"), *SOURCES]
    run("sh", "-c", f"cd {tmp_path} && {' '.join(command)} -c {' '.join(map(str, sources))}")
    program = tmp_path / "program"
    run(*command, *tmp_path.glob("*.o"), "-o", program, "-lm")
    run(program)
