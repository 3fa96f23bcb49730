"""Literal C against C by hand and against IREE's interpreter: `python -m compare literal`.

Literal means: generated without raising or transforming loops, compiled with the flags of `--optimize=speed`.  All
legs of a program are measured in one interleaved run, on one thread, by the CPU time of that thread; those in C at
several places in memory, since the place alone can decide a comparison (`compare.placement`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from compare import iree_tools
from compare.builds import LITERAL, by_hand, compiled, iree_compile
from compare.cases import Case
from compare.engines import ByHand, Iree, Unavailable
from compare.equality import Verdict, judge
from compare.iree_leg import IreeToolLeg
from compare.leg import Leg, WorkerLeg
from compare.measure import Plan, Timing, measure
from compare.modules import result_kinds
from compare.placement import PlacedLeg
from compare.resources import EXAMPLES
from compare.values import Call
from transpile import loader


@dataclass(frozen=True)
class Target:
    """What a row is measured against, and the ratio it has to keep."""

    leg: str
    limit: float
    at_most: bool = False
    """The C may take so many times as long, rather than: must be so many times as fast."""


@dataclass(frozen=True)
class Program:
    """One program of the measurement."""

    name: str
    call: Call
    prototype: str = ""
    results: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()

    @property
    def module(self) -> Path:
        return EXAMPLES / self.name / f"{self.name}.vmfb"

    def case(self) -> Case:
        """The program as any other that is compared."""
        return Case(self.name, self.module, (self.call,), ((self.call,),))


BY_HAND = Target("C by hand", 1.15, at_most=True)
IREE = "IREE interpreter"
EMITTED = "emitted literal C"

PROGRAMS = (
    Program(
        "collatz",
        Call("longest", (20000,)),
        "int32_t collatz_longest(int64_t n, int64_t *start, int64_t *steps);",
        ("int64_t", "int64_t"),
        (BY_HAND,),
    ),
    Program(
        "fibonacci",
        Call("fib", (1000000,)),
        "int32_t fibonacci_fib(int32_t n, int64_t *result);",
        ("int64_t",),
        (BY_HAND,),
    ),
    Program(
        "sieve",
        Call("count", (1000000,)),
        "int32_t sieve_count(int32_t n, int32_t *result);",
        ("int32_t",),
        (BY_HAND,),
    ),
)
SIZE = 512


@dataclass(frozen=True)
class Row:
    """One program measured: the timings by leg, the verdicts on their outputs, the targets."""

    name: str
    timings: dict[str, Timing]
    verdicts: dict[str, Verdict]
    targets: tuple[Target, ...]


def rows(plan: Plan, progress: Callable[[str], None] = lambda text: None) -> Iterator[Row]:
    """All rows, each as soon as it is measured."""
    for program in PROGRAMS:
        progress(program.name)
        yield _measured(program.name, _legs(program), program.call, program.targets, plan)
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        progress(f"matmul {SIZE}x{SIZE}x{SIZE}")
        yield _matmul(Path(folder), plan)


def _legs(program: Program) -> list[Leg]:
    module = loader.read(program.module)
    return [
        PlacedLeg(EMITTED, lambda shift, facts: compiled(module, LITERAL, facts, shift=shift)),
        PlacedLeg(BY_HAND.leg, lambda shift, _: _hand(program, shift)),
        WorkerLeg(IREE, lambda facts: Iree(program.module)),
    ]


def hand_legs(name: str) -> list[Leg]:
    """The program of that name written by hand in C, if there is one."""
    found = [program for program in PROGRAMS if program.name == name]
    return [PlacedLeg(BY_HAND.leg, lambda shift, _, program=program: _hand(program, shift)) for program in found]  # type: ignore[misc]


def _hand(program: Program, shift: int) -> ByHand:
    return by_hand(program.module.with_name("by_hand.c"), program.prototype, program.results, shift)


def _matmul(folder: Path, plan: Plan) -> Row:
    source, path = folder / "matmul.mlir", folder / "matmul.vmfb"
    text = (EXAMPLES / "matmul" / "matmul.mlir").read_text()
    source.write_text(text.replace("64x64xf32", f"{SIZE}x{SIZE}xf32"))
    iree_compile(source, path, iree_tools.INLINE)
    module = loader.read(path)
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((SIZE, SIZE)).astype(np.float32) for _ in range(2))
    legs: list[Leg] = [
        WorkerLeg(EMITTED, lambda facts: compiled(module, LITERAL, facts)),
        IreeToolLeg(IREE, path, result_kinds(module)),
    ]
    return _measured(f"matmul {SIZE}", legs, Call("mm", (a, b)), (Target(IREE, 5),), plan)


def _measured(name: str, legs: list[Leg], call: Call, targets: tuple[Target, ...], plan: Plan) -> Row:
    with ExitStack() as stack:
        outcomes = {}
        for leg in legs:
            stack.callback(leg.finish)
            leg.start()
            outcomes[leg.name] = leg.outcomes([call])[0]
        reference = outcomes[legs[-1].name][0]
        verdicts = {leg.name: judge([reference], [outcomes[leg.name][0]], leg.exact) for leg in legs}
        known = {name: sample for name, (_, sample) in outcomes.items() if plan.too_slow(sample)}
        timings = measure(legs, [call], plan, known)
    for name_, timing in timings.items():
        if timing.failure:
            raise Unavailable(f"{name_}: {timing.failure}")
    return Row(name, timings, verdicts, targets)
