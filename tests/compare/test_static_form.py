"""The measurement of programs evaluated ahead of time: outputs are compared, and what each takes is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from compare.cli import compare
from compare.measure import Plan
from compare.resources import EXAMPLES
from compare.static_form import FORMS, measured
from transpile.host.values import NotStatic

ROOT = Path(__file__).parents[2]
PRODUCT = EXAMPLES / "matmul" / "matmul.vmfb"


def test_both_levels_are_compared_and_timed() -> None:
    rows = measured(PRODUCT, Plan(rounds=3, sample_seconds=0.001), seeds=2)
    assert [(row.level, row.verdict.state) for row in rows] == [(level, "equal") for level in FORMS]
    assert all(len(row.timing.samples) == len(row.runtime.samples) == 3 for row in rows)
    assert all((row.takes.arena, row.takes.bound, len(row.takes.steps)) == (0, 0, 1) for row in rows)


def test_numbers_are_passed_by_value() -> None:
    rows = measured(ROOT / "tests/static/data/numbers_vmvx.vmfb", Plan(rounds=1, sample_seconds=0.001), seeds=2)
    assert [row.verdict.state for row in rows] == ["equal"] * len(FORMS)


def test_the_table() -> None:
    result = CliRunner().invoke(compare, ["static", str(PRODUCT), "--rounds=1", "--inputs=1"])
    assert result.exit_code == 0, result.output
    assert "equal bits" in result.output and all(level in result.output for level in FORMS)


def test_what_is_not_static_says_why() -> None:
    with pytest.raises(NotStatic, match="where an element is depends on data"):
        measured(ROOT / "tests/modules/v17/large_constant.vmfb", Plan(rounds=1))
    result = CliRunner().invoke(compare, ["static", str(ROOT / "tests/modules/v17/large_constant.vmfb")])
    assert result.exit_code != 0 and result.exception is not None
