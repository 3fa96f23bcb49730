"""What the time of all programs goes into: loops by how they run, or by what keeps them from running better."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from compare.results import RUNTIME, CaseResult, Hot, Report


@dataclass(frozen=True)
class Cost:
    """One reason, or one kind of code that has none."""

    what: str
    share: float
    """Of a program's time, the mean over all programs."""
    programs: list[tuple[str, float]]
    """Those that have it, with its share of their time, most first."""
    missing: bool
    """Whether it is a reason, that is, a rewrite that is missing."""


def costs(report: Report) -> list[Cost]:
    """Most first; of programs whose time is known, in one form each."""
    cases = [case for case in report.cases if case.hot and not case.variant_of]
    if not any(hot.plan for case in cases for hot in case.hot):
        return []  # a run without loops, or of before they were told apart
    shares: dict[tuple[str, bool], dict[str, float]] = defaultdict(dict)
    for case in cases:
        for what, share in _shares(case).items():
            shares[what][case.name] = share
    found = [
        Cost(what, sum(each.values()) / len(cases), sorted(each.items(), key=lambda pair: -pair[1]), missing)
        for (what, missing), each in shares.items()
    ]
    return sorted(found, key=lambda cost: -cost.share)


def _shares(case: CaseResult) -> dict[tuple[str, bool], float]:
    found: dict[tuple[str, bool], float] = defaultdict(float)
    for hot in case.hot:
        found[_what(hot)] += hot.share
    return found


def _what(hot: Hot) -> tuple[str, bool]:
    if hot.reason:
        return f"{hot.plan}: {hot.reason}", True
    return hot.plan or (f"runtime: {hot.function}" if hot.location == RUNTIME else "code around loops"), False
