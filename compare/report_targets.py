"""The tables of `compare targets`, one line a program with each figure beside what was promised, and `history`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple

from rich.table import Table
from rich.text import Text

from compare.history import Line
from compare.legs import IREE, NATIVE, ONNX
from compare.report_markdown import page
from compare.results import CaseResult, Report
from compare.targets import CODE, FAST, HAND, LIBRARY, PEAK, SMALL, TWO, Figure, Row
from compare.text import rate, seconds, three, verdict_text

_HEADINGS = {
    IREE: "IREE\ninterpreter",
    NATIVE: "IREE\nllvm-cpu",
    ONNX: "ONNX\nRuntime",
    HAND: "time over\nC by hand",
    TWO: "2 threads\nover 1",
    PEAK: "of the\npeak",
    CODE: "code / bytecode\nat speed",
    SMALL: "code / bytecode\nat size",
    LIBRARY: "to a\nlibrary",
}
_SHOWN: dict[str, Callable[[float], str]] = {PEAK: lambda value: f"{100 * value:.0f} %", LIBRARY: seconds}
"""Figures that are no ratio."""
_HISTORY = "ResNet-50, 1x3x224x224, then and now; processor time of one thread, wall time of two"
_THEN_AND_NOW = ["", "then", "now, 1 thread", "now, 2 threads"]


def targets_table(report: Report, rows: Sequence[Row]) -> Table:
    """All programs; a figure that was not measured is left blank, a column without any is left out."""
    table = Table(title=_title(report), title_justify="left")
    used = _used(rows)
    for heading in ("program", "output"):
        table.add_column(heading, no_wrap=heading == "program")
    for heading in ("time", *(_HEADINGS[name] for name in used)):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(*_cells(row, used))
    return table


def targets_markdown(report: Report, rows: Sequence[Row]) -> str:
    """The same, with the machine, for a page or a pull request."""
    used = _used(rows)
    headings = ["program", "output", "time", *(_HEADINGS[name].replace("\n", " ") for name in used)]
    cells = ([cell.plain for cell in _cells(row, used)] for row in rows)
    return page(report, _title(report), headings, cells)


def history_table(lines: Sequence[Line]) -> Table:
    """Then and now."""
    table = Table(title=_HISTORY, title_justify="left")
    for heading in _THEN_AND_NOW:
        table.add_column(heading, justify="right" if heading else "left")
    for line in lines:
        table.add_row(*astuple(line))
    return table


def history_markdown(report: Report, lines: Sequence[Line]) -> str:
    """The same, with the machine."""
    return page(report, _HISTORY, _THEN_AND_NOW, map(astuple, lines))


def _title(report: Report) -> str:
    peak = f", multiply-add peak {rate(report.peaks.flops, 'FLOP')}" if report.peaks else ""
    return f"Generated C (--optimize=speed): its speed relative to each of the others{peak}"


def _used(rows: Sequence[Row]) -> list[str]:
    return [name for name in _HEADINGS if any(name in row.figures for row in rows)]


def _cells(row: Row, used: Sequence[str]) -> list[Text]:
    figures = [_cell(name, row.figures[name]) if name in row.figures else Text() for name in used]
    return [Text(row.case.name), _output(row.case), Text(_time(row)), *figures]


def _output(case: CaseResult) -> Text:
    """What is to be said of the outputs of all exact legs together."""
    if case.wrong:
        return Text("; ".join(f"{leg.name} WRONG: {leg.verdict.detail}" for leg in case.wrong), "red")
    fast = case.leg(FAST)
    if fast is None or not fast.verdict.right:
        return Text(verdict_text(fast.verdict) if fast else "; ".join(case.notes), "red")
    own = f"{verdict_text(fast.verdict)}, {fast.verdict.calls} call{'s' * (fast.verdict.calls != 1)}"
    return Text(own if case.reference == IREE else f"{own}, against {case.reference}")


def _time(row: Row) -> str:
    fast = row.fast
    return seconds(fast.estimate.median) if fast and fast.shown and fast.estimate else ""


def _cell(name: str, figure: Figure) -> Text:
    """A figure, how it stands to what was promised, and what is aimed for while that is not reached."""
    show, goal = _SHOWN.get(name, _times), figure.goal
    text = show(figure.value) + "*" * figure.earlier
    if goal.limit is not None:
        sign = (">", "≤") if goal.at_most else ("<", "≥")
        text += f" {sign[figure.met]} {_plain(name, goal.limit)}"
    if goal.aim is not None and not goal.reached(figure.value):
        text += f"\naim {_plain(name, goal.aim)}"
    return Text(text, "red" if not figure.met else "green" if goal.reached(figure.value) else "")


def _times(value: float) -> str:
    return f"{three(value)}x"


def _plain(name: str, value: float) -> str:
    return f"{value:g} s" if name == LIBRARY else f"{value:,g}"
