"""Where the marks of the pictures go: everything a template needs, in per cent or in the picture's own units."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from compare.labels import Label, place
from compare.peaks import Peaks
from compare.results import CaseResult, LegResult, Report
from compare.text import rate, ratio, seconds, three, verdict_text


@dataclass(frozen=True)
class LogAxis:
    """A logarithmic axis from 0 to 1 between whole decades."""

    low: float
    high: float

    @classmethod
    def around(cls, values: Iterable[float]) -> LogAxis:
        """The decades that hold all values."""
        found = [value for value in values if value > 0]
        low, high = math.floor(math.log10(min(found))), math.ceil(math.log10(max(found)))
        return cls(low, high if high > low else low + 1)

    def at(self, value: float) -> float:
        """Where a value is."""
        return min(1.0, max(0.0, (math.log10(value) - self.low) / (self.high - self.low)))

    @property
    def ticks(self) -> list[float]:
        """The decades."""
        return [10.0**power for power in range(int(self.low), int(self.high) + 1)]


@dataclass(frozen=True)
class Bar:
    """A leg's bar; it begins at the base, to the right for a faster leg. Percentages of the width."""

    name: str
    kind: str
    label: str
    detail: str
    left: float = 0.0
    width: float = 0.0
    low: float = 0.0
    high: float = 0.0
    wrong: bool = False
    shown: bool = False
    certain: bool = False
    """Whether there is an interval."""


@dataclass(frozen=True)
class Bars:
    """Ratios of the legs of one case to its base."""

    rows: list[Bar]
    ticks: list[tuple[float, str]]


def bars(case: CaseResult) -> Bars:
    """The picture of a case."""
    ratios = [leg.ratio for leg in case.legs if leg.shown and leg.ratio]
    bounds = [bound for found in ratios for bound in (found.low, found.high)]
    axis = LogAxis.around([1.0, *bounds])
    ticks = [(100 * axis.at(tick), f"{tick:,g}x") for tick in axis.ticks]
    return Bars([_bar(leg, axis) for leg in case.legs], ticks)


def _bar(leg: LegResult, axis: LogAxis) -> Bar:
    kind, verdict = kind_of(leg.name, leg.exact), verdict_text(leg.verdict)
    wrong = leg.verdict.state == "wrong"
    if not leg.shown or leg.ratio is None or leg.estimate is None:
        return Bar(leg.name, kind, "WRONG" if wrong else "not run", verdict, wrong=wrong)
    low, high, middle, one = (100 * axis.at(value) for value in (leg.ratio.low, leg.ratio.high, leg.ratio.median, 1.0))
    detail = f"{seconds(leg.estimate.median)} per call, {ratio(leg.ratio)} the speed of the base, {verdict}"
    label = f"{three(leg.ratio.median)}x"
    return Bar(
        leg.name,
        kind,
        label,
        detail,
        min(one, middle),
        abs(middle - one),
        low,
        high,
        shown=True,
        certain=leg.ratio.count > 1,
    )


_KINDS = {
    "C speed": "c",
    "C size": "c-size",
    "C none": "c-none",
    "C speed, relaxed": "c-relaxed",
    "interpreter": "own",
    "ONNX Runtime": "onnx",
}


def kind_of(name: str, exact: bool) -> str:
    """What colour a leg has: the C at each level, an interpreter, or somebody else's code."""
    known = _KINDS.get(name) or ("c-threads" if name.startswith("C ") else None)
    return known or ("interpreter" if exact else "foreign")


@dataclass(frozen=True)
class Segment:
    """A part of a stack, in per cent of the width."""

    kind: str
    bytes: int
    left: float
    width: float


@dataclass(frozen=True)
class Stack:
    """What a form of the module consists of, its constants apart."""

    name: str
    total: int
    segments: list[Segment]


def stacks(case: CaseResult) -> list[Stack]:
    """Bytecode and machine code at each level, on one scale."""
    if case.size is None:
        return []
    rows: list[tuple[str, dict[str, int]]] = [("bytecode", {"bytecode": case.size.bytecode})]
    for build in case.builds:
        own = build.own
        parts = {"text": own.text, "rodata": own.rodata, "data": own.data + own.bss, "unwind": own.unwind}
        rows.append((f"C {build.level}", parts))
    widest = max(sum(parts.values()) for _, parts in rows) or 1
    return [Stack(name, sum(parts.values()), list(_segments(parts, widest))) for name, parts in rows]


def _segments(parts: dict[str, int], widest: int) -> Iterator[Segment]:
    left = 0.0
    for kind, count in parts.items():
        if count > 0:
            width = 100 * count / widest
            yield Segment(kind, count, left, width)
            left += width


@dataclass(frozen=True)
class Point:
    """An operation or a whole program in the roofline."""

    x: float
    y: float
    label: str
    detail: str
    whole: bool
    named: bool


@dataclass(frozen=True)
class Roof:
    """A line that no point is above: memory on the left, arithmetic on the right."""

    points: str
    label: str
    x: float
    y: float
    anchor: str = "start"


@dataclass
class Roofline:
    """The picture, `WIDTH` x `HEIGHT`."""

    roofs: list[Roof] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    names: list[tuple[str, Label]] = field(default_factory=list)
    x_ticks: list[tuple[float, str]] = field(default_factory=list)
    y_ticks: list[tuple[float, str]] = field(default_factory=list)


WIDTH, HEIGHT = 720.0, 420.0
LEFT, TOP, RIGHT, BOTTOM = 64.0, 24.0, 16.0, 48.0
_NAMED = 16


@dataclass(frozen=True)
class _Measured:
    intensity: float
    flops: float
    label: str
    whole: bool


def roofline(report: Report) -> Roofline | None:
    """Operations a byte against operations a second, for everything whose work is known."""
    found = list(_measured(report.cases))
    if report.peaks is None or not found:
        return None
    x = LogAxis.around([point.intensity for point in found] + [report.peaks.flops / report.peaks.memory_bytes])
    y = LogAxis.around([point.flops for point in found] + [report.peaks.flops])
    picture = Roofline(_roofs(report.peaks, x, y))
    picture.x_ticks = [(_x(x, tick), f"{tick:g}") for tick in x.ticks]
    picture.y_ticks = [(_y(y, tick), f"{tick / 1e9:g}") for tick in y.ticks]
    found.sort(key=lambda point: (not point.whole, -point.flops))
    picture.points = [_point(point, x, y, index < _NAMED) for index, point in enumerate(found)]
    picture.names = _names(picture.points)
    return picture


def _names(points: Sequence[Point]) -> list[tuple[str, Label]]:
    named = [point for point in points if point.named]
    dots = [(point.x, point.y) for point in points if point.whole]
    places = place([(point.x, point.y, point.label) for point in named], dots, WIDTH)
    return [(point.label, label) for point, label in zip(named, places, strict=True)]


def _measured(cases: Sequence[CaseResult]) -> Iterator[_Measured]:
    for case in cases:
        leg = case.leg(case.hot_leg)
        if leg and leg.flops and case.work_bytes:
            yield _Measured(case.work_flops / case.work_bytes, leg.flops, case.name, True)
        for hot in case.hot:
            if hot.flops and hot.intensity:
                yield _Measured(hot.intensity, hot.flops, f"{case.name}, {hot.name} at {hot.location}", False)


def _point(point: _Measured, x: LogAxis, y: LogAxis, named: bool) -> Point:
    detail = f"{point.label}: {rate(point.flops, 'FLOP')}, {point.intensity:.3g} operations a byte"
    return Point(_x(x, point.intensity), _y(y, point.flops), point.label, detail, point.whole, named and point.whole)


def _roofs(peaks: Peaks, x: LogAxis, y: LogAxis) -> list[Roof]:
    roofs = []
    for bandwidth, name in ((peaks.cache_bytes, "cache"), (peaks.memory_bytes, "memory")):
        knee = peaks.flops / bandwidth
        start = max(10.0**x.low, 10.0**y.low / bandwidth)
        corners = [(start, start * bandwidth)] if start < knee else []
        corners += [(max(knee, 10.0**x.low), peaks.flops), (10.0**x.high, peaks.flops)]
        text = " ".join(f"{_x(x, a):.1f},{_y(y, b):.1f}" for a, b in corners)
        middle = math.sqrt(start * max(knee, start))
        label = f"{name}: {rate(bandwidth, 'B')}"
        # Beside the line, on its right; on top of everything if the line is not in the picture.
        beside = start < knee
        at = (_x(x, middle) + 10, _y(y, middle * bandwidth) + 12) if beside else (LEFT, _y(y, peaks.flops) - 6)
        roofs.append(Roof(text, label, *at))
    label = f"multiply and add: {rate(peaks.flops, 'FLOP')}"
    end = Roof("", label, WIDTH - RIGHT, _y(y, peaks.flops) - 6, "end")
    return [*roofs, end]


def _x(axis: LogAxis, value: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * axis.at(value)


def _y(axis: LogAxis, value: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * axis.at(value)
