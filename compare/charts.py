"""Where the marks of the bars go: everything a template needs, in per cent of the width."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from compare.results import CaseResult, LegResult
from compare.text import ratio, seconds, three, verdict_text


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

    def labels(self, unit: str = "") -> list[tuple[float, str]]:
        """Where each decade is, in per cent, and what is written there."""
        return [(100 * self.at(tick), f"{decade(tick)}{unit}") for tick in self.ticks]


def decade(value: float) -> str:
    """A power of ten, never as 1e+06."""
    return f"{value:,.0f}" if value >= 1 else f"{value:.12f}".rstrip("0")


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


def axis_of(*cases: CaseResult) -> LogAxis:
    """Where the ratios of some cases are."""
    ratios = [leg.ratio for case in cases for leg in case.legs if leg.shown and leg.ratio]
    return LogAxis.around([1.0, *(bound for found in ratios for bound in (found.low, found.high))])


def bars(case: CaseResult, axis: LogAxis | None = None) -> Bars:
    """The picture of a case."""
    axis = axis or axis_of(case)
    return Bars([_bar(leg, axis) for leg in case.legs], axis.labels("x"))


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
