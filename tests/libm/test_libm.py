"""Mathematics of f32: the C library's bits here, vectorised, and the same bits on every processor."""

from __future__ import annotations

import platform
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from compare import machine
from compare.machine import this_machine
from tests.csupport.support import COMPILERS, CSUPPORT
from tests.devices.test_targets import TARGETS, Target
from tests.libm.show import rows
from transpile import libm
from transpile.libm import BINARY, SOURCE, UNARY, compile_loops, differing, is_known, summary
from transpile.native.toolchain import EXACT, Optimize, find_compiler, flags

FUNCTIONS = (*UNARY, *BINARY)
SHARE = 4093
"""A prime: of 2^32 inputs every so many is compared, in all their low bits."""

TARGETS_HERE = ("baseline", "x86-64-v3")
BUILDS = [
    *(("speed", target, loops) for target in TARGETS_HERE for loops in (0, 1)),
    ("size", "baseline", 0),
    ("none", "baseline", 0),
]


def _has_its_bits() -> bool:
    return is_known() and "fma" in Path("/proc/cpuinfo").read_text().split()


glibc = pytest.mark.skipif(not _has_its_bits(), reason="needs glibc 2.29 to 2.40 on x86-64 with FMA")
compilers = pytest.mark.parametrize("compiler", COMPILERS)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory):
    @cache
    def build(compiler: str, level: Optimize, target: str, loops: int) -> Path:
        path = tmp_path_factory.mktemp("libm") / "compare"
        found = find_compiler({"CC": compiler})
        compile_loops(found, flags(found, level, target, openmp=False).compile, path, f"-DVM_F32_LOOPS={loops}")
        return path

    return build


@glibc
@compilers
@pytest.mark.parametrize("flush", [False, True], ids=["kept", "flushed"])
@pytest.mark.parametrize(("level", "target", "loops"), BUILDS)
def test_the_bits_are_glibcs(
    program, level: Optimize, target: str, loops: int, flush: bool, compiler: str
) -> None:
    share = SHARE if level == "speed" else 16 * SHARE
    found = {name: rows(program(compiler, level, target, loops), name, flush, share, {}) for name in FUNCTIONS}
    assert found == {name: ["differ 0"] for name in FUNCTIONS}


# Where a sum of rounded products has another last bit than a fused one.
BY_ROUNDING = {
    "exp": "4202422F C27C65D9",
    "sin": "4255B0A9 42A35C07 42A35D44 42A97360 42CF5854 42E87A55 C255B0A9 C2E87A55",
    "cos": "418A3ADB 41BC76D9 4202EB4B 42687A55 4280CE28 42870E40 42C55FAA 42D8D23E C2C55FAA",
}


@glibc
@compilers
@pytest.mark.parametrize("target", TARGETS_HERE)
@pytest.mark.parametrize("loops", [0, 1])
def test_inputs_that_fused_products_change(program, loops: int, target: str, compiler: str) -> None:
    path = program(compiler, "speed", target, loops)
    for name, inputs in BY_ROUNDING.items():
        for bits in inputs.split():
            command = [path, "compare", name, "0", f"0x{bits}", "1", "1", "1"]
            assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "differ 0\n", bits


def _vectorised(compiler: str, target: str, folder: Path) -> set[str]:
    """Functions whose loops a compiler says it has vectorised."""
    found = find_compiler({"CC": compiler})
    report = {"gcc": "-fopt-info-vec", "clang": "-Rpass=loop-vectorize"}[compiler]
    options = [*flags(found, "speed", target, openmp=False).compile, report, f"-I{CSUPPORT}", "-c", str(SOURCE)]
    done = subprocess.run([compiler, *options, "-o", folder / "loops.o"], capture_output=True, text=True, check=True)
    lines = SOURCE.read_text().splitlines()
    places = {int(n) for n in re.findall(r"compare\.c:(\d+):\d+: (?:optimized: loop|remark:) vectorized", done.stderr)}
    return {m[1] for n in places if (m := re.fullmatch(r"(?:UNARY|BINARY)\((\w+)\)", lines[n - 1]))}


@compilers
@pytest.mark.skipif(platform.machine() != "x86_64", reason="asks for vectors of x86-64")
def test_loops_are_vectorised(compiler: str, tmp_path: Path) -> None:
    assert _vectorised(compiler, "x86-64-v3", tmp_path) == set(FUNCTIONS)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.machine)
def test_other_processors_have_the_same_bits(target: Target, program, tmp_path: Path) -> None:
    if target.missing:
        pytest.skip(f"{target.missing} not installed")
    path = tmp_path / "compare"
    flags = [*EXACT, *target.flags, "-O2", f"-I{CSUPPORT}", str(SOURCE), "-static", "-o", str(path), "-lm"]
    subprocess.run([f"{target.triple}-gcc", *flags], check=True)
    here = program(COMPILERS[0], "speed", "baseline", 0)
    for name in FUNCTIONS:
        arguments = ["digest", name, "0", "1", "40000", "107347"]
        digests = [
            subprocess.run([*command, *arguments], capture_output=True, text=True, check=True).stdout
            for command in ([f"qemu-{target.machine}", path], [here])
        ]
        assert digests[0] == digests[1], name


@glibc
def test_this_machines_library_is_said_to_be_the_same(tmp_path: Path) -> None:
    compiler = find_compiler()
    found = differing(compiler, flags(compiler, "speed", openmp=False), tmp_path)
    assert found == {}
    assert "has the same bits in all 14 functions" in summary(found)


def test_functions_that_differ_are_named() -> None:
    assert "tanh 50.00%" in summary({"tanh": 1 << 15})


@pytest.mark.parametrize(("version", "known"), [("2.28", False), ("2.29", True), ("2.40", True), ("2.41", False)])
def test_versions_that_are_known(version: str, known: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", version))
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert is_known() == known


def test_a_comparison_warns_of_another_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libm, "is_known", lambda: False)
    monkeypatch.setattr(libm, "differing", lambda *_: {"erf": libm.SAMPLES // 4})
    machine.other_digits.cache_clear()
    assert any("erf 25.00%" in warning for warning in this_machine().warnings)
    machine.other_digits.cache_clear()
