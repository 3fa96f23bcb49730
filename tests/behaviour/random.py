"""Runs random programs in IREE's interpreter, in ours, and as C.

`python -m tests.behaviour.random --count 2000 --seed 1` prints the counts.

`--only 17` runs one program of the seed and prints its bytecode and its C.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from tests.behaviour.edges import Values
from tests.behaviour.programs import batch
from tests.behaviour.suite import Suite
from tests.behaviour.witnesses import LEVELS, Emitted, Interpreter, Outcome, Witness
from tests.interp.engines import ENGINES, Interpreted
from transpile import container
from transpile.emit import EmitOptions, emit
from transpile.isa.disasm import module_lines
from transpile.native.toolchain import Optimize

BATCH = 25


Answers = dict[tuple[str, Values], Outcome]


def answers(made: Suite, witness: Witness) -> Answers:
    """What a witness says to every call."""
    found: Answers = {}
    for probe in made.probes:
        witness.reset()
        for arguments in probe.calls:
            found[probe.name, arguments] = witness.call(probe.name, arguments)
    return found


def witnesses(made: Suite, levels: tuple[Optimize, ...] = LEVELS) -> Iterator[tuple[str, Witness]]:
    """What is held against IREE's interpreter, with its name: our own interpreter, and C at each level."""
    image = made.image()
    yield "in our interpreter", Interpreted(image, made.conventions, ENGINES[0])
    for level in levels:
        yield f"at {level}", Emitted(image, made.conventions, level)


def mismatches(made: Suite, expected: Answers, levels: tuple[Optimize, ...] = LEVELS) -> Iterator[str]:
    """One line for every call that ends differently."""
    for where, witness in witnesses(made, levels):
        mine = answers(made, witness)
        for (name, arguments), outcome in expected.items():
            if mine[name, arguments] != outcome:
                yield f"{name}{arguments} {where}: {mine[name, arguments]}, IREE gives {outcome}"


def of_iree(made: Suite) -> Answers:
    """What IREE's interpreter says."""
    return answers(made, Interpreter(made.image(), made.conventions))


def show(made: Suite) -> None:
    """Bytecode and C of a module."""
    module = container.load(made.image())
    print("\n".join(module_lines(module)))
    output = emit(module, EmitOptions(optimize="speed"))
    print("\n".join(str(text) for name, text in output.files.items() if name.endswith("_0.c")))


@dataclass
class Tally:
    """What has been run, and how many programs differ somewhere."""

    programs: int = 0
    calls: int = 0
    failures: int = 0
    wrong: int = 0
    started: float = field(default_factory=time.monotonic)

    def add(self, made: Suite, told: Answers, found: list[str]) -> None:
        """Count a module's programs, and print what is wrong with them."""
        self.programs += len(made.probes)
        self.calls += len(told)
        self.failures += sum(isinstance(outcome, str) for outcome in told.values())
        self.wrong += len({line.partition("(")[0] for line in found})
        print("\n".join(found), end="\n" if found else "", flush=True)

    def text(self) -> str:
        """One line."""
        calls = f"{self.calls} calls ({self.failures} of them fail)"
        seconds = time.monotonic() - self.started
        return f"{self.programs} programs, {calls}, {self.wrong} programs differ, {seconds:.0f} s"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", type=int)
    parser.add_argument("--levels", nargs="*", default=list(LEVELS), choices=LEVELS)
    options = parser.parse_args()
    if options.only is not None:
        made = batch(options.seed, options.only, 1)
        show(made)
        print("\n".join(mismatches(made, of_iree(made), tuple(options.levels))) or "no difference")
        return 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    tally = Tally()
    with suppress(KeyboardInterrupt):  # what is counted so far is worth printing
        for first in range(options.first, options.first + options.count, BATCH):
            made = batch(options.seed, first, min(BATCH, options.first + options.count - first))
            told = of_iree(made)
            tally.add(made, told, list(mismatches(made, told, tuple(options.levels))))
            print(f"\r{tally.text()}", end="", file=sys.stderr, flush=True)
    print(f"\n{tally.text()}")
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
