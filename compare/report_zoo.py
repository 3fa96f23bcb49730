"""The tables of `compare zoo`: one line a model, the means over them, and what costs most."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from compare import overview
from compare.costs import costs
from compare.fitting import Fitting
from compare.legs import NATIVE, ONNX
from compare.report_markdown import page
from compare.results import CaseResult, Report
from compare.stats import geometric_mean
from compare.text import seconds, three, verdict_text

_TITLE = "one thread: time of the C, ratios of times, machine code over bytecode"
HEADINGS = ("model", "output", "C", "C / ORT", "IREE / C", "speed", "size")
_ASKED = 1.3
"""The most of ONNX Runtime's time that a model is to take."""


@dataclass(frozen=True)
class Row:
    """A model's figures; None for what was not measured."""

    case: CaseResult
    time: float | None
    over_onnx: float | None
    """The C's time over ONNX Runtime's."""
    native_over: float | None
    """The time of IREE's native code over the C's."""
    code: dict[str, float]
    """Machine code over bytecode, by level."""


def rows(report: Report) -> list[Row]:
    """The models in the order of the report."""
    found = overview.table(report)
    return [_row(each, dict(zip(found.others, each.ratios, strict=True))) for each in found.rows]


def _row(row: overview.Row, speeds: dict[str, float | None]) -> Row:
    time = row.main.estimate.median if row.main and row.main.shown and row.main.estimate else None
    speed = speeds.get(ONNX)
    return Row(row.case, time, 1 / speed if speed else None, speeds.get(NATIVE), row.code)


def zoo_table(report: Report) -> Fitting:
    """One line a model that was compared."""
    table = Fitting(_TITLE, HEADINGS, {"model", "output"}, ["size", "speed", "output"])
    for row in rows(report):
        if row.case.legs:
            table.add(cells(row), "red" if row.case.wrong else "")
    return table


def zoo_markdown(report: Report) -> str:
    """The same and what is said below it, for a page or a pull request."""
    table = page(report, _TITLE, HEADINGS, (cells(row) for row in rows(report) if row.case.legs))
    return table + "\n" + "".join(f"* {line}\n" for line in summary(report))


def cells(row: Row) -> list[str]:
    """What stands below `HEADINGS`."""
    main = overview.fastest(row.case)
    output = "WRONG" if row.case.wrong else verdict_text(main.verdict) if main else "not compared"
    ratios = [f"{three(value)}x" if value else "" for value in (row.over_onnx, row.native_over)]
    code = [f"{row.code[level]:.2f}x" if level in row.code else "" for level in ("speed", "size")]
    return [row.case.name, output, seconds(row.time) if row.time else "", *ratios, *code]


def summary(report: Report) -> Iterator[str]:
    """Means, the worst, other forms of a model beside it, and what was refused."""
    found = rows(report)
    once = [row for row in found if not row.case.variant_of]
    over = {row.case.name: row.over_onnx for row in once if row.over_onnx}
    if over:
        worst = max(over, key=lambda name: over[name])
        above = sum(value > _ASKED for value in over.values())
        yield (
            f"C over ONNX Runtime: {_mean(over.values())}, {above} above {_ASKED}x, "
            f"at worst {three(over[worst])}x ({worst})"
        )
    native = {row.case.name: row.native_over for row in once if row.native_over}
    if native:
        worst = min(native, key=lambda name: native[name])
        yield f"llvm-cpu over C: {_mean(native.values())}, at worst {three(native[worst])}x ({worst})"
    for level in ("speed", "size"):
        code = [row.code[level] for row in once if level in row.code]
        if code:
            median = statistics.median(code)
            yield f"machine code over bytecode at {level}: {median:.2f}x in the median, at most {max(code):.2f}x"
    yield from _variants(found)
    yield from (f"{case.name}: {note}" for case in report.cases for note in case.notes)


def _mean(values: Collection[float]) -> str:
    return f"{three(geometric_mean(list(values)))}x in the geometric mean of {len(values)}"


def _variants(found: Sequence[Row]) -> Iterator[str]:
    times = {row.case.name: row.time for row in found}
    for row in found:
        usual = times.get(row.case.variant_of)
        if row.time and usual:
            yield f"{row.case.name} takes {three(row.time / usual)}x the time of {row.case.variant_of}"


def costs_table(report: Report, count: int = 12) -> Fitting:
    """What the time goes into, over all models."""
    table = Fitting("what the time goes into", ["share", "what", "most of it in"], {"what", "most of it in"})
    for cost in costs(report)[:count]:
        most = ", ".join(f"{name} {100 * share:.0f} %" for name, share in cost.programs[:3])
        table.add([f"{100 * cost.share:.1f} %", cost.what, most])
    return table
