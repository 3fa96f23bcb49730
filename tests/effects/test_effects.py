"""What the analysis says of compiled programs, and of small ones made for one edge each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.modules import build_module, function, imported, ref
from transpile import container
from transpile.container.convention import Span, parse
from transpile.effects import lifted_effects
from transpile.imports import NATIVE, Native
from transpile.nested import nested_modules

DATA = Path(__file__).parent / "data"


def _uses(module: container.Module) -> dict[str, str]:
    effects = lifted_effects(module, nested_modules(module))
    return {e.name: effects.uses[e.ordinal] for e in module.exports if not e.name.startswith("__")}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("matmul_into", {"h": "005_0", "id": "4_0"}),
        ("accumulate", {"f": "05_00", "g": "05_0"}),
        ("keep", {"put": "2_", "get": "_1"}),
        ("insert", {"insert": "_0"}),
        ("two_devices", {"f": "000_0"}),
    ],
)
def test_compiled_programs(name: str, expected: dict[str, str]) -> None:
    assert _uses(container.load(DATA / f"{name}.vmfb")) == expected


def test_a_constant_is_written_where_a_command_says_so() -> None:
    module = container.load(DATA / "insert.vmfb")
    assert lifted_effects(module, nested_modules(module)).constants == {0}


HAL = Path(__file__).parents[1] / "hal" / "data"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("quantised", [(5, 0), (5, 1)]),
        ("storage", [(4, 0), (4, 0)]),  # one kernel, dispatched twice
        ("halve_variants", []),  # which executable is made depends on the device
        ("halve_inline", []),
    ],
)
def test_dispatches_whose_kernel_is_known(name: str, expected: list[tuple[int, int]]) -> None:
    module = container.load(HAL / f"{name}.vmfb")
    found = lifted_effects(module, nested_modules(module)).dispatches
    assert [tuple(found[place]) for place in sorted(found)] == expected


STORE = ("buffer.store.i32", ref(0), 0, 0)


@pytest.mark.parametrize(
    ("code", "convention", "expected"),
    [
        ([STORE, ("return", ())], "0r_v", "1_"),
        ([("return", (ref(0),))], "0r_r", "4_0"),
        ([("buffer.length", ref(0), 0), ("return", ())], "0r_v", "0_"),
        ([("global.store.ref", 0, 0, ref(0)), ("return", ())], "0r_v", "2_"),
        ([("global.store.indirect.ref", 0, 0, ref(0)), ("return", ())], "0r_v", "2_"),
        ([("global.load.ref", 0, 0, ref(0)), ("return", (ref(0),))], "0v_r", "_0"),
        ([("const.ref.rodata", 0, ref(0)), ("return", (ref(0),))], "0v_r", "_1"),
        ([("call", imported(0), (ref(0),), ()), ("return", ())], "0r_v", "3_"),
        ([("call", 0, (ref(0),), ()), ("return", ())], "0r_v", "1_"),
    ],
)  # fmt: skip
def test_instructions(code: list[tuple[object, ...]], convention: str, expected: str) -> None:
    callee = function("entry", STORE, ("return", ()), convention="0r_v")
    made = function("entry", *code, convention=convention, export="f")
    image = build_module(
        [callee, made], types=["!vm.buffer"], imports=[("host.take", "0r_v")], rodata=[b"1234"], global_refs=1
    )
    assert _uses(container.load(image)) == {"f": expected}


@pytest.mark.parametrize("row", NATIVE.values(), ids=lambda row: f"{row.name}-{row.convention}")
def test_every_import_says_what_it_does_with_each_argument(row: Native) -> None:
    arguments = parse(row.convention).arguments
    assert [len(item.elements) if isinstance(item, Span) else 0 for item in arguments] == [
        len(use) if isinstance(use, tuple) else 0 for use in row.uses
    ]
