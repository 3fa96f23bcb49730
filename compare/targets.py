"""The speeds and sizes this project has promised, program by program: `python -m compare targets`.

All figures of a program come from one interleaved run on one file.  A leg on which one call takes longer than all the
time there is for it gives one sample, which is kept from run to run.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from compare import literal
from compare.builds import LEVELS, compiled
from compare.cases import Case
from compare.comparison import Settings, compare_all
from compare.engines import Compiled, Unavailable
from compare.iree_tools import runtime_version
from compare.leg import Facts, Leg
from compare.legs import IREE, NATIVE, ONNX, OURS, Wanted, make_legs
from compare.machine import processor
from compare.measure import Plan
from compare.peaks import Peaks
from compare.placement import PlacedLeg
from compare.remember import RememberedLeg
from compare.results import CaseResult, LegResult, Report
from compare.suite import Builders, build, builders
from transpile.container import Module
from transpile.native.cache import digest

FAST = "C speed"
HAND = literal.BY_HAND.leg
TWO = f"{FAST}, 2 threads"
PEAK, CODE, SMALL, LIBRARY = "of the peak", "code at speed", "code at size", "to a library"


class PromisedLegs(Protocol):
    """Makes the legs of a case; `fresh` if slow ones are to be asked again."""

    def __call__(self, case: Case, module: Module, wanted: Wanted, *, fresh: bool) -> list[Leg]: ...


@dataclass(frozen=True)
class Goal:
    """What a figure has to be, and what it should be; both upper bounds if `at_most`."""

    limit: float | None = None
    aim: float | None = None
    at_most: bool = False

    def met(self, value: float) -> bool:
        """Whether the promise is kept."""
        return self.limit is None or (value <= self.limit if self.at_most else value >= self.limit)

    def reached(self, value: float) -> bool:
        """Whether even what was aimed for is there."""
        return self.aim is not None and (value <= self.aim if self.at_most else value >= self.aim)


Goals = dict[str, Goal]
"""By figure: the name of the leg that the C is to be so many times as fast as, or one of the names above."""

_MATMUL = {IREE: Goal(800, 1700), NATIVE: Goal(0.8, 1.6), PEAK: Goal()}
_BY_HAND = {HAND: Goal(1.05, at_most=True)}

TARGETS: dict[str, Goals] = {
    "matmul_512_vmvx": _MATMUL,
    "matmul_512_transposed_vmvx": _MATMUL,
    "matmul_int8_512_vmvx": {IREE: Goal(200)},
    "convolution_3x3_vmvx": {PEAK: Goal()},  # as large as the largest of ResNet-50
    "encoder_vmvx": {IREE: Goal(500, 1200), NATIVE: Goal(0.5, 1), PEAK: Goal()},
    "mobilenet_vmvx": {IREE: Goal(150, 600), NATIVE: Goal(1, 4), PEAK: Goal()},
    "light_squeezenet_vmvx": {IREE: Goal(300, 2000), NATIVE: Goal(5, 30), PEAK: Goal()},
    "light_resnet50_vmvx": {
        IREE: Goal(500, 2000),
        NATIVE: Goal(2, 9),
        ONNX: Goal(aim=1),
        TWO: Goal(1.7),
        PEAK: Goal(),
        CODE: Goal(4, at_most=True),
        SMALL: Goal(1, at_most=True),
        LIBRARY: Goal(60, at_most=True),
    },
    "collatz": _BY_HAND,
    "fibonacci": _BY_HAND,
    "sieve": _BY_HAND,
}


@dataclass(frozen=True)
class Figure:
    """One measured number beside its goal."""

    value: float
    goal: Goal = field(default_factory=Goal)
    earlier: bool = False
    """The other leg's time is from an earlier run."""

    @property
    def met(self) -> bool:
        return self.goal.met(self.value)


@dataclass(frozen=True)
class Row:
    """One program: how its outputs are, how long the C takes, and the figures by name."""

    case: CaseResult
    figures: dict[str, Figure]

    @property
    def fast(self) -> LegResult | None:
        """The leg that all is about."""
        return self.case.leg(FAST)

    @property
    def met(self) -> bool:
        """Whether everything is right, and every figure that was measured is as promised."""
        right = self.fast is not None and self.fast.shown and not self.case.wrong
        return right and all(figure.met for figure in self.figures.values())


def measure_targets(
    folder: Path | None, only: Sequence[str], inputs: int, settings: Settings, progress: Callable[[str], None]
) -> tuple[Report, list[Row]]:
    """Measure the programs whose names contain one of the words, or all, and compare outputs for so many inputs."""
    cases = [replace(case, checks=case.checks[:inputs]) for case in build(_programs(folder), only, progress)]
    report = compare_all(cases, settings, progress)
    return report, [Row(case, figures(case, report.peaks)) for case in report.cases]


def _programs(folder: Path | None) -> Builders:
    hands: Builders = {program.name: program.case for program in literal.PROGRAMS}
    known = builders(folder) | hands
    return {name: known[name] for name in TARGETS}


def settings(plan: Plan, legs: PromisedLegs, *, fresh: bool, sizes: bool, target_cpu: str = "native") -> Settings:
    """How promises are measured: the fast C on one thread and on two, everything else on one."""
    wanted = Wanted(LEVELS[:2] if sizes else LEVELS[:1], target_cpu, (1, 2), without=frozenset([OURS, "C size"]))
    maker = functools.partial(legs, fresh=fresh)
    return Settings(plan, wanted, patient=True, sizes=sizes, detail=False, hot=False, make_legs=maker)


def promised_legs(case: Case, module: Module, wanted: Wanted, *, fresh: bool) -> list[Leg]:
    """The usual legs, the interpreter with a memory, and C by hand."""
    made = make_legs(case, module, wanted)
    legs = [remembered(leg, case, fresh) if leg.name == IREE else leg for leg in made]
    hand = literal.hand_legs(case.name)
    if hand:  # beside code that is measured at several places, as this must be then
        placed = PlacedLeg(FAST, functools.partial(_fast, module, wanted.target_cpu))
        legs = [placed if leg.name == FAST else leg for leg in legs]
    return [*legs, *hand]


def _fast(module: Module, target_cpu: str, shift: int, facts: Facts) -> Compiled:
    return compiled(module, LEVELS[0], facts, target_cpu, shift=shift)


def remembered(leg: Leg, case: Case, fresh: bool) -> Leg:
    """A leg of IREE's runtime that is asked the same only once, on this kind of processor."""
    identity = (leg.name, runtime_version() or "", processor(), digest([case.module.read_bytes()]))
    return RememberedLeg(leg, identity, fresh)


def figures(case: CaseResult, peaks: Peaks | None) -> dict[str, Figure]:
    """Everything that was measured of a program."""
    goals = TARGETS.get(case.name, {})
    shares = _shares(case, peaks) if PEAK in goals else {}
    found = {**_speeds(case), **shares, **_sizes(case)}
    return {
        name: Figure(value, goals.get(name, Goal()), _measured_earlier(case.leg(name))) for name, value in found.items()
    }


def _measured_earlier(leg: LegResult | None) -> bool:
    return leg is not None and any(note.startswith("measured earlier") for note in leg.facts.notes)


def _speeds(case: CaseResult) -> dict[str, float]:
    """How many times as fast as each other leg the C is; of C by hand how many times its time it takes."""
    fast = case.leg(FAST)
    if fast is None or not fast.shown or fast.timing is None:
        return {}
    found = {}
    for leg in case.legs:
        if leg.shown and leg.timing and leg.name in (IREE, NATIVE, ONNX):
            found[leg.name] = fast.timing.ratio_to(leg.timing, "cpu").median
        elif leg.shown and leg.timing and leg.name == HAND:
            found[leg.name] = leg.timing.ratio_to(fast.timing, "cpu").median
        elif leg.shown and leg.timing and leg.name == TWO:
            found[leg.name] = leg.timing.ratio_to(fast.timing, "wall").median
    return found


def _shares(case: CaseResult, peaks: Peaks | None) -> dict[str, float]:
    """The part of the machine's peak that the program's products and convolutions reach, all of its time counted."""
    fast = case.leg(FAST)
    return {PEAK: fast.flops / peaks.flops} if peaks and fast and fast.flops else {}


def _sizes(case: CaseResult) -> dict[str, float]:
    found = {}
    for each in case.builds:
        found[CODE if each.level == "speed" else SMALL] = each.text_ratio
        if each.level == "speed":
            found[LIBRARY] = each.library_seconds
    return found


def all_met(rows: Sequence[Row]) -> bool:
    """Whether every promise is kept."""
    if not rows:
        raise Unavailable("nothing was measured")
    return all(row.met for row in rows)
