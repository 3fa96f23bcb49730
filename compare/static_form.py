"""Programs evaluated ahead of time beside the same ones with the runtime: `python -m compare static MODULE`.

Outputs are compared with the interpreter's before anything is timed; all run on one thread, in one interleaved run.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from compare.builds import LEVELS, compiled, static_form, static_target
from compare.cases import Case, from_module
from compare.engines import Unavailable
from compare.equality import Verdict, judge
from compare.leg import Leg, WorkerLeg
from compare.legs import IREE, OURS, Wanted, make_legs
from compare.measure import Plan, Timing, measure
from compare.stats import Estimate
from compare.values import Outcome
from transpile import loader
from transpile.container import Module
from transpile.front import ModelOptions
from transpile.host.footprint import Footprint, footprint
from transpile.host.static import Static, static
from transpile.host.values import NotStatic
from transpile.native.toolchain import Optimize
from transpile.pipeline import lower
from transpile.signatures import declarations

RUNTIME = "runtime"
FORMS: tuple[Optimize, ...] = ("speed", "size")
"""The levels of the static form."""


@dataclass(frozen=True)
class Form:
    """One program at one level: its bits, what it takes, and its time beside that with the runtime at full speed."""

    program: str
    level: str
    verdict: Verdict
    takes: Footprint
    timing: Timing
    runtime: Timing

    @property
    def ratio(self) -> Estimate:
        """How many times as fast as with the runtime."""
        return self.timing.ratio_to(self.runtime, "cpu")


def measured(path: Path, plan: Plan, seeds: int = 3, model: ModelOptions | None = None) -> list[Form]:
    """Compare and measure one program at all levels; raises NotStatic where it cannot be evaluated ahead of time."""
    case = from_module(path, seeds=seeds, model=model)
    module = loader.read(case.module)
    function = case.timed[0].function
    programs = {level: static_program(module, level, function) for level in FORMS}
    legs = [_leg(module, level, program) for level, program in programs.items()]
    base = WorkerLeg(RUNTIME, lambda facts: compiled(module, LEVELS[0], facts))
    with ExitStack() as stack:
        for leg in (base, *legs):
            stack.callback(leg.finish)
            leg.start()
        expected = _expected(case, module)
        made = {leg.name: [leg.outcomes(calls) for calls in case.checks] for leg in (base, *legs)}
        verdicts = {
            name: judge(expected, [outcome for call in calls for outcome, _ in call], exact=True)
            for name, calls in made.items()
        }
        right = [leg for leg in (base, *legs) if verdicts[leg.name].right]
        timings = measure(right, case.timed, plan, {leg.name: made[leg.name][0][-1][1] for leg in right})
    none = Timing(1, [])
    return [
        Form(
            case.name,
            level,
            verdicts[level],
            footprint(programs[level]),
            timings.get(level, none),
            timings.get(RUNTIME, none),
        )
        for level in FORMS
    ]


def static_program(module: Module, level: Optimize, function: str, threads: int = 1) -> Static:
    """A function for callers, planned for this machine; raises NotStatic where it cannot be evaluated ahead of time."""
    for program in static(lower(module), static_target(level), declared=declarations(module), threads=threads):
        if program.schedule.name == function:
            return program
    raise NotStatic("it is not among the functions for callers", function)


def _leg(module: Module, level: Optimize, program: Static) -> WorkerLeg:
    return WorkerLeg(level, lambda facts: static_form(module, program, level, facts))


def _expected(case: Case, module: Module) -> Sequence[Outcome]:
    """What IREE's interpreter makes of the calls, or ours where that is not there."""
    legs = {leg.name: leg for leg in make_legs(case, module, Wanted(levels=()))}
    for name in (IREE, OURS):
        if name in legs:
            return _outcomes(legs[name], case)
    raise Unavailable("there is no interpreter")


def _outcomes(leg: Leg, case: Case) -> Sequence[Outcome]:
    try:
        leg.start()
        return [outcome for calls in case.checks for outcome, _ in leg.outcomes(calls)]
    finally:
        leg.finish()
