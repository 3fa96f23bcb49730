"""Timing: calibrated, warmed up, in rounds in which each leg has its turn.

Legs are compared within a round, so that a machine that is slower for a while is slower for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from compare.engines import Unavailable
from compare.leg import Leg
from compare.stats import NOISY_SPREAD, Estimate, estimate, paired, spread
from compare.values import Call, Sample

Clock = Literal["cpu", "wall"]

_MAX_LOOPS = 1 << 24
_BUSY = 1.10
"""Wall time over CPU time from which on other processes took the processor away."""


@dataclass(frozen=True)
class Plan:
    """How long to measure."""

    rounds: int = 15
    sample_seconds: float = 0.05
    """A sample is as many calls as take about this long."""
    leg_seconds: float = 4.0
    """A leg that is too slow for all rounds takes part in the first ones, at least in one."""
    clock: Clock = "cpu"

    def too_slow(self, call: Sample) -> bool:
        """Whether one such call is all there is time for; on a busy machine it may still take long on the wall."""
        seconds: float = getattr(call, self.clock)
        return seconds > self.leg_seconds


@dataclass
class Timing:
    """Samples of one leg, one a round it took part in, beginning with the first."""

    loops: int
    samples: list[Sample] = field(default_factory=list)
    failure: str = ""

    def seconds(self, clock: Clock) -> list[float]:
        """One call's seconds, by round."""
        return [getattr(sample, clock) for sample in self.samples]

    def estimate(self, clock: Clock) -> Estimate:
        """The median and its interval."""
        return estimate(self.seconds(clock))

    def ratio_to(self, base: Timing, clock: Clock) -> Estimate:
        """How many times faster than the base, from the rounds both took part in."""
        common = min(len(self.samples), len(base.samples))
        return paired(base.seconds(clock)[:common], self.seconds(clock)[:common])

    def noise(self, clock: Clock) -> list[str]:
        """What makes these figures less certain than they look."""
        said = []
        if len(self.samples) < 6:
            some = "one sample" if len(self.samples) == 1 else f"{len(self.samples)} samples"
            said.append(f"only {some}")
        width = spread(self.seconds(clock))
        if width > NOISY_SPREAD:
            said.append(f"half of the samples are {100 * width:.0f} % apart")
        busy = estimate([sample.wall / sample.cpu for sample in self.samples if sample.cpu > 0] or [1.0]).median
        if clock == "cpu" and busy > _BUSY:
            said.append(f"waited for the processor {100 * (1 - 1 / busy):.0f} % of the time")
        return said


def measure(
    legs: Sequence[Leg],
    calls: Sequence[Call],
    plan: Plan,
    known: Mapping[str, Sample] | None = None,
    progress: Callable[[str], None] = lambda text: None,
) -> dict[str, Timing]:
    """Time the last of the calls on all legs; `known` is what one call took when outputs were compared.

    A leg whose single call takes longer than all the time a leg may have is not called again.
    """
    timings: dict[str, Timing] = {}
    takes_part: dict[str, int] = {}
    for leg in legs:
        progress(f"calibrating {leg.name}")
        first = (known or {}).get(leg.name)
        if first is not None and plan.too_slow(first):
            timings[leg.name] = Timing(1, [first])
            continue
        timings[leg.name], takes_part[leg.name] = _calibrated(leg, calls, plan, first)
    for number in range(plan.rounds):
        progress(f"round {number + 1} of {plan.rounds}")
        # Every other round goes backwards, so that no leg always follows the same one.
        for leg in legs if number % 2 == 0 else reversed(legs):
            if number < takes_part.get(leg.name, 0):
                _take(leg, timings[leg.name])
    return timings


def _calibrated(leg: Leg, calls: Sequence[Call], plan: Plan, first: Sample | None) -> tuple[Timing, int]:
    """The leg made ready and warm: how many calls make a sample, and in how many rounds it takes part."""
    try:
        leg.prepare(calls)
        loops, sample = _enough_loops(leg, plan, first)
    except Unavailable as reason:
        return Timing(0, failure=str(reason)), 0
    cost = loops * getattr(sample, plan.clock) + leg.per_call_seconds
    return Timing(loops), max(1, min(plan.rounds, int(plan.leg_seconds / max(cost, 1e-9))))


def _enough_loops(leg: Leg, plan: Plan, first: Sample | None) -> tuple[int, Sample]:
    if first is not None and first.wall > plan.sample_seconds:
        return 1, first
    loops = 1
    while True:
        sample = leg.sample(loops)
        if loops * sample.wall >= plan.sample_seconds / 2 or loops >= _MAX_LOOPS:
            return max(1, math.ceil(plan.sample_seconds / max(sample.wall, 1e-9))), sample
        wanted = math.ceil(plan.sample_seconds / max(sample.wall, 1e-9))
        loops = min(_MAX_LOOPS, max(2 * loops, min(wanted, 100 * loops)))


def _take(leg: Leg, timing: Timing) -> None:
    if timing.failure:
        return
    try:
        timing.samples.append(leg.sample(timing.loops))
    except Unavailable as reason:
        timing.failure = str(reason)
