"""A leg: one way to execute a module, as the comparison sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from compare.engines import Spec
from compare.process import WorkerProcess
from compare.values import Call, Outcome, Sample


@dataclass
class Facts:
    """What is known of a leg beside its speed; None where it is not."""

    compile_seconds: float | None = None
    """Wall time from the module (or its source) to something that can be loaded."""
    load_seconds: float | None = None
    """Wall time to open it."""
    first_seconds: float | None = None
    """Wall time of the first call."""
    peak_bytes: int | None = None
    """Most memory the process had, less what it had before the module was opened."""
    runtime_bytes: int | None = None
    """What the leg's runtime loads, the module apart."""
    threads: int = 1
    relaxed: bool = False
    """Whether it was compiled to be close to the reference, and not to have its bits."""
    notes: list[str] = field(default_factory=list)

    @property
    def cold_seconds(self) -> float | None:
        """From opening to the first result."""
        if self.load_seconds is None or self.first_seconds is None:
            return None
        return self.load_seconds + self.first_seconds


class Leg(Protocol):
    """What the comparison asks of a leg; every request may raise `Unavailable`."""

    @property
    def name(self) -> str: ...
    @property
    def exact(self) -> bool:
        """Whether its outputs must have the interpreter's bits."""
        ...

    @property
    def per_call_seconds(self) -> float:
        """What timing costs beside the calls themselves, for each sample."""
        ...

    @property
    def facts(self) -> Facts: ...
    def start(self) -> None:
        """Build and open it."""

    def outcomes(self, calls: Sequence[Call]) -> list[tuple[Outcome, Sample]]:
        """Results of a sequence of calls on a fresh instance; maybe only of the first ones."""
        ...

    def prepare(self, calls: Sequence[Call]) -> None:
        """Get ready to time the last of these calls."""

    def sample(self, loops: int) -> Sample:
        """Seconds for one call, averaged over so many."""
        ...

    def finish(self) -> None:
        """Note the last facts and end all processes."""


class WorkerLeg:
    """A leg that is executed in a worker process of its own."""

    per_call_seconds = 0.0

    def __init__(self, name: str, make: Callable[[Facts], Spec], *, exact: bool = True, threads: int = 1) -> None:
        self.name = name
        self.exact = exact
        self.facts = Facts(threads=threads)
        self._make = make
        self._worker: WorkerProcess | None = None

    @property
    def worker(self) -> WorkerProcess:
        """The process; there is one between `start` and `finish`."""
        assert self._worker is not None
        return self._worker

    def start(self) -> None:
        spec = self._make(self.facts)
        self._worker = WorkerProcess(self.facts.threads)
        self.facts.load_seconds = self.worker.load(spec)

    def outcomes(self, calls: Sequence[Call]) -> list[tuple[Outcome, Sample]]:
        outcomes = self.worker.outcomes(calls)
        if self.facts.first_seconds is None:
            self.facts.first_seconds = outcomes[0][1].wall
        return outcomes

    def prepare(self, calls: Sequence[Call]) -> None:
        self.worker.prepare(calls)

    def sample(self, loops: int) -> Sample:
        return self.worker.sample(loops)

    def finish(self) -> None:
        if self._worker is None:
            return
        try:
            self.facts.peak_bytes = self.worker.memory()
        finally:
            self._worker.close()
            self._worker = None
