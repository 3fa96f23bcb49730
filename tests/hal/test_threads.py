"""The number of threads changes neither results nor failures."""

from __future__ import annotations

import numpy as np
import pytest

from tests.hal.support import loaded, ours

COUNTS = [2, 3, 8]


@pytest.mark.parametrize("threads", COUNTS)
def test_results(threads: int) -> None:
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((2, 700)).astype(np.float32)
    m = rng.standard_normal((130, 190)).astype(np.float32)
    for function, arguments in (("outer", [a, b]), ("mm", [m, m.T.copy()]), ("add", [a, b])):
        one = ours(loaded("tensors", 1), function, arguments)
        assert not one.status and ours(loaded("tensors", threads), function, arguments) == one


@pytest.mark.parametrize("threads", COUNTS)
def test_the_first_workgroup_that_fails_is_the_one_reported(threads: int) -> None:
    a, b = np.zeros(50_000, np.float32), np.zeros(20_000, np.float32)
    one = ours(loaded("tensors", 1), "add", [a, b])
    assert one.status == "OUT_OF_RANGE" and "offset=80000, length=4" in one.message
    for _ in range(20):
        assert ours(loaded("tensors", threads), "add", [a, b]) == one
