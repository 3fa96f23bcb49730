"""The report on what is done with loops."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.nests.kernel import For, Kernel, Load, Store, Var, number, op
from tests.nests.known import loop
from tests.nests.suite import Case, Suite
from transpile import loader, pipeline
from transpile.cli import main
from transpile.columns import WIDTH
from transpile.explain import explain as explanations
from transpile.explanation import Explanation
from transpile.ir import Function
from transpile.nests.plan.target import row_of
from transpile.passes import Pass, optimise

MODULES = Path(__file__).parents[1] / "modules" / "v17"
Explain = Callable[..., Result]
I, J, K = (Var(name) for name in "ijk")  # noqa: E741


def _product(store: str, load: str) -> tuple[For, ...]:
    place = op("fma.i64", I, number(32), J)
    left = Load(1, load, op("fma.i64", I, number(20), K))
    right = Load(2, load, op("fma.i64", K, number(32), J))
    value = op(f"fma.{'f32' if load == 'f32' else 'i32'}", left, right, Load(0, store, place))
    return (loop("i", 24, loop("j", 32, loop("k", 20, Store(0, store.partition(".")[0], place, value)))),)


def _column() -> tuple[For, ...]:
    """A product whose right operand is transposed."""
    place = op("fma.i64", I, number(32), J)
    right = Load(2, "f32", op("fma.i64", J, number(20), K))
    value = op("fma.f32", Load(1, "f32", K), right, Load(0, "f32", place))
    return (loop("i", 24, loop("j", 32, loop("k", 20, Store(0, "f32", place, value)))),)


def _free() -> tuple[For, ...]:
    """Rows as long as the program says."""
    place = op("fma.i64", I, op("mul.i64", Var("n"), number(2)), J)
    return (loop("i", 4, loop("j", 8, Store(0, "f32", place, Load(1, "f32", op("fma.i64", J, Var("n"), I))))),)


def _two_stores() -> tuple[For, ...]:
    value = op("add.f32", Load(2, "f32", I), number(1, "f32"))
    return (loop("i", 40, Store(0, "f32", I, value), Store(1, "f32", I, Load(2, "f32", I))),)


def _row_sums() -> tuple[For, ...]:
    """Of exponentials, which have no vector form."""
    value = op("add.f32", Load(0, "f32", I), op("exp.f32", Load(1, "f32", op("fma.i64", I, number(500), K))))
    return (loop("i", 40, loop("k", 500, Store(0, "f32", I, value))),)


def _vector(between: int) -> tuple[For, ...]:
    """A matrix whose rows lie behind each other, times a vector; `between` the elements of a row."""
    right = Load(2, "f32", op("fma.i64", K, number(between), op("mul.i64", I, number(20))))
    value = op("fma.f32", Load(1, "f32", K), right, Load(0, "f32", I))
    return (loop("i", 40, loop("k", 20, Store(0, "f32", I, value))),)


def _side_by_side() -> tuple[For, ...]:
    fill = Store(0, "f32", J, number(0, "f32"))
    return (loop("i", 4, loop("j", 8, fill), loop("j", 8, fill)),)


@pytest.fixture
def explain(tmp_path: Path) -> Explain:
    bodies = {
        "product": _product("f32", "f32"),
        "bytes": _product("i16.s", "i8.s"),
        "column": _column(),
        "fill": (loop("i", 4, loop("j", 8, Store(0, "f32", op("fma.i64", I, number(8), J), number(1, "f32")))),),
        "sides": _side_by_side(),
        "free": _free(),
        "two": _two_stores(),
        "rows": _row_sums(),
        "vector": _vector(1),
        "every second": _vector(2),
    }
    made = Suite("m", [Case(Kernel(name, 3, ("n",), body), ()) for name, body in bodies.items()])
    path = tmp_path / "m.vmfb"
    path.write_bytes(made.image())
    return lambda *arguments: CliRunner().invoke(main, ["explain", str(path), "--vector-bytes=64", *arguments])


def function(result: Result, index: int) -> list[str]:
    """What is said of one function, with what is wrapped in one line again."""
    assert result.exit_code == 0, result.output
    parts = result.output.split("\n\n")
    part = next(part for part in parts if f"(function {index} of m)" in part)
    return re.sub(r"\n {14,}", " ", part).splitlines()[1:]


def test_tile(explain: Explain) -> None:
    lines = function(explain(), 4)
    assert lines[0].endswith(": tile")
    assert "    domain:   i < 24, j < 32, k < 20 (reduction)" in lines
    assert "    store:    f32 buffer argument 0 [32 i + j], strides: i 32, j 1" in lines
    assert "    load:     f32 buffer argument 2 [32 k + j], strides: j 1, k 32" in lines
    assert any(line.startswith("    done:     tile: ") and "16 of j in registers" in line for line in lines)
    assert "    guard:    3 accesses in bounds, the store apart from 2 loads" in lines


def test_strip_says_why_there_is_no_tile(explain: Explain) -> None:
    lines = function(explain(), 6)
    assert lines[0].endswith(": strip")
    assert "    not done: no register tile: i16 has no vector form here" in lines


def test_scalars_say_why_there_are_no_vectors(explain: Explain) -> None:
    lines = function(explain(), 20)
    assert lines[0].endswith(": tile")
    assert any(line.startswith("    done:     transposed in registers: buffer argument 2") for line in lines)
    lines = function(explain(), 22)
    assert lines[0].endswith(": tile")
    assert "    not done: no vectors: elements of an operand are apart along the parallel loop" in lines


def test_packed_operand(explain: Explain) -> None:
    assert any(
        line.startswith("    done:     packed: buffer argument 2, because its stride along j is 20")
        for line in function(explain(), 8)
    )


def test_merged_loops(explain: Explain) -> None:
    lines = function(explain(), 10)
    assert lines[0].endswith(": map")
    assert "    done:     i and j merged into one loop of 32" in lines


def test_strides_that_are_values(explain: Explain) -> None:
    lines = function(explain(), 14)
    assert lines[0].endswith(": map")
    assert "    store:    f32 buffer argument 0 [2 i argument 3 + j], strides: i 2 argument 3, j 1" in lines
    assert "    load:     f32 buffer argument 1 [argument 3 j + i], strides: i 1, j argument 3" in lines


def test_two_stores(explain: Explain) -> None:
    lines = function(explain(), 16)
    assert lines[0].endswith(": map")
    assert [line.split()[0] for line in lines].count("store:") == 2
    assert "    guard:    4 accesses in bounds, 2 stores apart from each other, the stores apart from 2 loads" in lines


def test_packed_operand_of_a_strip(explain: Explain) -> None:
    lines = function(explain(), 18)
    assert lines[0].endswith(": strip")
    why = "its stride along i is 500, 384 turns of the outermost reduction loop at a time"
    assert f"    done:     packed: buffer argument 1, because {why}" in lines


def test_refused_loops_and_those_inside(explain: Explain) -> None:
    lines = function(explain(), 12)
    assert lines[0].endswith(": literal")
    assert lines[1] == "    why:      two loops side by side"
    assert [line.partition(":")[2] for line in lines if line.startswith("    loop")] == [" map", " map"]


def test_summary(explain: Explain) -> None:
    last = explain().output.splitlines()[-1]
    assert last.endswith("vectors of 64 bytes: 4 tile, 5 map, 2 strip, 11 literal")


def test_plain_outside_of_a_terminal(explain: Explain) -> None:
    assert "\x1b" not in explain().output


def test_lines_fit_a_terminal_and_are_cut_between_words(explain: Explain) -> None:
    narrow = explain().output
    assert max(map(len, narrow.splitlines())) <= WIDTH < max(map(len, re.sub(r"\n {14,}", " ", narrow).splitlines()))
    module = loader.read(MODULES / "matmul_vmvx.vmfb")
    shown = str(Explanation(tuple(explanations(module, row_of("avx2")))))
    assert max(map(len, shown.splitlines())) <= WIDTH


def test_one_function(explain: Explain) -> None:
    result = explain("--function=fn_4")
    assert result.exit_code == 0
    assert result.output.count("(function ") == 1


def test_only_the_wanted_function_is_lowered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told of it is the same, of kernels in nested modules too."""
    module, target = loader.read(MODULES / "matmul_vmvx.vmfb"), row_of("avx2")
    told = {item.function: item for item in explanations(module, target, ir=True)}
    optimised: list[str] = []

    def noted(fn: Function, after: Callable[[Pass, Function], None]) -> None:
        optimised.append(fn.name)
        optimise(fn, after)

    monkeypatch.setattr(pipeline, "optimise", noted)
    for name, item in told.items():
        assert list(explanations(module, target, name, ir=True)) == [item]
    assert optimised == list(told)


def test_unknown_function(explain: Explain) -> None:
    result = explain("--function=nowhere")
    assert (result.exit_code, result.output) == (2, "error: there is no function 'nowhere'\n")


def test_ir_before_and_behind_each_pass(explain: Explain) -> None:
    output = explain("--function=fn_4", "--dump-ir").output
    assert output.index("; lifted") < output.index("pass cfg") < output.index("pass words") < output.index("pass spans")
    assert "buffer.span" not in output[: output.index("pass ownership")]
    assert "buffer.span" in output[output.index("pass spans") :]


def test_kernels_of_nested_modules() -> None:
    result = CliRunner().invoke(main, ["explain", str(MODULES / "matmul_vmvx.vmfb"), "--vector-bytes=16", "--dump-ir"])
    assert result.exit_code == 0, result.output
    assert "store:    f32 binding 2 [16 i + j]" in result.output
    assert "; kernels as functions over spans" in result.output


def test_source_locations() -> None:
    result = CliRunner().invoke(main, ["explain", str(MODULES / "softmax.vmfb"), "--vector-bytes=32"])
    assert "(src/softmax.mlir:12:10)" in result.output
