"""Accepted modules compiled together and run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tests.fuzz import bundle
from tests.fuzz.runner import Job, Runner, Verdict
from tests.fuzz.stage import Accepted, emit_options
from transpile.container import load
from transpile.emit import Output, emit
from transpile.errors import BuildError

SANITIZED_EVERY = 4
"""One bundle of so many has instrumented code of modules as well; the runtime's and the interpreter's always is."""


@dataclass
class Trials:
    """Bundles one after another."""

    runner: Runner = field(default_factory=Runner)
    count: int = 0

    def run(self, batch: list[Accepted]) -> Iterator[tuple[Accepted, Verdict]]:
        """The verdicts on modules that were emitted for their places."""
        self.count += 1
        refused = [accepted for accepted in batch if accepted.output is None]
        if refused:
            job = Job(None, [accepted.image for accepted in refused])
            yield from zip(refused, self.runner.run(job), strict=True)
        yield from self._together([accepted for accepted in batch if accepted.output])

    def close(self) -> None:
        self.runner.close()

    def _together(self, batch: list[Accepted]) -> Iterator[tuple[Accepted, Verdict]]:
        if not batch:
            return
        batch = [replace(accepted, output=_placed(accepted, place)) for place, accepted in enumerate(batch)]
        outputs = [accepted.output for accepted in batch if accepted.output]
        try:
            path = bundle.compile_bundle(outputs, sanitize=self.count % SANITIZED_EVERY == 0)
        except BuildError as problem:
            yield from self._culprit(batch, problem)
            return
        yield from zip(batch, self.runner.run(Job(path, [accepted.image for accepted in batch])), strict=True)
        shutil.rmtree(path.parent)

    def _culprit(self, batch: list[Accepted], problem: BuildError) -> Iterator[tuple[Accepted, Verdict]]:
        """Halves what does not compile until one module is left."""
        if len(batch) == 1:
            yield batch[0], Verdict("no C", str(problem).splitlines()[:12])
            return
        middle = len(batch) // 2
        yield from self._together(batch[:middle])
        yield from self._together(batch[middle:])


def _placed(accepted: Accepted, place: int) -> Output | None:
    """The module's C for a place in a bundle."""
    assert accepted.output
    if accepted.output.prefix == bundle.prefix(place):
        return accepted.output
    module = load(accepted.image)
    return emit(module, emit_options(module, accepted.level, place))
