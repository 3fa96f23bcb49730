"""The report as Markdown, for a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from compare.results import CaseResult, LegResult, Report
from compare.text import interval, ratio, seconds, size, verdict_text


def markdown(report: Report) -> str:
    """The whole report."""
    return "\n".join(_lines(report)) + "\n"


def page(report: Report, title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """One table, and the machine."""
    lines = [f"{title}:", "", *_table(headings, rows), *_machine(report)]
    return "\n".join(lines) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield from _headline(report)
    for case in report.cases:
        yield from _case(case)
    yield "<details><summary>Machine</summary>"
    yield ""
    yield from _machine(report)
    yield ""
    yield "</details>"


def _headline(report: Report) -> Iterator[str]:
    for case, leg in report.wrong:
        yield f"**WRONG** {case.name}, {_escaped(leg.name)}: {_escaped(leg.verdict.detail)}"
        yield ""
    for case, leg in report.regressions:
        yield f"**REGRESSION** {case.name}, {_escaped(leg.name)}: {change_text(leg)}"
        yield ""
    if report.baseline and not report.regressions:
        yield f"No regression against {_escaped(report.baseline)}."
        yield ""


def change_text(leg: LegResult) -> str:
    """How a leg's time has changed."""
    if leg.change is None:
        return "no longer runs, or its output is wrong"
    return f"{100 * (leg.change.median - 1):+.1f} %"


def _case(case: CaseResult) -> Iterator[str]:
    yield f"### {_escaped(case.name)}"
    yield ""
    yield f"`{case.call}`, speed relative to {case.base}"
    yield ""
    changed = any(leg.change or leg.regressed for leg in case.legs)
    headings = ["leg", "output", "time", "95 % interval", "speed vs base", "peak memory", "first result"]
    yield from _table([*headings, *(["change"] if changed else [])], (_leg_row(leg, changed) for leg in case.legs))
    if case.size:
        yield from _table(["bytes", *(build.level for build in case.builds)], _size_rows(case))


def _leg_row(leg: LegResult, changed: bool) -> list[str]:
    shown = leg.shown and leg.estimate is not None
    cells = [leg.name, verdict_text(leg.verdict)]
    cells += [seconds(leg.estimate.median), interval(leg.estimate)] if shown and leg.estimate else ["", ""]
    cells.append(ratio(leg.ratio) if shown and leg.ratio else "")
    cells.append(size(leg.facts.peak_bytes) if leg.facts.peak_bytes else "")
    cells.append(seconds(leg.facts.cold_seconds) if leg.facts.cold_seconds else "")
    return [*cells, *([change_text(leg) if leg.change or leg.regressed else ""] if changed else [])]


def _size_rows(case: CaseResult) -> Iterator[list[str]]:
    assert case.size is not None
    yield ["bytecode", *(f"{case.size.bytecode:,}" for _ in case.builds)]
    yield ["C", *(f"{build.c_bytes:,} ({build.c_lines:,} lines)" for build in case.builds)]
    yield [".text", *(f"{build.own.text:,} ({build.text_ratio:.2f}x)" for build in case.builds)]
    yield [".rodata without weights", *(f"{build.own.rodata:,}" for build in case.builds)]
    yield ["library with runtime", *(f"{build.linked:,}" for build in case.builds)]
    yield ["library without runtime", *(f"{build.linked_without_runtime:,}" for build in case.builds)]
    yield [".vmfb", *(f"{case.size.vmfb:,}" for _ in case.builds)]


def _machine(report: Report) -> Iterator[str]:
    machine = report.machine
    yield f"{machine.processor}, {machine.cores} cores, {size(machine.memory_bytes)}, {machine.system}"
    yield f"{machine.compiler}; {', '.join(f'{name} {version}' for name, version in machine.versions.items())}"
    yield f"{report.date}, {report.clock} time"
    yield from machine.warnings


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield f"|{'---|' * len(headings)}"
    for row in rows:
        yield f"| {' | '.join(map(_escaped, row))} |"
    yield ""


def _escaped(text: str) -> str:
    for character in "\\|<>*_`[]":
        text = text.replace(character, f"\\{character}")
    return text.replace("\n", " ")
