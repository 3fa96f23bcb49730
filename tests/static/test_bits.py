"""Static programs give the bits of the interpreter, whatever is in the arena, and write nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import transpile
from tests.static.support import ROOT, arguments, compiled, given, same
from tests.support.tools import links
from transpile import loader
from transpile.host.static import static
from transpile.host.values import NotStatic
from transpile.nests.plan.target import Target
from transpile.pipeline import lower
from transpile.signatures import declarations

MODULES = ROOT / "tests" / "modules"
PROGRAMS = [
    ROOT / "examples/digits/digits.vmfb",
    ROOT / "examples/digits/digits_vmvx.vmfb",
    MODULES / "v17/softmax_vmvx.vmfb",
    MODULES / "v17/conv2d.vmfb",
    MODULES / "v17/mlp_dynamic.vmfb",
    MODULES / "v17/pooling.vmfb",
    MODULES / "v16/layer_norm.vmfb",
    MODULES / "v15/several_results.vmfb",
    MODULES / "v15/conv2d_vmvx_2023.vmfb",
    MODULES / "v15/heat_vmvx.vmfb",
    ROOT / "tests/hal/data/quantised.vmfb",
    ROOT / "tests/static/data/numbers_vmvx.vmfb",
    ROOT / "tests/static/data/numbers_inline.vmfb",
    MODULES / "v15/broadcast.vmfb",
    MODULES / "v16/integer_casts.vmfb",
    MODULES / "v17/newer_ops.vmfb",
    MODULES / "v15/mlp_vmvx_35.vmfb",
]
"""Every flavour and version, push constants, command buffers with indirect bindings, several results, int8; numbers as
arguments and results, constants of dispatches and what memory is filled with; weights that the initialisation makes."""


def check(path: Path, folder: Path, width: int | Target, *flags: str, compiler: str = "gcc", threads: int = 1) -> None:
    """Every static export on two inputs, twice on the same arena's memory."""
    reference = transpile.load(path, engine="interpreter")
    program = compiled(path, folder, width, compiler, flags or ("-O2",), threads=threads)
    for each in program.programs:
        for seed in (1, 2):
            inputs = arguments(each.schedule, seed)
            expected = getattr(reference.new_instance(), each.schedule.name)(*given(each.schedule, inputs))
            expected = expected if isinstance(expected, tuple) else (expected,)
            for poison in (0xA5, 0xFF):
                found = program.call(each.schedule.name, inputs, poison)
                assert len(found) == len(expected)
                assert all(map(same, expected, found)), (each.schedule.name, seed, poison)


@pytest.mark.parametrize("width", [16, 0], ids=["vectors", "plain"])
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_interpreter_s_bits(path: Path, width: int, tmp_path: Path) -> None:
    check(path, tmp_path, width, "-O2" if width else "-Os")


@pytest.mark.skipif(not links("clang"), reason="no clang")
@pytest.mark.parametrize("path", PROGRAMS[1:5], ids=lambda path: path.stem)
def test_with_clang(path: Path, tmp_path: Path) -> None:
    check(path, tmp_path, 32, "-O2", "-mavx2" if links("clang", "-mavx2") else "-O1", compiler="clang")


@pytest.mark.skipif(not links("gcc", "-fsanitize=address,undefined"), reason="no sanitizers")
def test_under_sanitizers(tmp_path: Path) -> None:
    """Undefined behaviour ends the process; addresses are checked by the guards around the arena."""
    flags = ["-O1", "-fsanitize=undefined", "-fno-sanitize-recover=undefined"]
    for number, path in enumerate(PROGRAMS[1:4]):
        folder = tmp_path / str(number)
        folder.mkdir()
        check(path, folder, 16, *flags)


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(MODULES.rglob("*.vmfb")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_module(path: Path, tmp_path: Path) -> None:
    module = loader.read(path)
    try:
        static(lower(module), None, None, declarations(module))
    except NotStatic as reason:
        pytest.skip(str(reason))
    for width in (16, 0):
        folder = tmp_path / str(width)
        folder.mkdir()
        check(path, folder, width)


@pytest.mark.parametrize("sizes", [(2, 3, 4), (1, 7, 5), (0, 2, 3)])
@pytest.mark.parametrize("name", ["dynamic_shapes"])
def test_open_sizes_are_given(name: str, sizes: tuple[int, int, int], tmp_path: Path) -> None:
    path = MODULES / f"v17/{name}.vmfb"
    rows, depth, columns = sizes
    shapes: dict[str, tuple[int, ...]] = {"mm.input0": (rows, depth), "mm.input1": (depth, columns)}
    program = compiled(path, tmp_path, shapes={**shapes, "add.input0": (rows,), "add.input1": (rows,)})
    reference = transpile.load(path, engine="interpreter")
    for each in program.programs:
        inputs: list[Any] = arguments(each.schedule, 3)
        expected = getattr(reference, each.schedule.name)(*inputs)
        assert same(expected, program.call(each.schedule.name, inputs)[0])


def test_denormals_are_flushed_where_iree_does(tmp_path: Path) -> None:
    tiny = np.full(4, 1e-38, np.float32)
    for name in ("halve", "halve_inline"):
        folder = tmp_path / name
        folder.mkdir()
        path = ROOT / f"tests/hal/data/{name}.vmfb"
        expected = transpile.load(path, engine="interpreter").halve(tiny)
        assert same(expected, compiled(path, folder).call("halve", [tiny])[0]), name
