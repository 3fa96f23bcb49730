"""A program at several places in memory, as one leg.

A processor predicts branches by hashes of their addresses.  Where a program's branches follow data, as those of a sieve
do, how well that works depends on where the linker has put the code: the same machine code, some bytes further on,
takes up to half as long again.  One place is therefore one throw of the dice; a sample here is the mean over several.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from functools import partial

from compare.engines import Spec
from compare.leg import Facts, WorkerLeg
from compare.values import Call, Outcome, Sample

SHIFTS = (16, 80, 1104, 2352, 4016)
"""Bytes in front of the code: multiples of 16, as linkers place functions."""


def shift_source(shift: int) -> str:
    """C that takes so many bytes in front of what is linked behind it."""
    return f'__asm__(".pushsection .text\\n.skip {shift}\\n.popsection\\n");\n'


class PlacedLeg:
    """A leg made of one worker process a place."""

    exact = True
    per_call_seconds = 0.0

    def __init__(self, name: str, make: Callable[[int, Facts], Spec]) -> None:
        self.name = name
        self._legs = [WorkerLeg(name, partial(make, shift)) for shift in SHIFTS]
        self.facts = self._legs[0].facts

    def start(self) -> None:
        for leg in self._legs:
            leg.start()

    def outcomes(self, calls: Sequence[Call]) -> list[tuple[Outcome, Sample]]:
        first, *others = [leg.outcomes(calls) for leg in self._legs]
        del others  # the same code; called so that they are as warm
        return first

    def prepare(self, calls: Sequence[Call]) -> None:
        for leg in self._legs:
            leg.prepare(calls)

    def sample(self, loops: int) -> Sample:
        samples = [leg.sample(loops) for leg in self._legs]
        return Sample(statistics.fmean(s.cpu for s in samples), statistics.fmean(s.wall for s in samples))

    def finish(self) -> None:
        for leg in self._legs:
            leg.finish()
