"""Relaxed arithmetic: close results, NaN, infinity and denormals as ever, and nothing of it unless asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

import transpile
from transpile.cli import main
from transpile.loader import compile_module, read
from transpile.native.build import Options, compile_library
from transpile.native.toolchain import LEVELS, RELAXED, cpu_identity, find_compiler, flags
from transpile.program import Program
from transpile.ship.package import package_sources

MODULES = Path(__file__).parents[1] / "modules" / "v17"
PRODUCT = Path(__file__).parents[2] / "examples" / "matmul" / "matmul.vmfb"
Array = NDArray[np.float32]


@pytest.fixture(scope="module")
def exact() -> Program:
    return transpile.load(PRODUCT, threads=1)


@pytest.fixture(scope="module")
def relaxed() -> Program:
    return transpile.load(PRODUCT, relaxed=True, threads=1)


def _random(seed: int) -> Array:
    return np.random.default_rng(seed).standard_normal((64, 64), np.float32)


def test_flags() -> None:
    compiler = find_compiler()
    for level in LEVELS:
        assert not flags(compiler, level).module
        assert not set(RELAXED) & set(flags(compiler, level).compile)
    chosen = flags(compiler, relaxed=True)
    # The first would link code that flushes denormals everywhere; the second would lose NaN and infinity.
    assert not {"-ffast-math", "-funsafe-math-optimizations", "-ffinite-math-only"} & {*chosen.module, *chosen.link}
    assert chosen.compile == flags(compiler).compile, "the runtime stays exact"


def test_a_library_of_its_own(exact: Program) -> None:
    output, path = compile_module(read(PRODUCT), Options())
    assert compile_library(output, Options(relaxed=True)) != path
    assert compile_library(output, Options()) == path


def test_close_and_not_equal_where_the_machine_fuses(exact: Program, relaxed: Program) -> None:
    a, b = _random(1), _random(2)
    expected, found = exact.mm(a, b), relaxed.mm(a, b)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    if "#define __FMA__ 1" in cpu_identity(find_compiler(), "native"):
        assert not np.array_equal(found, expected)
        wide = a.astype(np.float64) @ b.astype(np.float64)
        assert np.abs(found - wide).mean() < np.abs(expected - wide).mean()  # one rounding less a term


def test_nan_and_infinity(exact: Program, relaxed: Program) -> None:
    a, b = np.abs(_random(3)), np.abs(_random(4))
    a[3, 5], a[7, 9], b[1, 11] = np.nan, np.inf, -np.inf
    expected, found = exact.mm(a, b), relaxed.mm(a, b)
    assert np.isnan(expected).any() and np.isinf(expected).any()
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_array_equal(np.isposinf(found), np.isposinf(expected))
    np.testing.assert_array_equal(np.isneginf(found), np.isneginf(expected))


def test_denormals(relaxed: Program) -> None:
    small = np.full((64, 64), 1e-40, np.float32)
    np.testing.assert_array_equal(relaxed.mm(small, np.eye(64, dtype=np.float32)), small)
    assert np.float32(1e-40) * np.float32(0.5) != 0, "loading it has changed the process"


@pytest.mark.parametrize(
    ("module", "function", "shape"),
    [("softmax", "softmax", (4, 10)), ("reductions", "sum_all", (6, 9)), ("mlp", "forward", (2, 4))],
)
def test_whole_programs(module: str, function: str, shape: tuple[int, int]) -> None:
    image = np.random.default_rng(5).random(shape, np.float32)
    exact, relaxed = (transpile.load(MODULES / f"{module}.vmfb", relaxed=mode, threads=1) for mode in (False, True))
    expected = exact.exports[function](image)
    np.testing.assert_allclose(relaxed.exports[function](image), expected, rtol=1e-5, atol=1e-6)


def test_commands_name_it() -> None:
    inputs = [f"--input=64x64xf32={value}" for value in (0.5, 2)]
    result = CliRunner().invoke(main, ["run", str(PRODUCT), "--relaxed", *inputs])
    assert result.exit_code == 0 and "64x64xf32=[64 64" in result.stdout
    assert "need not be equal bit for bit" in result.stderr
    assert "relaxed" not in CliRunner().invoke(main, ["run", str(PRODUCT), *inputs]).stderr
    assert " ".join(RELAXED) in " ".join(CliRunner().invoke(main, ["doctor"]).stdout.split())


def test_packages_name_it() -> None:
    module = read(PRODUCT)
    texts = [package_sources(module, "m", "_library.so", relaxed=mode)["__init__.py"] for mode in (True, False)]
    assert ["relaxed arithmetic" in text.partition('"""\n\nfrom')[0] for text in texts] == [True, False]
