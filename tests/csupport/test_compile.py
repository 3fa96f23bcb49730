"""The runtime compiles without a warning, as C and from C++, and its own test programs pass however it is compiled."""

import itertools
from pathlib import Path

import pytest

from tests.csupport.support import COMPILERS, CSUPPORT, EXACT, HEADERS, SANITIZERS, SANITIZING, SOURCES, WARNINGS, run

FOLDER = Path(__file__).parent
PROGRAMS = {"test_ops": "", "test_hal": "=== input0 ===\n2xf32=0 0\n2xf32=0 0\n"}
LEVELS = [["-O0"], ["-O1"], ["-O2"], ["-O3"], ["-Os"]]
POLICIES = [
    ["-DVM_DIAGNOSTICS=0"],
    ["-DVM_DIAGNOSTICS=1"],
    ["-DVM_ATOMIC_REFS=0"],
    ["-DVM_FUSED_FMA=1"],
]

compilers = pytest.mark.parametrize("compiler", COMPILERS)


def _build_and_run(folder: Path, compiler: str, *flags: str) -> None:
    """The runtime is compiled once for all programs: it is most of the time that this takes."""
    command = [compiler, *WARNINGS, *EXACT, *flags, "-I", str(CSUPPORT)]
    run("sh", "-c", f"cd {folder} && {' '.join(command)} -c {' '.join(map(str, SOURCES))}")
    for program, printed in PROGRAMS.items():
        run(*command, FOLDER / f"{program}.c", *folder.glob("*.o"), "-o", folder / program, "-lm")
        assert run("sh", "-c", f"{folder / program} 2>&1") == printed


@compilers
@pytest.mark.parametrize("flags", LEVELS + POLICIES, ids=" ".join)
def test_programs_pass_at_every_level_and_policy(flags: list[str], compiler: str, tmp_path: Path) -> None:
    _build_and_run(tmp_path, compiler, *flags)


@pytest.mark.parametrize("compiler", SANITIZING)
def test_programs_pass_under_the_sanitizers(compiler: str, tmp_path: Path) -> None:
    _build_and_run(tmp_path, compiler, "-O1", *SANITIZERS)


@compilers
@pytest.mark.parametrize(("header", "flags"), list(itertools.product(HEADERS, ([], *POLICIES))), ids=str)
def test_headers_stand_alone_in_cpp(header: Path, flags: list[str], compiler: str, tmp_path: Path) -> None:
    source = tmp_path / "include.cc"
    source.write_text(f'#include "{header.name}"\nint main() {{ return 0; }}\n')
    cpp = {"gcc": "g++", "clang": "clang++"}[compiler]
    run(cpp, "-Wall", "-Wextra", "-Werror", *flags, "-I", CSUPPORT, "-c", source, "-o", tmp_path / "include.o")


MACHINES = ["-D__BYTE_ORDER__=__ORDER_BIG_ENDIAN__", "-D__FLT_EVAL_METHOD__=2"]


@pytest.mark.parametrize("bad", ["-DVM_DIAGNOSTICS=3", "-DVM_FUSED_FMA=2", "-DVM_LIST_LIMIT=0", *MACHINES])
def test_contradictory_policies_are_refused(bad: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="#error"):
        run(COMPILERS[0], bad, "-c", CSUPPORT / "status.c", "-o", tmp_path / "x.o")
