"""A leg whose answers are kept from run to run.

What a slow interpreter answers to the same calls on the same module does not change; what it took is kept with the
answer.  If that is all the time a comparison has for the leg it is not even started, and says that it was measured
earlier.
"""

from __future__ import annotations

import datetime
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from compare.leg import Facts, Leg
from compare.values import Call, Outcome, Sample
from transpile.native.cache import Cache, digest

Answers = list[tuple[Outcome, Sample]]
_FILE = "answers.pickle"


@dataclass(frozen=True)
class _Kept:
    date: str
    answers: Answers
    facts: Facts


class RememberedLeg:
    """Another leg behind a memory of its answers; `fresh` asks again, and keeps the new answers."""

    def __init__(self, leg: Leg, identity: Sequence[str], fresh: bool = False, cache: Cache | None = None) -> None:
        self._leg = leg
        self._identity = tuple(identity)
        self._fresh = fresh
        self._cache = cache or Cache()
        self._started = False
        self._earlier = ""

    @property
    def name(self) -> str:
        return self._leg.name

    @property
    def exact(self) -> bool:
        return self._leg.exact

    @property
    def per_call_seconds(self) -> float:
        return self._leg.per_call_seconds

    @property
    def facts(self) -> Facts:
        return self._leg.facts

    def start(self) -> None:
        """Only when it is asked something that it has not been asked before."""

    def outcomes(self, calls: Sequence[Call]) -> Answers:
        key = digest(["answers", *self._identity, pickle.dumps(list(calls))])
        if self._fresh:
            self._cache.drop(key)
        made: list[_Kept] = []

        def ask(folder: Path) -> None:
            made.append(self._ask(calls))
            (folder / _FILE).write_bytes(pickle.dumps(made[0]))

        path = self._cache.fetch(key, _FILE, ask)
        if made:
            return made[0].answers
        kept: _Kept = pickle.loads(path.read_bytes())
        self._earlier = self._earlier or kept.date
        if not self._started:
            self.facts.load_seconds, self.facts.first_seconds = kept.facts.load_seconds, kept.facts.first_seconds
        return kept.answers

    def prepare(self, calls: Sequence[Call]) -> None:
        self._started_leg().prepare(calls)

    def sample(self, loops: int) -> Sample:
        return self._leg.sample(loops)

    def finish(self) -> None:
        if self._started:
            self._leg.finish()
        elif self._earlier:
            self.facts.notes.append(f"measured earlier, on {self._earlier}")

    def _ask(self, calls: Sequence[Call]) -> _Kept:
        answers = self._started_leg().outcomes(calls)
        return _Kept(datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"), answers, self.facts)

    def _started_leg(self) -> Leg:
        if not self._started:
            self._leg.start()
            self._started = True
        return self._leg
