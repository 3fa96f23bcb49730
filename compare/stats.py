"""Medians with confidence intervals that assume nothing about the distribution, and what is noisy."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95
NOISY_SPREAD = 0.05
"""Half of the samples lie further apart than this part of the median: said in every report."""


@dataclass(frozen=True)
class Estimate:
    """A median and the interval that holds the true one with 95 % confidence.

    Fewer than six samples cannot say that much: then the interval is that of the samples.
    """

    median: float
    low: float
    high: float
    count: int

    def scaled(self, factor: float) -> Estimate:
        """The same in another unit."""
        return Estimate(self.median * factor, self.low * factor, self.high * factor, self.count)


def estimate(samples: Sequence[float]) -> Estimate:
    """Median and interval of at least one sample, from its order statistics."""
    ordered = sorted(samples)
    rank = _rank(len(ordered))
    return Estimate(statistics.median(ordered), ordered[rank], ordered[-1 - rank], len(ordered))


def paired(numerators: Sequence[float], denominators: Sequence[float]) -> Estimate:
    """The ratio of two legs, taken round by round: what slows a whole round down cancels out."""
    return estimate([a / b for a, b in zip(numerators, denominators, strict=True)])


def geometric_mean(values: Sequence[float]) -> float:
    """The mean of ratios."""
    return math.exp(statistics.fmean(math.log(value) for value in values))


def spread(samples: Sequence[float]) -> float:
    """The distance between the quartiles as a part of the median; 0 for fewer than four samples."""
    if len(samples) < 4:
        return 0.0
    first, median, third = statistics.quantiles(samples, n=4)
    return (third - first) / median if median else 0.0


def _rank(count: int) -> int:
    """How many samples may be cut off at each end: below the k-th order statistic the median lies with the
    probability that a fair coin falls heads fewer than k times."""
    cut, tail = 0, 0.5**count
    while 2 * tail <= 1 - CONFIDENCE and cut < count // 2:
        cut += 1
        tail += math.comb(count, cut) * 0.5**count
    return max(0, cut - 1)
