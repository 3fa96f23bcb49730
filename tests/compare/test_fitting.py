"""Tables in terminals of several widths: no line too long, nothing cut, and what is left out is said."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from compare.fitting import Fitting
from compare.report_terminal import print_report
from tests.compare import samples


def printed(what: object, width: int) -> str:
    out = Console(file=io.StringIO(), width=width, highlight=False)
    out.print(what)
    return out.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def table() -> Fitting:
    made = Fitting("a title", ["name", "first", "second", "third"], {"name"}, ["third", "first"])
    made.add(["something", "1" * 12, "2" * 12, "3" * 12])
    return made


@pytest.mark.parametrize(
    ("width", "shown", "missing"),
    [
        (80, ["first", "second", "third"], []),
        (50, ["first", "second"], ["third"]),
        (30, ["second"], ["first", "third"]),
    ],
)
def test_columns_are_left_out_in_their_order(width: int, shown: list[str], missing: list[str]) -> None:
    text = printed(table(), width)
    headings = next(line for line in text.splitlines() if "name" in line)
    assert [each.strip() for each in headings.strip("┃").split("┃")] == ["name", *shown]
    assert (f"not shown at this width: {', '.join(missing)}" in " ".join(text.split())) == bool(missing)


def test_the_last_columns_are_folded_and_nothing_is_cut() -> None:
    text = printed(table(), 16)
    assert "…" not in text
    assert "".join(text.split()).count("2") == 12
    assert max(map(len, text.splitlines())) <= 16


def test_columns_without_a_figure_are_no_columns() -> None:
    made = Fitting("", ["a", "b"], {"a"})
    made.add(["x", ""])
    text = printed(made, 80)
    assert "b" not in text
    assert "not shown" not in text


def test_markup_in_cells_is_text() -> None:
    made = Fitting("[red]", ["[bold]"], set())
    made.add(["[/x]"])
    text = printed(made, 80)
    assert all(each in text for each in ("[red]", "[bold]", "[/x]"))


def test_a_row_has_a_cell_for_each_heading() -> None:
    with pytest.raises(ValueError, match="1 cells for 2 headings"):
        Fitting("", ["a", "b"], set()).add(["x"])


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_reports_fit(width: int) -> None:
    noisy = samples.case()
    noisy.legs[0].noise.append("waited for the processor 30 % of the time")
    out = Console(file=io.StringIO(), width=width, highlight=False)
    print_report(samples.report(noisy, samples.case("another_program")), out)
    text = out.file.getvalue()  # type: ignore[attr-defined]
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    if width >= 80:  # each leg in one line
        assert all(f"│ {leg.name} " in text for leg in noisy.legs)
    words = " ".join(text.split())
    assert "noise in IREE interpreter: waited for the processor 30 % of the time" in words
    assert "WRONG: matmul, somebody: call 1, result 0: 1 of 4 elements differ" in words
