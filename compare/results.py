"""Everything a comparison found, as plain data: what the reports show and what the JSON file holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from compare.equality import Verdict
from compare.leg import Facts
from compare.machine import Machine
from compare.measure import Clock, Timing
from compare.peaks import Peaks
from compare.size import BuildSize, ModuleSize
from compare.stats import Estimate


@dataclass
class LegResult:
    """One leg of one case."""

    name: str
    exact: bool
    facts: Facts
    verdict: Verdict
    timing: Timing | None = None
    estimate: Estimate | None = None
    """Seconds of one call."""
    ratio: Estimate | None = None
    """How many times as fast as the base, pair by pair."""
    noise: list[str] = field(default_factory=list)
    flops: float | None = None
    """Operations a second."""
    change: Estimate | None = None
    """Time over that in the baseline file, relative to the base leg's."""
    regressed: bool = False

    @property
    def shown(self) -> bool:
        """Whether it has a time that means something."""
        return self.verdict.right and self.estimate is not None


RUNTIME = "runtime"
"""The location of what is in this project's runtime."""


@dataclass
class Hot:
    """A part of a program and the time spent in it."""

    function: str
    """The function of C; of a loop nest, of which several may be made, the busiest."""
    location: str
    seconds: float
    """Of one call."""
    share: float
    """Of the time in the program and its runtime."""
    name: str = ""
    """The operation of the source, where it is known."""
    flops: float | None = None
    """Operations a second."""
    bytes_per_second: float | None = None
    intensity: float | None = None
    """Operations a byte."""
    plan: str = ""
    """How its loops run: tile, map, strip or literal; "" if it is no loop."""
    reason: str = ""
    """Why a loop was not raised, or has no register tile."""


@dataclass
class ExportTime:
    """One exported function in one leg."""

    function: str
    leg: str
    estimate: Estimate


@dataclass
class CaseResult:
    """One module."""

    name: str
    call: str
    base: str
    reference: str
    """The leg whose outputs the others must have."""
    legs: list[LegResult]
    size: ModuleSize | None = None
    builds: list[BuildSize] = field(default_factory=list)
    exports: list[ExportTime] = field(default_factory=list)
    hot: list[Hot] = field(default_factory=list)
    hot_leg: str = ""
    hot_outside: float = 0.0
    """The share of the time that was spent in the caller and in the system's libraries."""
    work_flops: int = 0
    work_bytes: int = 0
    notes: list[str] = field(default_factory=list)
    about: str = ""
    """What the program is, in a few words."""
    variant_of: str = ""
    """The program that this is another form of; means over all programs leave it out."""

    def leg(self, name: str) -> LegResult | None:
        """A leg by its name."""
        return next((leg for leg in self.legs if leg.name == name), None)

    @property
    def wrong(self) -> list[LegResult]:
        """Legs whose outputs are not the reference's."""
        return [leg for leg in self.legs if leg.verdict.state == "wrong"]


@dataclass
class Report:
    """A whole run; in a notebook it is a picture of how fast each leg is."""

    date: str
    clock: Clock
    machine: Machine
    peaks: Peaks | None
    cases: list[CaseResult]
    baseline: str = ""
    """What regressions were looked for against."""
    missing: list[str] = field(default_factory=list)
    """Cases of the baseline that this run does not have."""

    def _repr_svg_(self) -> str:
        from compare.figure import svg

        return svg(self.cases)

    @property
    def wrong(self) -> list[tuple[CaseResult, LegResult]]:
        """Everything that is not equal."""
        return [(case, leg) for case in self.cases for leg in case.wrong]

    @property
    def regressions(self) -> list[tuple[CaseResult, LegResult]]:
        """Everything that is slower than in the baseline."""
        return [(case, leg) for case in self.cases for leg in case.legs if leg.regressed]
