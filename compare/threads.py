"""The same C on one thread and on several, in one interleaved run: `python -m compare threads MODULE`.

What counts is the time on the wall.  Outputs are compared bit for bit before anything is timed.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from compare.builds import Level, compiled
from compare.cases import from_module
from compare.equality import Verdict, judge
from compare.leg import WorkerLeg
from compare.measure import Plan, Timing, measure
from compare.stats import Estimate
from transpile import loader


@dataclass(frozen=True)
class Scaling:
    """One module on one thread and on several."""

    name: str
    threads: int
    one: Timing
    several: Timing
    verdict: Verdict

    @property
    def ratio(self) -> Estimate:
        """How many times as fast the several are."""
        return self.several.ratio_to(self.one, "wall")


def scaling(path: Path, level: Level, threads: int, plan: Plan) -> Scaling:
    """Compare and measure one module."""
    module, case = loader.read(path), from_module(path, seeds=1)
    legs = [
        WorkerLeg(str(count), lambda facts: compiled(module, level, facts), threads=count) for count in (1, threads)
    ]
    with ExitStack() as stack:
        for leg in legs:
            stack.callback(leg.finish)
            leg.start()
        first, second = (leg.outcomes(case.timed) for leg in legs)
        verdict = judge([outcome for outcome, _ in first], [outcome for outcome, _ in second], exact=True)
        known = {leg.name: made[-1][1] for leg, made in zip(legs, (first, second), strict=True)}
        timings = measure(legs, case.timed, plan, known)
    one, several = timings.values()
    return Scaling(path.stem, threads, one, several, verdict)
