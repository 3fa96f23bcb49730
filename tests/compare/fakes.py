"""Legs that only pretend."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from compare.leg import Facts
from compare.values import Call, Outcome, Sample


class FakeLeg:
    """A leg that waits, and answers with a number."""

    exact = True
    per_call_seconds = 0.0

    def __init__(self, name: str, seconds: float, answer: int = 7) -> None:
        self.name, self.seconds, self.answer, self.facts = name, seconds, answer, Facts()
        self.samples = 0

    def start(self) -> None:
        pass

    def outcomes(self, calls: Sequence[Call]) -> list[tuple[Outcome, Sample]]:
        return [(Outcome((np.asarray(self.answer),)), Sample(self.seconds, self.seconds)) for _ in calls]

    def prepare(self, calls: Sequence[Call]) -> None:
        pass

    def sample(self, loops: int) -> Sample:
        self.samples += 1
        return Sample(self.seconds, self.seconds)

    def finish(self) -> None:
        pass
