"""Static programs for a team of threads: the interpreter's bits with OpenMP and without, one parallel region a call."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.static.support import ROOT, made
from tests.static.test_bits import check
from tests.support.tools import links
from transpile.cli import main
from transpile.host import static

MODULES = ROOT / "tests" / "modules" / "v17"
PROGRAMS = [
    ROOT / "tests/static/data/residual_vmvx.vmfb",
    ROOT / "tests/static/data/parts_inline.vmfb",
    ROOT / "examples/digits/digits_vmvx.vmfb",
    ROOT / "tests/hal/data/quantised.vmfb",
    MODULES / "matmul_vmvx.vmfb",
    MODULES / "softmax_vmvx.vmfb",
    MODULES / "pooling.vmfb",
]
COMPILERS = [("gcc", "-fopenmp"), ("gcc", "-fno-openmp"), ("clang", "-fopenmp")]


@pytest.fixture
def shared_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(static, "_TURNS_FOR_THREADS", 0)


@pytest.mark.usefixtures("shared_always")
@pytest.mark.parametrize(("compiler", "flag"), COMPILERS)
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_the_interpreter_s_bits(path: Path, compiler: str, flag: str, tmp_path: Path) -> None:
    if not links(compiler, flag):
        pytest.skip(f"no {compiler} with {flag}")
    check(path, tmp_path, 32, "-O2", flag, compiler=compiler, threads=3)


@pytest.mark.usefixtures("shared_always")
def test_a_call_is_one_parallel_region() -> None:
    _, header, source = made(PROGRAMS[0], 16, threads=2)
    assert source.count("omp parallel num_threads(2)") == 1
    assert source.count("omp for schedule(static)") >= 3
    assert "each call uses 2 where this is compiled with OpenMP" in header


def test_short_loops_are_not_shared() -> None:
    _, header, source = made(ROOT / "examples/digits/digits.vmfb", 16, threads=2)
    assert "omp parallel" not in source
    assert "no threads" in header


@pytest.mark.usefixtures("shared_always")
def test_the_command_says_what_to_compile_with(tmp_path: Path) -> None:
    arguments = ["emit", str(PROGRAMS[0]), "-o", str(tmp_path / "c"), "--static", "--threads=2"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    assert "-fopenmp" in done.output
    with_runtime = CliRunner().invoke(main, [each for each in arguments if each != "--static"])
    assert with_runtime.exit_code == 2 and "--threads goes with --static" in with_runtime.output
