"""What a reader sees first: a few numbers, one picture and one table of all programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from compare.charts import LogAxis, kind_of
from compare.results import CaseResult, LegResult, Report
from compare.stats import geometric_mean
from compare.text import ratio, seconds, three


@dataclass(frozen=True)
class Number:
    """One large number and what it says."""

    value: str
    meaning: str
    good: bool = True


@dataclass(frozen=True)
class Dot:
    """A leg of a program; where it is in per cent of the width."""

    kind: str
    at: float
    detail: str


@dataclass(frozen=True)
class Line:
    """A program and its legs."""

    index: int
    name: str
    dots: list[Dot]
    label: str
    """Of the leg that all is about."""


@dataclass(frozen=True)
class Picture:
    """All programs on one axis: how many times as fast as the base each leg is."""

    base: str
    lines: list[Line]
    ticks: list[tuple[float, str]]
    legend: list[tuple[str, str]]
    """Colour and name of each leg."""


def fastest(case: CaseResult) -> LegResult | None:
    """The leg that a comparison is about: the first that is generated C on one thread, an exact one if there is."""
    found = [leg for leg in case.legs if leg.name.startswith("C ") and leg.facts.threads == 1]
    return next((leg for leg in found if not leg.facts.relaxed), found[0] if found else None)


def numbers(report: Report) -> list[Number]:
    """Whether everything is right, how fast the C is, how large."""
    judged = [leg for case in report.cases for leg in case.legs if leg.exact and leg.verdict.state != "unavailable"]
    wrong = sum(leg.verdict.state == "wrong" for leg in judged)
    right = Number(
        f"{len(judged) - wrong} of {len(judged)}",
        "outputs that must equal the reference are equal, bit for bit",
        not wrong,
    )
    return [right, *_speed(report), *_small(report)]


def _speed(report: Report) -> Iterator[Number]:
    found = [leg.ratio.median for case in report.cases if (leg := fastest(case)) and leg.shown and leg.ratio]
    bases = {case.base for case in report.cases if case.base}
    if found and len(bases) == 1:
        name = next(leg.name for case in report.cases if (leg := fastest(case)))
        meaning = f"the speed of {bases.pop()}, with generated C ({name}); geometric mean of {len(found)} programs"
        yield Number(f"{three(geometric_mean(found))}x", meaning)


def _small(report: Report) -> Iterator[Number]:
    builds = [build for case in report.cases for build in case.builds if build.level == "size" and build.text_ratio > 0]
    if builds:
        mean = geometric_mean([build.text_ratio for build in builds])
        yield Number(f"{three(mean)}x", "the size of the bytecode, for machine code at --optimize=size; geometric mean")


def picture(report: Report) -> Picture | None:
    """The picture; None if nothing was timed, or if programs have different bases."""
    bases = {case.base for case in report.cases if case.base}
    shown = [leg.ratio.median for case in report.cases for leg in case.legs if leg.shown and leg.ratio]
    if len(bases) != 1 or not shown:
        return None
    axis = LogAxis.around([1.0, *shown])
    lines = [_line(index, case, axis) for index, case in enumerate(report.cases)]
    names = {leg.name: kind_of(leg.name, leg.exact) for case in report.cases for leg in case.legs if leg.shown}
    ticks = [(100 * axis.at(tick), f"{tick:,g}x") for tick in axis.ticks]
    return Picture(bases.pop(), lines, ticks, [(kind, name) for name, kind in names.items()])


def _line(index: int, case: CaseResult, axis: LogAxis) -> Line:
    main = fastest(case)
    dots = [
        Dot(kind_of(leg.name, leg.exact), 100 * axis.at(leg.ratio.median), _detail(leg))
        for leg in sorted(case.legs, key=lambda leg: leg is main)  # the main one is drawn last, on top
        if leg.shown and leg.ratio
    ]
    shown = main is not None and main.shown and main.ratio is not None
    label = f"{three(main.ratio.median)}x" if main and main.ratio and shown else "WRONG" if case.wrong else "not run"
    return Line(index, case.name, dots, label)


def _detail(leg: LegResult) -> str:
    assert leg.estimate is not None and leg.ratio is not None
    return f"{leg.name}: {seconds(leg.estimate.median)}, {ratio(leg.ratio)}"


@dataclass(frozen=True)
class Row:
    """A program; None where there is no figure."""

    case: CaseResult
    main: LegResult | None
    ratios: list[float | None]
    code: dict[str, float]
    """Machine code over bytecode, by level."""


@dataclass(frozen=True)
class Table:
    """One row a program: the C's time, and how many times as fast it is as each other leg."""

    others: list[str]
    rows: list[Row]


def table(report: Report) -> Table:
    """The table, with a column for each leg that is not generated C."""
    others = list(
        dict.fromkeys(leg.name for case in report.cases for leg in case.legs if not leg.name.startswith("C "))
    )
    return Table(others, [_row(case, others, report) for case in report.cases])


def _row(case: CaseResult, others: Sequence[str], report: Report) -> Row:
    main = fastest(case)
    ratios = [_times(main, case.leg(name), report) for name in others]
    return Row(case, main, ratios, {build.level: build.text_ratio for build in case.builds})


def _times(main: LegResult | None, other: LegResult | None, report: Report) -> float | None:
    if not (main and other and main.shown and other.shown and main.timing and other.timing):
        return None
    return main.timing.ratio_to(other.timing, report.clock).median
