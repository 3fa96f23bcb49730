"""The same C on one thread and on several, in one interleaved run: `python -m compare threads MODULE`.

What counts is the time on the wall.  Outputs are compared bit for bit before anything is timed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from compare.builds import Level, compiled, static_form
from compare.cases import from_module
from compare.engines import Spec, StaticForm
from compare.equality import Verdict, judge
from compare.leg import Facts, WorkerLeg
from compare.measure import Plan, Timing, measure
from compare.static_form import static_program
from compare.stats import Estimate
from transpile import loader
from transpile.container import Module


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


Made = Callable[[Module, str, Facts], Spec]
"""The code of a module's function for a number of threads."""


def with_runtime(level: Level) -> Made:
    """The form with the runtime."""
    return lambda module, _, facts: compiled(module, level, facts)


def ahead_of_time(module: Module, function: str, facts: Facts) -> StaticForm:
    """The form whose host is evaluated ahead of time; raises NotStatic where it cannot be."""
    program = static_program(module, "speed", function, facts.threads)
    return static_form(module, program, "speed", facts)


def scaling(path: Path, made: Made, threads: int, plan: Plan) -> Scaling:
    """Compare and measure one module."""
    module, case = loader.read(path), from_module(path, seeds=1)
    function = case.timed[0].function
    legs = [WorkerLeg(str(count), partial(made, module, function), threads=count) for count in (1, threads)]
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
