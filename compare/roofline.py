"""Operations a byte against operations a second: where points, lines and names are in a picture of any size."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from compare.charts import LogAxis, decade
from compare.labels import Box, Label, around, place
from compare.peaks import Peaks
from compare.results import CaseResult, Report
from compare.text import rate, three


@dataclass(frozen=True)
class Frame:
    """The size of a picture, and the room around what is drawn in it."""

    width: float
    height: float
    named: bool
    """Whether names are beside points, if there is room for all."""
    left: float = 56.0
    top: float = 40.0
    right: float = 16.0
    bottom: float = 48.0

    @property
    def inside(self) -> Box:
        """Where points are."""
        return Box(self.left, self.top, self.width - self.right, self.height - self.bottom)


WIDE = Frame(720.0, 436.0, named=True)
NARROW = Frame(340.0, 336.0, named=False)


@dataclass(frozen=True)
class Point:
    """An operation or a whole program."""

    x: float
    y: float
    label: str
    """What a list says of it."""
    detail: str
    whole: bool


@dataclass(frozen=True)
class Roof:
    """A line that no point is above: memory on the left, arithmetic on the right."""

    points: str
    text: str
    label: Label


@dataclass
class Roofline:
    """The picture."""

    frame: Frame
    roofs: list[Roof] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    names: list[tuple[str, Label]] = field(default_factory=list)
    numbered: bool = False
    """Whether points have numbers beside them, and a list says which is which."""
    x_ticks: list[tuple[float, str]] = field(default_factory=list)
    y_ticks: list[tuple[float, str]] = field(default_factory=list)

    @property
    def whole(self) -> list[Point]:
        """The programs, fastest first."""
        return [point for point in self.points if point.whole]


@dataclass(frozen=True)
class _Measured:
    intensity: float
    flops: float
    label: str
    whole: bool


@dataclass(frozen=True)
class _Plane:
    """Where a pair of figures is in a frame."""

    frame: Frame
    intensity: LogAxis
    flops: LogAxis

    def x(self, value: float) -> float:
        return self.frame.left + (self.frame.width - self.frame.left - self.frame.right) * self.intensity.at(value)

    def y(self, value: float) -> float:
        return (
            self.frame.height
            - self.frame.bottom
            - (self.frame.height - self.frame.top - self.frame.bottom) * self.flops.at(value)
        )


def rooflines(report: Report) -> list[Roofline]:
    """The picture for a wide and for a narrow window; none if nothing's work is known."""
    found = sorted(_measured(report.cases), key=lambda point: (not point.whole, -point.flops))
    if report.peaks is None or not found:
        return []
    return [_drawn(frame, found, report.peaks) for frame in (WIDE, NARROW)]


def _drawn(frame: Frame, found: Sequence[_Measured], peaks: Peaks) -> Roofline:
    intensity = LogAxis.around([point.intensity for point in found] + [peaks.flops / peaks.memory_bytes])
    plane = _Plane(frame, intensity, LogAxis.around([point.flops for point in found] + [peaks.flops]))
    picture = Roofline(frame)
    picture.x_ticks = [(plane.x(tick), decade(tick)) for tick in plane.intensity.ticks]
    picture.y_ticks = [(plane.y(tick), decade(tick / 1e9)) for tick in plane.flops.ticks]
    picture.points = [_point(point, plane) for point in found]
    picture.roofs = _roofs(peaks, plane, [around(point.x, point.y) for point in picture.points])
    picture.names = _names(picture, [point.label for point in picture.whole]) if frame.named else []
    if len(picture.names) < len(picture.whole):
        picture.numbered = True
        picture.names = _names(picture, [str(number) for number in range(1, len(picture.whole) + 1)])
    return picture


def _names(picture: Roofline, names: Sequence[str]) -> list[tuple[str, Label]]:
    """The names for which there is room."""
    dots = [(point.x, point.y) for point in picture.whole]
    labelled = [(x, y, name) for (x, y), name in zip(dots, names, strict=True)]
    places = place(labelled, dots, picture.frame.inside, [roof.label.box(roof.text) for roof in picture.roofs])
    return [(name, label) for name, label in zip(names, places, strict=True) if label]


def _measured(cases: Sequence[CaseResult]) -> Iterator[_Measured]:
    for case in cases:
        leg = case.leg(case.hot_leg)
        if leg and leg.flops and case.work_bytes:
            yield _Measured(case.work_flops / case.work_bytes, leg.flops, case.name, True)
        for hot in case.hot:
            if hot.flops and hot.intensity:
                yield _Measured(hot.intensity, hot.flops, f"{case.name}, {hot.name} at {hot.location}", False)


def _point(point: _Measured, plane: _Plane) -> Point:
    rates = f"{three(point.flops / 1e9)} GFLOP/s, {point.intensity:.3g} operations a byte"
    return Point(plane.x(point.intensity), plane.y(point.flops), point.label, f"{point.label}: {rates}", point.whole)


def _roofs(peaks: Peaks, plane: _Plane, dots: Sequence[Box]) -> list[Roof]:
    end = Label(plane.frame.width - plane.frame.right, plane.y(peaks.flops) - 6, "end")
    roofs = [Roof("", f"multiply and add: {rate(peaks.flops, 'FLOP')}", end)]
    for bandwidth, name in ((peaks.cache_bytes, "cache"), (peaks.memory_bytes, "memory")):
        text = f"{name}: {rate(bandwidth, 'B')}"
        covered = [*dots, *(roof.label.box(roof.text) for roof in roofs)]
        places = _beside(peaks, plane, bandwidth)
        label = next((each for each in places if not any(map(each.box(text).meets, covered))), places[0])
        roofs.append(Roof(_line(peaks, plane, bandwidth), text, label))
    return roofs


def _start(plane: _Plane, bandwidth: float) -> float:
    """Where the line of a memory enters the picture."""
    return max(math.pow(10, plane.intensity.low), math.pow(10, plane.flops.low) / bandwidth)


def _line(peaks: Peaks, plane: _Plane, bandwidth: float) -> str:
    """Up to what arithmetic can do, and on from there."""
    start, knee = _start(plane, bandwidth), peaks.flops / bandwidth
    corners = [(start, start * bandwidth)] if start < knee else []
    corners += [(max(knee, 10.0**plane.intensity.low), peaks.flops), (10.0**plane.intensity.high, peaks.flops)]
    return " ".join(f"{plane.x(a):.1f},{plane.y(b):.1f}" for a, b in corners)


def _beside(peaks: Peaks, plane: _Plane, bandwidth: float) -> list[Label]:
    """Places for the name of a line: on its right, or at the left end of the top if it is not in the picture."""
    start, knee, top = _start(plane, bandwidth), peaks.flops / bandwidth, plane.y(peaks.flops)
    if start >= knee:
        return [Label(plane.frame.left + 4, top + down, "start") for down in (-6, 16, 32)]
    along = [start * (knee / start) ** part for part in (0.5, 0.3, 0.7, 0.15, 0.85)]
    return [Label(plane.x(value) + 10, plane.y(value * bandwidth) + 12, "start") for value in along]
