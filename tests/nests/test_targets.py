"""Plans for other processors: what is chosen differs by what their rows say, and never a bit of a result."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.nests.engines import Literal, Raised, answers
from tests.nests.kernel import Kernel, Load, Store, Var, number, op
from tests.nests.known import loop
from tests.nests.random import batch
from tests.nests.suite import Case, Suite
from transpile import container
from transpile.emit import EmitOptions
from transpile.errors import UsageError
from transpile.ir import Registers, lift_function
from transpile.nests.find.recognise import find
from transpile.nests.loops.tidy import Tidier
from transpile.nests.loops.tree import change
from transpile.nests.nest import Nest
from transpile.nests.plan.plans import Plans, plan
from transpile.nests.plan.target import (
    AVX2,
    AVX512,
    AVX512_VNNI,
    CORTEX_M4,
    HELIUM,
    NEON,
    SCALAR,
    SSE2,
    TARGETS,
    VERSIONS,
    WASM_SIMD128,
    Target,
    known_by,
)
from transpile.nests.plan.tiling import Tile
from transpile.passes import optimise
from transpile.resources import CSUPPORT


def _product(element: str, size: int = 48, rows: int = 48, *, transposed: bool = False) -> Nest:
    """Of two matrices, the right one with its rows, or with its columns, side by side."""
    i, j, k = Var("i"), Var("j"), Var("k")
    place = op("fma.i64", i, number(size), j)
    row, column = (j, k) if transposed else (k, j)
    left, right = op("fma.i64", i, number(size), k), op("fma.i64", row, number(size), column)
    value = op(f"fma.{element}", Load(1, element, left), Load(2, element, right), Load(0, element, place))
    body = loop("i", rows, loop("j", size, loop("k", size, Store(0, element, place, value))))
    module = container.load(Suite("product", [Case(Kernel("product", 3, (), (body,)), ())]).image())
    registers = Registers(module)
    functions = [lift_function(module, index, registers) for index in range(len(module.functions))]
    for fn in functions:
        optimise(fn)
    return next(nest for fn in functions for nest in find(fn).nests.values() if len(nest.loops) == 3)


def _tile(element: str, target: Target) -> Tile:
    tile = plan(_product(element), target).schedule.tile
    assert tile is not None
    return tile


def test_registers_decide_how_many_running_values_a_tile_has() -> None:
    sizes = {row.name: (t.rows, t.columns, t.lanes) for row in (SSE2, NEON, HELIUM) for t in [_tile("f32", row)]}
    assert sizes["neon"][0] * sizes["neon"][1] > sizes["sse2"][0] * sizes["sse2"][1] > 4
    assert sizes["helium"][0] * sizes["helium"][1] == 4
    assert {lanes for _, _, lanes in sizes.values()} == {4}


def test_wider_vectors_are_used() -> None:
    assert [_tile("f32", row).lanes for row in (SSE2, AVX2, AVX512)] == [4, 8, 16]


def test_rows_of_a_matrix_times_a_vector_are_transposed() -> None:
    """Few rows share what is read, so that no copy pays."""
    few, many = (plan(_product("f32", rows=rows, transposed=True), AVX2).schedule.tile for rows in (1, 48))
    assert few is not None and few.transposed and not few.packed
    assert many is not None and many.packed and not many.transposed
    assert not _tile("f32", AVX2).transposed


def test_without_vectors_rows_are_single_elements() -> None:
    tile = _tile("f32", SCALAR)
    assert (tile.vector, tile.rows, tile.lanes) == ((), SCALAR.rows, 1)


def test_integers_have_registers_of_their_own() -> None:
    """A Cortex-M4 has 32 of floats, and 13 of integers, places and turns."""
    assert (_tile("f32", CORTEX_M4).rows, _tile("i32", CORTEX_M4).rows) == (16, 8)
    assert _tile("i32", SCALAR).rows == SCALAR.rows


def test_elements_that_have_no_vectors() -> None:
    assert _tile("f64", HELIUM).vector == () and _tile("f64", NEON).vector and _tile("f32", HELIUM).vector


@pytest.mark.parametrize("target", TARGETS.values(), ids=[*TARGETS])
def test_tiles_fit_registers(target: Target) -> None:
    """Running values, an operand for each column, and one more."""
    assert target.vectors or target.rows < target.registers
    for vectors in target.vectors:
        for rows, columns in vectors.shapes:
            assert rows * columns + (columns if rows > 1 else 0) < target.registers


def test_a_compiler_is_known_by_its_macros() -> None:
    assert known_by(["__x86_64__", "__SSE2__"]) is SSE2
    assert known_by(["__AVX__", "__AVX2__"]) is AVX2
    assert known_by(["__AVX__", "__AVX512F__"]) is AVX512
    assert known_by(["__AVX__", "__AVX512F__", "__AVX512VNNI__"]).name == "avx512-vnni"
    assert known_by(["__ARM_NEON", "__aarch64__"]) is NEON
    assert known_by(["__ARM_NEON", "__aarch64__", "__ARM_FEATURE_DOTPROD"]).name == "neon-dot"
    assert known_by(["__ARM_FEATURE_MVE"]) is HELIUM
    assert known_by(["__wasm__", "__wasm_simd128__"]) is WASM_SIMD128


def test_what_is_the_same_is_planned_once() -> None:
    """Plans for which the same is chosen are one object, and so are equal kernels of different plans."""
    plans = Plans((SSE2, NEON, AVX512_VNNI, AVX512))
    sse2, neon, vnni, avx512 = (each.work for each in plans.of(_product("f32")))
    assert vnni is avx512 and sse2 != neon != avx512
    again = plans.of(_product("f32"))[0]
    assert again.work is sse2
    (kernel,) = [kernel for name, kernel in sse2.kernels.items() if name == "tile"]
    (other,) = [kernel for name, kernel in plans.of(_product("f32", rows=54))[0].work.kernels.items() if name == "tile"]
    assert kernel is other


def test_rewrites_leave_what_they_do_not_change() -> None:
    work = plan(_product("f32"), SSE2).work
    outer = next(iter(work.main.loops))
    changed = change(work, outer, lambda loop: (replace(loop, name="again"),))
    assert changed.main.loops.keys() - work.main.loops.keys() == {"again"}
    assert work.kernels and all(changed.kernels[name] is kernel for name, kernel in work.kernels.items())
    tidier = Tidier()
    tidied = tidier.tidied(changed)
    assert all(tidier.tidied(tidied).kernels[name] is kernel for name, kernel in tidied.kernels.items())


def test_the_runtime_knows_what_versions_need() -> None:
    header = (CSUPPORT / "nest.h").read_text()
    assert len({row.mark for row in VERSIONS}) == len(VERSIONS)
    for row in VERSIONS[1:]:
        assert row.needs and f"#define VM_TARGET_{row.mark} " in header
    for need in {need for row in TARGETS.values() for need in row.needs}:
        assert re.search(rf"\b{need} = \d+[, ]", header), need


def test_a_target_that_there_is_not() -> None:
    with pytest.raises(UsageError, match=r"no target 'z80' \(choose one of sse2, "):
        _ = EmitOptions(target="z80").targets


def test_versions_are_those_of_one_family() -> None:
    assert EmitOptions(dispatch=True).targets == (SSE2, AVX2, AVX512)
    assert EmitOptions(target="avx2", dispatch=True).targets == (AVX2, AVX512)
    assert EmitOptions(target="neon", dispatch=True).targets == (NEON,)
    assert EmitOptions(target="neon", optimize="size").targets == ()


def test_the_bits_are_those_of_the_literal_loops() -> None:
    made = batch("targets", 0, 5)
    expected = answers(Literal(made.image(), made.conventions), made)
    for target in ("neon", "helium", "scalar"):
        raised = Raised(made.image(), made.conventions, 16, "none", target=target)
        assert answers(raised, made) == expected, target
        assert raised.counts()[1] > 0
