"""Lines that know what they were made from keep it on their way into a function."""

from __future__ import annotations

from transpile.c.render import placed, render
from transpile.emit.lines import Line, marked, sources
from transpile.emit.statements import indent

HELD = {"symbol": "f", "members": ["int32_t n0;", "vm_ref ref0;"], "linkage": "", "parameters": [], "names": [],
        "room": "1", "index": 0}  # fmt: skip


def test_what_is_inside_knows_better() -> None:
    lines = list(marked(["for (;;) {", Line("x++;", (7,)), "}"], (1, 2)))
    assert sources(lines) == {0: (1, 2), 1: (7,), 2: (1, 2)}


def test_indentation_forgets_nothing() -> None:
    lines = list(indent([Line("if (x) {", (1,)), Line("y();", (2,)), "}"], 1))
    assert lines == ["  if (x) {", "    y();", "  }"] and sources(lines) == {0: (1,), 1: (2,)}


def test_lines_are_found_where_a_template_puts_them() -> None:
    """However much stands before them; the text is what it would be without asking."""
    body = ["first", "second"]
    text, at = placed("c/held.c.j2", "function", body, **HELD)
    assert text == render("c/held.c.j2", function=body, **HELD)
    assert text.split("\n")[at : at + 2] == body
    longer = HELD | {"members": ["int32_t n0;"] * 9}
    assert placed("c/held.c.j2", "function", body, **longer)[1] == at + 7
