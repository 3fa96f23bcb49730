"""The table of `tests.hal.show` says so when something is wrong."""

from __future__ import annotations

from pathlib import Path

from tests.hal.show import SMALL, Row, small_verdict
from tests.hal.support import Outcome


def test_a_small_program_is_held_against_iree(tmp_path: Path) -> None:
    row = SMALL[0].row("none", tmp_path)
    assert row.right and row.verdict == "equal bits, 1 results" and "dynamic shapes" in str(row)


def test_what_differs_is_wrong() -> None:
    good = Outcome("", "", (b"\0",))
    for other in (Outcome("", "", (b"\1",)), Outcome("OUT_OF_RANGE", "", ())):
        assert not Row("p", "s", small_verdict(good, other)).right
    failed = Outcome("OUT_OF_RANGE", "", ())
    assert not Row("p", "s", small_verdict(failed, failed)).right
