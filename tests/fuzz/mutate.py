"""Mutants of real modules, read, verified and run: `python -m tests.fuzz.mutate --count 200000 --seed 1`.

Every mutant that the verifier accepts is called in the interpreter, under the sanitizers, and as emitted C; what it
returns, what it changes and how it fails must be the same.  `--only 17` writes one mutant of the seed to a file and
says what becomes of it.  Mutants that fail the test are kept in the folder that `--keep` names.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.mutations import mutant
from tests.fuzz.stage import Accepted, Examiner
from tests.fuzz.tally import Tally
from tests.fuzz.trials import Trials

BATCH = 80
"""Modules in one compilation."""


@dataclass
class Campaign:
    """A run over many mutants; compiled and run beside the making of the next ones."""

    seed: str
    tally: Tally
    report: Callable[[str], None] = print
    examiner: Examiner = field(default_factory=Examiner)
    trials: Trials = field(default_factory=Trials)
    waiting: list[Accepted] = field(default_factory=list)
    running: Future[None] | None = None

    def run(self, first: int, count: int) -> None:
        """All mutants of these numbers, to the end."""
        with ThreadPoolExecutor(1) as pool:
            for number in range(first, first + count):
                self._examine(number)
                if len(self.waiting) >= BATCH:
                    self._try(pool)
            self._try(pool)
            self._wait()
        self.trials.close()

    def _examine(self, number: int) -> None:
        name, image = mutant(self.seed, number)
        found = self.examiner.examine(number, len(self.waiting), image)
        self.tally.examined(found.outcome)
        if found.problem:
            self.report(f"mutant {number} of {name}: {found.problem}")
        if found.accepted:
            self.waiting.append(found.accepted)

    def _try(self, pool: ThreadPoolExecutor) -> None:
        self._wait()
        batch, self.waiting = self.waiting, []
        if batch:
            self.running = pool.submit(self._judge, batch)

    def _wait(self) -> None:
        if self.running:
            self.running.result()
            self.running = None

    def _judge(self, batch: list[Accepted]) -> None:
        for accepted, verdict in self.trials.run(batch):
            self.tally.tried(verdict)
            if verdict.kind not in ("equal", "endless"):
                lines = "\n  ".join(line[:400] for line in verdict.lines)
                self.report(f"mutant {accepted.number} at {accepted.level}: {verdict.kind}\n  {lines}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", type=int)
    parser.add_argument("--keep", type=Path, default=Path("mutants"))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    tally, kept = Tally(), options.keep
    campaign = Campaign(options.seed, tally)
    if options.only is not None:
        kept.mkdir(exist_ok=True)
        name, image = mutant(options.seed, options.only)
        path = kept / f"{options.seed}-{options.only}.vmfb"
        path.write_bytes(image)
        print(f"{path}, made of {name}")
        campaign.run(options.only, 1)
    else:
        campaign.examiner.progress = _Progress(options.count, tally).step
        with suppress(KeyboardInterrupt):  # what is counted so far is worth printing
            campaign.run(options.first, options.count)
    print(tally.text())
    return 1 if tally.failures else 0


class _Progress:
    """A line on the terminal now and then."""

    def __init__(self, count: int, tally: Tally) -> None:
        self.count, self.tally = count, tally
        self.started, self.done = time.monotonic(), 0

    def step(self) -> None:
        self.done += 1
        if self.done % 1000 == 0:
            seconds = time.monotonic() - self.started
            text = f"{self.done} of {self.count} mutants, {self.tally.failures} failures, {seconds:.0f} s"
            print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
