"""What a reader sees first: a few numbers, one picture and one table of all programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from compare.charts import LogAxis, kind_of
from compare.results import CaseResult, LegResult, Report
from compare.size import BuildSize
from compare.stats import geometric_mean
from compare.text import ratio, seconds, size, the, three, verdict_text

_APART = 5.0
"""Per cent of the width at which two dots are beside each other on a phone."""


@dataclass(frozen=True)
class Number:
    """One large number, the question that it answers, and what it says."""

    question: str
    value: str
    meaning: str
    good: bool = True


@dataclass(frozen=True)
class Dot:
    """A leg of a program; where it is in per cent of the width."""

    kind: str
    at: float
    detail: str
    lane: int
    """Dots that would cover each other are below each other."""


@dataclass(frozen=True)
class Line:
    """A program and its legs."""

    index: int
    name: str
    dots: list[Dot]
    lanes: int
    label: str
    """Of the leg that all is about."""
    about: str = ""
    """What the program is, and how large."""
    facts: tuple[str, ...] = ()
    """How exact the C is, and how large its machine code."""


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


def headline(report: Report) -> str:
    """The one sentence that a reader takes along."""
    found = _speeds(report)
    if not found or report.wrong:
        return "Generated C and its bytecode, compared"
    mean = three(geometric_mean([speed for _, speed in found]))
    programs = found[0][0] if len(found) == 1 else f"{len(found)} programs"
    return f"Generated C runs {programs} at {mean} times the speed of {the(_base(report))}"


def numbers(report: Report) -> list[Number]:
    """How fast the C is, whether everything is right, how large it is, and where that was measured."""
    return [*_speed(report), _exact(report), *_small(report), _place(report)]


def _base(report: Report) -> str:
    """What all programs are compared with; "" if that differs."""
    bases = {case.base for case in report.cases if case.base}
    return bases.pop() if len(bases) == 1 else ""


def _speeds(report: Report) -> list[tuple[str, float]]:
    """The speed of each program's C relative to the base, slowest first."""
    found = [
        (case.name, leg.ratio.median)
        for case in report.cases
        if (leg := fastest(case)) and leg.shown and leg.ratio and _base(report) and not case.variant_of
    ]
    return sorted(found, key=lambda pair: pair[1])


def _speed(report: Report) -> Iterator[Number]:
    found = _speeds(report)
    if not found:
        return
    (slow, low), (fast, high) = found[0], found[-1]
    meaning = f"the speed of {the(_base(report))}"
    if len(found) > 1:
        meaning += f", geometric mean; from {three(low)}x ({slow}) to {three(high)}x ({fast})"
    yield Number("How fast", f"{three(geometric_mean([speed for _, speed in found]))}x", meaning)


def _exact(report: Report) -> Number:
    judged = [leg for case in report.cases for leg in case.legs if leg.exact and leg.verdict.state != "unavailable"]
    wrong = sum(leg.verdict.state == "wrong" for leg in judged)
    meaning = "outputs that must equal the reference are equal, bit for bit"
    return Number("How exact", f"{len(judged) - wrong} of {len(judged)}", meaning, not wrong)


def _small(report: Report) -> Iterator[Number]:
    ratios = {
        level: geometric_mean(found)
        for level in ("size", "speed")
        if (found := [build.text_ratio for build in _builds(report, level) if build.text_ratio > 0])
    }
    if "size" in ratios:
        meaning = "the size of the bytecode: machine code optimised for size, geometric mean"
        meaning += f"; {three(ratios['speed'])}x if for speed" if "speed" in ratios else ""
        yield Number("How large", f"{three(ratios['size'])}x", meaning)


def _builds(report: Report, level: str) -> Iterator[BuildSize]:
    return (build for case in report.cases for build in case.builds if build.level == level)


def _place(report: Report) -> Number:
    machine, count = report.machine, len(report.cases)
    threads = {leg.facts.threads for case in report.cases for leg in case.legs} or {1}
    width = "one thread" if threads == {1} else f"up to {max(threads)} threads"
    meaning = f"on {machine.processor}, {width}, {machine.compiler}"
    return Number("On what", "1 program" if count == 1 else f"{count} programs", meaning)


def picture(report: Report) -> Picture | None:
    """The picture; None if nothing was timed, or if programs have different bases."""
    base = _base(report)
    shown = [leg.ratio.median for case in report.cases for leg in _drawn(case) if leg.ratio]
    if not base or not shown:
        return None
    axis = LogAxis.around([1.0, *shown])
    lines = [_line(index, case, axis) for index, case in enumerate(report.cases)]
    names = {leg.name: kind_of(leg.name, leg.exact) for case in report.cases for leg in _drawn(case)}
    return Picture(base, lines, axis.labels("x"), [(kind, name) for name, kind in names.items()])


def _drawn(case: CaseResult) -> list[LegResult]:
    """What was timed, but not an interpreter that is only there for its bits: it is too slow to be on one scale."""
    return [leg for leg in case.legs if leg.shown and (leg.name != case.reference or case.reference == case.base)]


def _line(index: int, case: CaseResult, axis: LogAxis) -> Line:
    main = fastest(case)
    dots = list(_dots(sorted(_drawn(case), key=lambda leg: leg is not main), axis))
    shown = main is not None and main.shown and main.ratio is not None
    label = f"{three(main.ratio.median)}x" if main and main.ratio and shown else "WRONG" if case.wrong else "not run"
    lanes = max((dot.lane for dot in dots), default=0) + 1
    return Line(index, case.name, dots, lanes, label, _about(case), tuple(_facts(case, main)) if case.about else ())


def _about(case: CaseResult) -> str:
    return f"{case.about}, {size(case.size.vmfb)}" if case.about and case.size else case.about


def _facts(case: CaseResult, main: LegResult | None) -> Iterator[str]:
    if main is not None and main.verdict.right:
        yield verdict_text(main.verdict)
    code = [f"{build.text_ratio:.2f}x" for build in case.builds]
    if code:
        yield f"code {' and '.join(code)}"


def _dots(legs: Iterable[LegResult], axis: LogAxis) -> Iterator[Dot]:
    """Each in the first lane in which nothing is near it."""
    lanes: list[list[float]] = []
    for leg in legs:
        if leg.ratio:
            at = 100 * axis.at(leg.ratio.median)
            free = (n for n, lane in enumerate(lanes) if all(abs(at - other) >= _APART for other in lane))
            lane = next(free, len(lanes))
            lanes += [[]] if lane == len(lanes) else []
            lanes[lane].append(at)
            yield Dot(kind_of(leg.name, leg.exact), at, _detail(leg), lane)


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
