"""The measurement this project began with, made again: ResNet-50 in IREE's interpreter and as C.

Then the C was IREE's own output (`vm-c`), slower than the interpreter and larger than the bytecode.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from compare.cases import Case
from compare.comparison import Settings, compare_all
from compare.engines import Unavailable
from compare.iree_leg import IreeToolLeg
from compare.leg import Leg
from compare.legs import IREE, NATIVE, ONNX, Wanted
from compare.modules import result_kinds
from compare.results import CaseResult, LegResult, Report
from compare.suite import build, builders
from compare.targets import FAST, TWO, promised_legs, remembered
from compare.text import seconds, size
from transpile.container import Module

PROGRAM = "light_resnet50_vmvx"
IREE_TWO = f"{IREE}, 2 threads"
TASKS = ("--device=local-task", "--task_topology_group_count=2")


@dataclass(frozen=True)
class Line:
    """One row of the table: what was measured, then and now."""

    what: str
    then: str
    now: str
    two_threads: str = ""


THEN = {"interpreter": 147.856, "C": 448.154}
THEN_BYTES = {"bytecode": 200_000, "C": 380_000}


def measure_history(
    folder: Path | None, settings: Settings, progress: Callable[[str], None]
) -> tuple[Report, list[Line]]:
    """Measure, and set both beside each other."""
    report = compare_all(build(builders(folder), [PROGRAM], progress), settings, progress)
    return report, lines(report.cases[0])


def legs(case: Case, module: Module, wanted: Wanted, *, fresh: bool) -> list[Leg]:
    """The interpreter and the fast C, each on one thread and on two."""
    found = [leg for leg in promised_legs(case, module, wanted, fresh=fresh) if leg.name not in (NATIVE, ONNX)]
    tasks = IreeToolLeg(IREE_TWO, case.module, result_kinds(module), flags=TASKS, threads=2)
    return [found[0], remembered(tasks, case, fresh), *found[1:]]


def lines(case: CaseResult) -> list[Line]:
    """The rows; what is wrong or could not be measured has no figure."""
    if case.wrong or not case.legs:
        raise Unavailable(
            "; ".join([*case.notes, *(f"{leg.name} is wrong: {leg.verdict.detail}" for leg in case.wrong)])
        )
    found = [
        Line("interpreter, one call", _then("interpreter"), _time(case.leg(IREE)), _time(case.leg(IREE_TWO))),
        Line("C, one call", _then("C"), _time(case.leg(FAST)), _time(case.leg(TWO))),
        Line("C takes", f"{THEN['C'] / THEN['interpreter']:.1f} of its time", *_gains(case)),
    ]
    return [*found, *_sizes(case)]


def _then(what: str) -> str:
    return f"{1000 * THEN[what]:,.0f} ms"


def _time(leg: LegResult | None) -> str:
    if leg is None or not leg.shown or leg.estimate is None:
        return ""
    earlier = any(note.startswith("measured earlier") for note in leg.facts.notes)
    return f"{1000 * leg.estimate.median:,.1f} ms{'*' if earlier else ''}"


def _gains(case: CaseResult) -> tuple[str, str]:
    """What part of the interpreter's time the C takes, on as many threads."""
    pairs = ((case.leg(FAST), case.leg(IREE)), (case.leg(TWO), case.leg(IREE_TWO)))
    one, two = (_gain(fast, slow) for fast, slow in pairs)
    return one, two


def _gain(fast: LegResult | None, slow: LegResult | None) -> str:
    if not (fast and slow and fast.estimate and slow.estimate):
        return ""
    return f"1/{slow.estimate.median / fast.estimate.median:,.0f} of its time"


def _sizes(case: CaseResult) -> list[Line]:
    if case.size is None:
        return []
    rows = [Line("bytecode", size(THEN_BYTES["bytecode"]), f"{case.size.bytecode:,} bytes")]
    for each in case.builds:
        text = f"{each.own.text:,} bytes"
        rows.append(Line(f"machine code at {each.level}", size(THEN_BYTES["C"]), text))
        both = f"{each.own.text + each.own.rodata + each.own.data:,} bytes"
        rows.append(Line(f"with tables, texts and data, at {each.level}", "", both))
    built = next((each for each in case.builds if each.level == "speed"), None)
    return [*rows, Line("from .vmfb to a library", "", seconds(built.library_seconds))] if built else rows
