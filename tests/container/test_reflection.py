"""Reflection declarations, in the forms compilers write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.work import steps
from transpile.container import Declaration, Parameter, load, parse_declaration

from .samples import INLINE


def test_real_declarations() -> None:
    module = load(INLINE)
    found = {
        export.name: parse_declaration(signature.attrs["iree.abi.declaration"])
        for export in module.exports
        if (signature := module.signatures[export.ordinal]) and signature.attrs
    }
    square = "tensor<64x64xf32>"
    rows = "tensor<?x4xf32>"
    assert found == {
        "mm": Declaration(
            False, "mm", (Parameter("input0", square), Parameter("input1", square)), (Parameter("output0", square),)
        ),
        "scale": Declaration(
            False,
            "scale",
            (
                Parameter("input0", rows),
                Parameter("input1", "i32"),
                Parameter("input2", "index"),
                Parameter("factor", "f32"),
                Parameter("input4", rows, "iree.abi.output = 0 : index"),
            ),
            (Parameter("output0", rows), Parameter("output1", "i32")),
        ),
    }


@pytest.mark.parametrize(
    ("text", "name", "arguments", "results"),
    [
        ("sync func @none() -> ()", "none", [], []),
        ("async func @f(%input0: !hal.buffer_view) -> ()", "f", [("input0", "!hal.buffer_view", "")], []),
        (
            "sync func @we ird(x)(%input0: vector<4xf32>) -> (%output0: tensor<complex<f32>>)",
            "we ird(x)",
            [("input0", "vector<4xf32>", "")],
            [("output0", "tensor<complex<f32>>", "")],
        ),
        (
            'sync func @enc(%a: tensor<4xf32> {foo.bar = "x, ) -> {", e = tensor<2x2xf32>}) -> (%b: i1 {s = [1, 2]})',
            "enc",
            [("a", "tensor<4xf32>", 'foo.bar = "x, ) -> {", e = tensor<2x2xf32>')],
            [("b", "i1", "s = [1, 2]")],
        ),
        (
            "sync func @m(%a: tensor<4x4xf32, affine_map<(d0, d1) -> (d1, d0)>>, %b: (i32, f32) -> i1) -> ()",
            "m",
            [("a", "tensor<4x4xf32, affine_map<(d0, d1) -> (d1, d0)>>", ""), ("b", "(i32, f32) -> i1", "")],
            [],
        ),
        ('sync func @q(%a: i32 {k = "\\") -> ("}) -> ()', "q", [("a", "i32", 'k = "\\") -> ("')], []),
        ("sync func @module.f$async() -> (%output0: f32)", "module.f$async", [], [("output0", "f32", "")]),
    ],
)
def test_forms(
    text: str, name: str, arguments: list[tuple[str, str, str]], results: list[tuple[str, str, str]]
) -> None:
    assert parse_declaration(text) == Declaration(
        text.startswith("async"),
        name,
        tuple(Parameter(*a) for a in arguments),
        tuple(Parameter(*r) for r in results),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "func @f() -> ()",
        "sync func f() -> ()",
        "sync func @f()",
        "sync func @f() -> (",
        "sync func @f() -> () ",
        "sync func @f() -> i32",
        "sync func @f(%a: i32 -> ()",
        "sync func @f(%a: tensor<4xf32) -> ()",
        "sync func @f(%a: i32, ) -> ()",
        "sync func @f(%a) -> ()",
        'sync func @f(%a: i32 {k = "}) -> ()',
        "sync func @f(i32) -> ()",
    ],
)
def test_other_text_is_none(text: str) -> None:
    assert parse_declaration(text) is None


@given(st.text(alphabet='%a: (){}<>[]-,"\\', max_size=40))
def test_any_text_is_a_declaration_or_none(body: str) -> None:
    found = parse_declaration(f"sync func @f({body}) -> ()")
    assert found is None or not found.is_async


@pytest.mark.parametrize("unit", ["(%", "(%a: i", "(%a: {", "(%a: <(", "()"])
def test_hostile_text_takes_linear_time(unit: str) -> None:
    half, whole = (f"sync func @{unit * (length // len(unit))}" for length in (30_000, 60_000))
    assert parse_declaration(whole) is None
    assert steps(lambda: parse_declaration(whole)) < 2.01 * steps(lambda: parse_declaration(half)) + 100


def test_text_that_is_too_long_is_not_looked_at() -> None:
    text = "sync func @f() -> ()" * 100_000
    assert parse_declaration(text) is None
    assert steps(lambda: parse_declaration(text)) < 10
