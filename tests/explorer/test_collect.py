"""What the page shows is what was done: links, rewrites, shares, dispatches."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.host.frames import MODULES as MODULES_WITH_LARGE_FRAMES
from transpile.emit import EmitOptions, emit
from transpile.explorer import collect
from transpile.explorer.data import Code, Page
from transpile.explorer.rewrites import history
from transpile.loader import read
from transpile.nests.loops.text import format_work
from transpile.nests.plan.target import SSE2
from transpile.pipeline import lower

ROOT = Path(__file__).parents[2]
MODULES = (
    "examples/matmul/matmul.vmfb",
    "examples/digits/digits_vmvx.vmfb",
    "examples/wordcount/wordcount.vmfb",
    "tests/modules/v17/softmax.vmfb",
    "tests/modules/v17/vm_control_flow.vmfb",
    "tests/hal/data/quantised.vmfb",
)


@functools.cache
def page(path: str) -> Page:
    return collect(read(ROOT / path), SSE2, title=Path(path).name, passes=True)


def product() -> Code:
    return page(MODULES[0]).codes["f0_0"]


def belongs(code: Code, c: str) -> list[str]:
    """The instructions that the one line of C with this in it was made from."""
    (line,) = (number for number, text in enumerate(code.c.lines) if c in text)
    return [code.listing[number].split("  ", 1)[1].strip() for number in code.c.links[line]]


def test_a_line_of_c_knows_all_instructions_that_are_in_it() -> None:
    assert belongs(product(), "vm_buffer_load_f32(vm, buf1") == [
        "%i20:21 = add.i64 %i12:13, %i18:19",
        "%i22 = buffer.load.f32 %r4, %i20:21",
    ]


def test_the_head_of_a_loop_knows_its_test_and_its_step() -> None:
    assert belongs(product(), "for (int64_t k = 0; k < 64; k++)") == [
        "^000001C6:",
        "%i20 = cmp.lt.i64.s %i18:19, %i8:9",
        "cond_br %i20, ^000001DE, (), ^00000228, ()",
        "%i18:19 = add.i64 %i18:19, %i2:3",
    ]


def test_lines_that_were_made_from_nothing_say_so() -> None:
    code = product()
    assert [code.c.links[code.c.lines.index(line)] for line in ("  vm_ref ref0 = NULL;", "fail:", "}")] == [[], [], []]


def test_a_function_whose_values_are_held_elsewhere_is_linked_too() -> None:
    """Its C has a structure before it."""
    code = collect(read(MODULES_WITH_LARGE_FRAMES["live"]), SSE2, title="live").codes["f0_0"]
    assert code.c.lines[0] == "/* Too large for the C stack. */"
    (line,) = (number for number, text in enumerate(code.c.lines) if "VM_TRY(vmc_" in text)
    assert [code.listing[number].split()[3] for number in code.c.links[line]] == ["sub.i32", "call"]


@pytest.mark.parametrize("path", MODULES)
def test_everything_that_is_referred_to_is_there(path: str) -> None:
    whole = page(path)
    for code in whole.codes.values():
        last = len(code.listing)
        assert len(code.places) == last
        for text in (code.c, code.ir):
            assert len(text.lines) == len(text.links)
            assert all(0 <= line < last for line in referred(text.links))
        for loop in code.loops:
            assert loop.history is None or loop.history < len(whole.histories)
            assert set(loop.nests) <= set(whole.nests)
            assert all(0 <= first <= end < last for first, end in loop.extent)
            assert any(first <= loop.line <= end for first, end in loop.extent)
        assert all(call.target is None or call.target in whole.codes for call in code.calls)


def referred(links: list[list[int]]) -> Iterator[int]:
    for each in links:
        yield from each


@pytest.mark.parametrize("path", MODULES)
def test_the_c_is_what_is_compiled(path: str) -> None:
    text = "\n".join(str(each) for each in emit(read(ROOT / path), EmitOptions()).files.values())
    whole = page(path)
    assert all("\n".join(code.c.lines) in text for code in whole.codes.values())
    assert all("\n".join(nest.lines) in text for nest in whole.nests.values())


@pytest.mark.parametrize("path", MODULES)
def test_shares_of_the_c_are_of_one_whole(path: str) -> None:
    whole = page(path)
    functions = sum(len("\n".join(code.c.lines).encode()) for code in whole.codes.values())
    nests = sum(len("\n".join(nest.lines).encode()) for nest in whole.nests.values())
    assert sum(row.c for row in whole.rows) == pytest.approx(functions + nests, abs=10 * len(whole.rows))


def test_rewrites_lead_from_the_literal_loops_to_what_is_run() -> None:
    lowered = lower(read(ROOT / MODULES[0]), (SSE2,))
    works = {format_work(raised.plans[0].work) for raised in lowered.loops[0].raised.values()}
    whole = page(MODULES[0])
    ends = set()
    for told in whole.histories:
        lines = told.lines
        for edit in told.edits:
            lines = [*lines[: edit.first], *edit.lines, *lines[edit.first + edit.removed :]]
        ends.add("\n".join(lines) + "\n")
    assert ends == works


def test_an_edit_is_as_short_as_it_can_be_at_both_ends() -> None:
    longer = ["a", "b", "b", "b", "c"]
    edit, nothing = history(["a", "b", "b", "c"], [("more", longer), ("same", longer)]).edits
    assert (edit.first, edit.removed, edit.lines) == (3, 0, ["b"])
    assert (nothing.removed, nothing.lines) == (0, [])


def test_names_in_the_lines_of_a_nest_are_the_loops_instructions() -> None:
    whole = page(MODULES[0])
    code = whole.codes["f0_0"]
    (loop,) = (loop for loop in code.loops if loop.kind == "tile")
    seen = set()
    for nest in (whole.nests[symbol] for symbol in loop.nests):
        for line, links in zip(nest.lines, nest.links, strict=True):
            names = [nest.names[link] for link in links]
            found = {code.listing[number].split()[3] for name in names for number in loop.named.get(name, ())}
            if line.lstrip().startswith("const vm_f32x4 x") and "in2" in line:
                assert found == {"buffer.load.f32"}
                seen.add("load")
            if line.lstrip().startswith("acc0_0 = x"):
                assert found == {"fma.f32"}
                seen.add("fma")
    assert seen == {"load", "fma"}


def test_dispatches_name_their_kernels() -> None:
    whole = page(MODULES[1])
    names = {row.key: row.name for row in whole.rows}
    dispatches = [call for code in whole.codes.values() for call in code.calls if call.kind == "dispatch"]
    assert [names[call.target or ""] for call in dispatches] == [call.name for call in dispatches]
    assert {row.runs for row in whole.rows if row.module == 1} == {1}


def test_what_is_not_known_is_not_made_up() -> None:
    assert page(MODULES[0]).seconds is None and page(MODULES[0]).memory is None


def test_only_sources_that_were_given_are_shown() -> None:
    module = read(ROOT / MODULES[0])
    assert page(MODULES[0]).sources == {}
    given = {"/elsewhere/matmul.mlir": "// here", "other.mlir": "// not of this module"}
    assert collect(module, SSE2, title="x", sources=given).sources == {"matmul/matmul.mlir": ["// here"]}
