"""Fast C made for different processors, and relaxed, in one interleaved run: `python -m compare modes MODULE`.

Outputs are compared before anything is timed: all must have the first one's bits, but for the relaxed.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from compare.builds import LEVELS, RELAXED, Level, compiled
from compare.cases import from_module
from compare.equality import Verdict, as_close, judge
from compare.leg import WorkerLeg
from compare.measure import Plan, Timing, measure
from transpile import loader
from transpile.container import Module

MODES = {
    "baseline": ("baseline", LEVELS[0]),
    "dispatch": ("dispatch", LEVELS[0]),
    "native": ("native", LEVELS[0]),
    "dispatch, relaxed": ("dispatch", RELAXED),
    "native, relaxed": ("native", RELAXED),
}
"""The processor and the level of each; the first is what the others are compared with."""


@dataclass(frozen=True)
class Mode:
    """One module in one mode."""

    program: str
    name: str
    verdict: Verdict
    timing: Timing
    base: Timing


def measured(path: Path, plan: Plan) -> list[Mode]:
    """Compare and measure one module in all modes."""
    module, case = loader.read(path), from_module(path, seeds=1)
    legs = [_leg(module, name, target, level) for name, (target, level) in MODES.items()]
    with ExitStack() as stack:
        for leg in legs:
            stack.callback(leg.finish)
            leg.start()
        made = {leg.name: leg.outcomes(case.timed) for leg in legs}
        expected = [outcome for outcome, _ in made[legs[0].name]]
        verdicts = {leg.name: judge(expected, [o for o, _ in made[leg.name]], leg.exact) for leg in legs}
        right = [leg for leg in legs if verdicts[leg.name].right]
        timings = measure(right, case.timed, plan, {leg.name: made[leg.name][-1][1] for leg in right})
    none = Timing(1, [])
    return [
        Mode(
            path.stem,
            leg.name,
            verdicts[leg.name] if leg.exact else as_close(verdicts[leg.name]),
            timings.get(leg.name, none),
            timings[legs[0].name],
        )
        for leg in legs
    ]


def _leg(module: Module, name: str, target_cpu: str, level: Level) -> WorkerLeg:
    return WorkerLeg(name, lambda facts: compiled(module, level, facts, target_cpu), exact=not level.relaxed)
