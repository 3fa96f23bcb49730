"""Regressions against an earlier report.

Two runs are on two days, maybe on two machines: what is compared is a leg's time relative to the base leg of the same
run.  The base itself is compared by its time, if both runs are on the same kind of processor.
"""

from __future__ import annotations

from typing import Any

from compare.engines import Unavailable
from compare.results import CaseResult, LegResult, Report
from compare.stats import Estimate

THRESHOLD = 0.10
"""A leg that takes so much more of its time has regressed, if the intervals do not overlap either."""


def mark(report: Report, earlier: dict[str, Any], name: str, threshold: float = THRESHOLD) -> None:
    """Note on every leg how its time has changed, and whether that is a regression."""
    if earlier["clock"] != report.clock:
        raise Unavailable(f"{name} has {earlier['clock']} times, this run has {report.clock} times")
    report.baseline = name
    same_machine = earlier["machine"]["processor"] == report.machine.processor
    old = {case["name"]: case for case in earlier["cases"]}
    for case in report.cases:
        if case.name in old:
            _mark_case(case, old[case.name], threshold, same_machine)
    report.missing = sorted(old.keys() - {case.name for case in report.cases})


def _mark_case(case: CaseResult, old: dict[str, Any], threshold: float, same_machine: bool) -> None:
    before = {leg["name"]: leg for leg in old["legs"]}
    same_base = old["base"] == case.base
    for leg in case.legs:
        earlier = before.get(leg.name)
        if earlier is None:
            continue
        relative = same_base and leg.name != case.base
        was, now = _cost(earlier, relative), _current(leg, relative)
        if now is None:
            leg.regressed = was is not None  # it ran before, and its output was right
        elif was is not None and (relative or same_machine):
            leg.change = Estimate(now.median / was.median, now.low / was.high, now.high / was.low, now.count)
            leg.regressed = leg.change.median > 1 + threshold and leg.change.low > 1


def _current(leg: LegResult, relative: bool) -> Estimate | None:
    if not leg.shown:
        return None
    return _inverse(leg.ratio) if relative and leg.ratio else leg.estimate


def _cost(leg: dict[str, Any], relative: bool) -> Estimate | None:
    found = leg["ratio"] if relative else leg["seconds"]
    if found is None or leg["verdict"]["state"] not in ("equal", "close"):
        return None
    return _inverse(Estimate(**found)) if relative else Estimate(**found)


def _inverse(ratio: Estimate) -> Estimate:
    return Estimate(1 / ratio.median, 1 / ratio.high, 1 / ratio.low, ratio.count)
