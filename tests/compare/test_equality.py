"""Equality is bit for bit where it must be, and says where it ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from compare.equality import judge, ulp_distance
from compare.values import Outcome


def outcome(*values: Any) -> Outcome:
    return Outcome(tuple(np.asarray(value) for value in values))


FLOATS = np.array([1.0, -2.0, 0.0, np.nan], np.float32)


def changed(bits: int) -> np.ndarray[Any, Any]:
    other = FLOATS.copy()
    other.view(np.int32)[1] += bits
    return other


def test_the_same_bits_are_equal() -> None:
    verdict = judge([outcome(FLOATS, 3)], [outcome(FLOATS.copy(), 3)], exact=True)
    assert (verdict.state, verdict.calls) == ("equal", 1)


def test_one_bit_is_wrong_for_an_exact_leg() -> None:
    verdict = judge([outcome(FLOATS)], [outcome(changed(1))], exact=True)
    assert verdict.state == "wrong"
    assert "1 of 4 elements differ, element 1" in verdict.detail
    assert verdict.ulp == 1


def test_one_bit_is_close_for_a_foreign_leg() -> None:
    assert judge([outcome(FLOATS)], [outcome(changed(1))], exact=False).state == "close"


def test_a_large_difference_is_wrong_for_a_foreign_leg() -> None:
    assert judge([outcome(FLOATS)], [outcome(changed(1 << 18))], exact=False).state == "wrong"


@pytest.mark.parametrize("other", [np.zeros(4, np.int32), np.zeros((2, 2), np.float32), np.zeros(4, np.float64)])
def test_other_types_and_shapes_are_wrong(other: np.ndarray[Any, Any]) -> None:
    assert judge([outcome(FLOATS)], [outcome(other)], exact=False).state == "wrong"


def test_integers_are_never_close() -> None:
    assert judge([outcome(np.array([1000000]))], [outcome(np.array([1000001]))], exact=False).state == "wrong"


def test_signed_zeros_and_nan_payloads_are_different_bits() -> None:
    zeros = outcome(np.float32(0.0)), outcome(np.float32(-0.0))
    nans = (
        outcome(np.array([0x7FC00000], np.uint32).view(np.float32)),
        outcome(np.array([0x7FC00001], np.uint32).view(np.float32)),
    )
    for a, b in (zeros, nans):
        assert judge([a], [b], exact=True).state == "wrong"
        assert judge([a], [b], exact=False).state == "close"


def test_failures_are_compared_by_status() -> None:
    failed = Outcome(failure="OUT_OF_RANGE")
    assert judge([failed], [failed], exact=True).state == "equal"
    assert judge([failed], [Outcome(failure="INTERNAL")], exact=False).state == "wrong"
    assert judge([failed], [outcome(1)], exact=False).detail == "call 1: success instead of OUT_OF_RANGE"


def test_lists_are_compared_by_element() -> None:
    a, b = Outcome(([np.asarray(1), None],)), Outcome(([np.asarray(2), None],))
    assert judge([a], [a], exact=True).state == "equal"
    assert "result 0[0]" in judge([a], [b], exact=True).detail


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_ulp_distance_counts_neighbours(kind: type) -> None:
    one, tiny = np.array([1, 0], kind), np.array([1, 0], kind)
    tiny[1] = -np.nextafter(kind(0), kind(1))
    assert ulp_distance(one, one) == 0
    assert ulp_distance(one, tiny) == 1
    assert ulp_distance(np.array([np.nan], kind), np.array([np.nan], kind)) == 0
