"""A few random programs; `python -m tests.behaviour.random` runs as many as there is time for."""

from __future__ import annotations

from tests.behaviour import random
from tests.behaviour.programs import batch

COUNT = 40


def test_random_programs() -> None:
    made = batch("tests", 0, COUNT)
    assert not list(random.mismatches(made, random.of_iree(made)))
