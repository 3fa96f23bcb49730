"""What notebooks and `help` show of a program and its functions."""

from __future__ import annotations

import pydoc
from html.parser import HTMLParser

import numpy as np
import pytest

import transpile
from tests.hal.support import DATA
from tests.packaging.document import ROOT
from tests.program.test_direct import DIGITS
from tests.support.modules import build_module, function
from transpile.program import Program

MATMUL = ROOT / "examples" / "matmul" / "matmul.vmfb"
HOSTILE = "<script>alert(1)</script>&\"'\x1b[2J"


class Page(HTMLParser):
    """Cells of tables, row by row, and the elements there are; complains of those that are not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.names: set[str] = set()
        self._open: list[str] = []
        self.feed(text)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.names.add(tag)
        if tag != "br":
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data


def test_a_table_of_functions() -> None:
    program = transpile.load(DATA / "tensors.vmfb", engine="interpreter")
    page = Page(program._repr_html_())
    assert page.rows[0] == ["Function", "Takes", "Returns"]
    assert [row[0] for row in page.rows[1:]] == list(program.functions)
    assert ["splat", "input0 int64input1 float32", "output0 float32[?]"] in page.rows


@pytest.mark.parametrize("engine", ["c", "interpreter"])
def test_sizes(engine: str) -> None:
    program = transpile.load(DIGITS[0], engine=engine, optimize="none")  # type: ignore[arg-type]
    sizes = program.library.sizes()
    weights = 4 * (64 * 48 + 48 + 48 * 10 + 10)
    assert weights <= sizes["constants"] < weights + 2000 and ("library" in sizes) == (engine == "c")
    assert "constants: 14 kB" in program._repr_html_() and "Constants: 14 kB" in str(program.__doc__)


def test_a_table_of_one_function() -> None:
    classify = transpile.load(DIGITS[0], engine="interpreter").classify
    rows = [["", "Name", "Type"], ["takes", "input0", "float32[1, 64]"], ["returns", "output0", "float32[1, 10]"]]
    assert Page(classify._repr_html_()).rows == rows
    classify(np.zeros((1, 64), np.float32))  # gets a class of its own
    assert Page(classify._repr_html_()).rows == rows


def test_an_explanation_is_a_text_and_tables() -> None:
    found = transpile.explain(MATMUL, processor="sse2")
    lines = [line.strip() for line in str(found).splitlines()]
    assert lines[0] == "@mm of module" and "loop at 0x166 (matmul/matmul.mlir:6:8): tile" in lines
    page = Page(found._repr_html_())
    assert ["domain", "i < 64, j < 64, k < 64 (reduction)"] in page.rows and "details" in page.names
    assert len(page.rows) == sum(len(loop.lines) for loop in found.functions[0].loops)


def test_a_function_without_loops_is_said_to_have_none() -> None:
    code = [function("entry", ("return", (0,)), convention="0i_i", export=HOSTILE)]
    found = transpile.explain(build_module(code, name=HOSTILE), processor="sse2")
    assert "script" not in Page(found._repr_html_()).names and "It has no loops." in found._repr_html_()
    assert "\x1b" not in str(found) + found._repr_html_()


def test_nothing_of_a_module_is_markup() -> None:
    code = [function("entry", ("return", (0,)), convention="0i_i", export=HOSTILE)]
    program = transpile.load(build_module(code, name=HOSTILE), engine="interpreter")
    for text in (program._repr_html_(), program[HOSTILE]._repr_html_()):
        page = Page(text)
        assert page.names <= {"p", "b", "br", "code", "table", "thead", "tbody", "tr", "th", "td"}
        assert "alert(1)" in text and "<script" not in text
    assert "\x1b" not in str(program.__doc__) and "\\x1b" in str(program.__doc__)


def test_help(program: Program) -> None:
    text = pydoc.render_doc(program, renderer=pydoc.plaintext)
    assert "An instance of module 'handmade'." in text
    assert (
        "square(x: float32[?]) -> y: float32[?]" in text and "add(arg0: int32, arg1: int32) -> result0: int32" in text
    )
    assert "__getattr__" not in text
    square = pydoc.render_doc(program.square, renderer=pydoc.plaintext)
    assert "squares x" in square and "_general" not in square
    program.square([1])
    assert pydoc.render_doc(program.square, renderer=pydoc.plaintext) == square
