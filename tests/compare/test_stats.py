"""Intervals hold what they promise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from compare.stats import estimate, paired, spread


def test_the_interval_holds_the_median_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    trials = 4000
    for count in (6, 9, 15, 30):
        held = 0
        for samples in rng.lognormal(size=(trials, count)):
            found = estimate(samples.tolist())
            held += found.low <= 1.0 <= found.high  # the median of this distribution is 1
        assert held / trials > 0.95 - 3 * math.sqrt(0.05 * 0.95 / trials)


def test_a_few_samples_give_their_range() -> None:
    found = estimate([3.0, 1.0, 2.0])
    assert (found.median, found.low, found.high, found.count) == (2.0, 1.0, 3.0, 3)


def test_ratios_are_taken_pair_by_pair() -> None:
    found = paired([2.0, 20.0, 4.0], [1.0, 10.0, 2.0])
    assert (found.median, found.low, found.high) == (2.0, 2.0, 2.0)


def test_spread_is_relative() -> None:
    assert spread([1.0, 1.0, 1.0, 1.0, 1.0]) == 0
    assert spread([10.0, 20.0, 30.0, 40.0, 50.0]) == pytest.approx(1.0)
