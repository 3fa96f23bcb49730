"""Random loop nests, as C with its nests raised against the literal C and IREE's interpreter.

    python -m tests.nests.random --count 5000 --seed 1

`--only 17` runs one nest of the seed, and prints its bytecode and its C.
"""

from __future__ import annotations

import argparse
import random
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from tests.behaviour.witnesses import Witness
from tests.nests.engines import Answer, Interpreter, Literal, Raised, answer, answers
from tests.nests.families import random_case
from tests.nests.simulate import simulate
from tests.nests.suite import HELPERS, SLOTS, Call, Case, Suite
from transpile import container
from transpile.emit import EmitOptions, emit
from transpile.ir import Registers, lift_function
from transpile.isa.disasm import module_lines
from transpile.native.toolchain import Optimize
from transpile.nests.find.recognise import find
from transpile.nests.forms import has_expressions
from transpile.passes import optimise

BATCH = 40
WIDTHS = (16, 32, 64)
THREADS = 3
OTHER_LEVELS: tuple[Optimize, ...] = ("size", "speed")
_OF_SEVERAL = re.compile(r"mnemonic='(?:add|sub|mul|div|rem|fma|min|max|pow|atan2)\.f(?:32|64)'")


@dataclass
class Counts:
    """What a run has seen."""

    nests: int = 0
    calls: int = 0
    failing: int = 0
    interpreted: int = 0
    mismatches: list[str] = field(default_factory=list)
    choices: int = 0
    raised: int = 0
    entered: int = 0
    taken: int = 0
    families: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def summary(self) -> str:
        return (
            f"{self.nests} nests, {self.calls} calls ({self.failing} of them fail, {self.interpreted} also by IREE), "
            f"{len(self.mismatches)} mismatches, {self.choices} choices among NaNs, "
            f"{self.raised} nests raised, "
            f"fast version taken {self.taken} of {self.entered} times"
        )


def made(seed: str, number: int) -> Case:
    """The nest of this number."""
    return random_case(random.Random(f"{seed} {number}"), f"k{number}")


def batch(seed: str, first: int, count: int) -> Suite:
    return Suite("nests", [made(seed, n) for n in range(first, first + count)])


def run(
    suite: Suite,
    counts: Counts,
    widths: Sequence[int] = WIDTHS,
    level: Optimize = "speed",
    sanitize: bool = False,
) -> None:
    """Runs a suite in all engines and adds to the counts."""
    image = suite.image()
    _count_nests(image, suite, counts)
    literal = Literal(image, suite.conventions)
    told = Reference(literal, answers(literal, suite), {case.kernel.name: case for case in suite.cases})
    counts.nests += len(suite.cases)
    counts.calls += len(told.answers)
    counts.failing += sum(outcome != () for outcome, _ in told.answers.values())
    counts.families.update(case.family for case in suite.cases)
    if not sanitize:  # IREE throws C++ exceptions, which a preloaded sanitizer cannot pass on
        _against_interpreter(image, suite, told, counts)
    for width in widths:
        raised = Raised(image, suite.conventions, width, level, sanitize=sanitize)
        found = answers(raised, suite)
        entered, taken = raised.counts()
        counts.entered += entered
        counts.taken += taken
        told.compare(found, raised, f"raised for {width}-byte vectors", counts)
        raised.split(THREADS)
        told.compare(answers(raised, suite), raised, f"and cut into {THREADS} parts", counts)


@dataclass
class Reference:
    """The literal loops, and what they answer."""

    literal: Literal
    answers: dict[tuple[str, Call], Answer]
    cases: dict[str, Case]

    def compare(self, found: dict[tuple[str, Call], Answer], witness: Witness, what: str, counts: Counts) -> None:
        """Adds every answer that is another one to the mismatches, or to the choices among NaNs."""
        for (name, call), mine in found.items():
            expected = self.answers[name, call]
            if mine == expected:
                continue
            if self._is_a_choice(witness, name, call, mine):
                counts.choices += 1
            else:
                counts.mismatches.append(f"{name} {call}: {what} {mine}, the literal loop {expected}")

    def _is_a_choice(self, witness: Witness, name: str, call: Call, mine: Answer) -> bool:
        """Whether the C compiler decides it: which of several operands' NaN a float operation gives (see
        docs/differences.md).  Then nothing but NaNs is different; or, if the bytes of a NaN are read as something else,
        the literal loop gives this answer too as soon as it is compiled in another way."""
        kernel = self.cases[name].kernel
        if not _OF_SEVERAL.search(repr(kernel)):
            return False
        if answer(witness, name, call, canonical=True) == answer(self.literal, name, call, canonical=True):
            return True
        alone = Suite("alone", [Case(kernel, (call,))])
        others = (Literal(alone.image(), alone.conventions, level) for level in OTHER_LEVELS)
        return any(answer(other, name, call) == mine for other in others)


def _against_interpreter(image: bytes, suite: Suite, told: Reference, counts: Counts) -> None:
    """The literal C against IREE, where no documented difference is involved."""
    interpreter = Interpreter(image, suite.conventions)
    some = Suite(suite.name, [])
    for case in suite.cases:
        safe = (c for c in case.calls if c.exact and _is_noticed(case, c, told.answers[case.kernel.name, c]))
        some.cases.append(Case(case.kernel, tuple(safe), case.family))
    found = answers(interpreter, some)
    counts.interpreted += len(found)
    told.compare(found, interpreter, "IREE", counts)


def _is_noticed(case: Case, call: Call, answer: Answer) -> bool:
    """Whether IREE notices the failure too: it does not where the sum of a negative offset and the size wraps."""
    if answer[0] != "OUT_OF_RANGE":
        return True
    lengths = [SLOTS[p] for p in call.picks]
    readable, writable = [s.readable for s in lengths], [s.writable for s in lengths]
    return simulate(case.kernel, call.params, readable, writable, 100000)[0] == "fails"


def _count_nests(image: bytes, suite: Suite, counts: Counts) -> None:
    module = container.load(image)
    registers = Registers(module)
    for place in range(len(suite.cases)):
        fn = lift_function(module, HELPERS + 2 * place, registers)
        optimise(fn)
        found = find(fn)
        counts.raised += sum(has_expressions(nest) for nest in found.nests.values())
        counts.reasons.update(found.refused.values())
        plain = [nest for nest in found.nests.values() if not has_expressions(nest)]
        counts.reasons.update("operations without a C expression" for _ in plain)


def show(suite: Suite, width: int) -> None:
    """Bytecode and C of a suite."""
    module = container.load(suite.image())
    print("\n".join(module_lines(module)))
    output = emit(module, EmitOptions(optimize="speed", vector_bytes=width))
    print("\n".join(str(text) for name, text in output.files.items() if "_nests" in name))
    for case in suite.cases:
        print(case.family, *case.calls, sep="\n  ")


def _run_all(counts: Counts, options: argparse.Namespace) -> None:
    started, told = time.monotonic(), 0
    for first in range(options.first, options.first + options.count, BATCH):
        size = min(BATCH, options.first + options.count - first)
        turn = first // BATCH % len(options.widths)
        widths = options.widths[turn : turn + 1] if options.rotate else options.widths
        run(batch(options.seed, first, size), counts, widths, options.level, options.sanitize)
        print("\n".join(counts.mismatches[told:]), end="\n" if counts.mismatches[told:] else "", flush=True)
        told = len(counts.mismatches)
        print(f"\r{counts.summary()}, {time.monotonic() - started:.0f} s", end="", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.nests.random", description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only", type=int)
    parser.add_argument("--widths", type=int, nargs="*", default=list(WIDTHS), choices=WIDTHS)
    parser.add_argument("--rotate", action="store_true", help="one of the widths for each batch, in turn")
    parser.add_argument("--level", default="speed", choices=("speed", "size", "none"), help="of the C compiler")
    parser.add_argument("--sanitize", action="store_true", help="with the address and undefined-behaviour sanitizers")
    options = parser.parse_args(arguments)
    counts = Counts()
    if options.only is not None:
        suite = batch(options.seed, options.only, 1)
        show(suite, options.widths[0])
        run(suite, counts, options.widths, options.level, options.sanitize)
        print("\n".join([*counts.mismatches, counts.summary()]))
        return 1 if counts.mismatches else 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):  # what is counted so far is worth printing
        _run_all(counts, options)
    print(f"\n{counts.summary()}")
    print("families:", *(f"  {many:6} {name}" for name, many in counts.families.most_common()), sep="\n")
    print("loops left as they are:", *(f"  {many:6} {why}" for why, many in counts.reasons.most_common()), sep="\n")
    return 1 if counts.mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
