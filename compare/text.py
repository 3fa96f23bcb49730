"""Numbers as people read them."""

from __future__ import annotations

from compare.equality import Verdict
from compare.stats import Estimate


def seconds(value: float) -> str:
    """A duration with three digits."""
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if value * factor >= 1:
            return f"{three(value * factor)} {unit}"
    return f"{three(value * 1e9)} ns"


def interval(estimate: Estimate) -> str:
    """The interval around a duration."""
    if estimate.count < 2:
        return "one sample"
    return f"{seconds(estimate.low)} to {seconds(estimate.high)}"


def ratio(estimate: Estimate) -> str:
    """A ratio with its interval."""
    if estimate.count < 2:
        return f"{three(estimate.median)}x (one pair)"
    return f"{three(estimate.median)}x [{three(estimate.low)}, {three(estimate.high)}]"


def size(count: int) -> str:
    """Bytes with three digits."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{three(count / factor)} {unit}"
    return f"{count} bytes"


def three(value: float) -> str:
    """A number with three digits."""
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f}"


def rate(per_second: float, unit: str) -> str:
    """A rate in billions."""
    return f"{three(per_second / 1e9)} G{unit}/s"


def verdict_text(verdict: Verdict) -> str:
    """What is to be said of a leg's outputs."""
    if verdict.state == "close":
        distance = f"{verdict.ulp:,} ULP" if verdict.ulp is not None else verdict.detail
        return f"close ({distance})"
    if verdict.state == "equal":
        return "equal bits"
    return f"{'WRONG' if verdict.state == 'wrong' else 'not run'}: {verdict.detail}"


def the(leg: str) -> str:
    """A leg in a sentence: the IREE interpreter, but ONNX Runtime."""
    return f"the {leg}" if leg.endswith("interpreter") else leg
