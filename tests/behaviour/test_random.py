"""A few random programs; `python -m tests.behaviour.random` runs as many as there is time for."""

from __future__ import annotations

import pytest

from tests.behaviour import random
from tests.behaviour.programs import batch
from tests.behaviour.witnesses import LEVELS
from transpile.toolchain import Optimize

COUNT = 40


@pytest.mark.parametrize("level", LEVELS)
def test_random_programs(level: Optimize) -> None:
    assert not list(random.mismatches(batch("tests", 0, COUNT), (level,)))
