"""The measurement on threads: its outputs are compared, its ratio is what decides."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from compare.builds import LEVELS
from compare.cli import WRONG, compare
from compare.measure import Plan
from compare.threads import Made, ahead_of_time, scaling, with_runtime

MODULE = Path(__file__).parents[1] / "modules" / "v17" / "matmul_vmvx.vmfb"


@pytest.mark.parametrize("made", [with_runtime(LEVELS[-1]), ahead_of_time], ids=["runtime", "static"])
def test_both_legs_are_compared_and_timed(made: Made) -> None:
    found = scaling(MODULE, made, 2, Plan(rounds=3, sample_seconds=0.001, clock="wall"))
    assert found.verdict.state == "equal" and found.verdict.calls == 1
    assert len(found.one.samples) == len(found.several.samples) == 3
    assert found.ratio.median > 0


def test_too_small_a_ratio_sets_the_exit_code() -> None:
    arguments = ["threads", str(MODULE), "--optimize=none", "--rounds=1"]
    assert CliRunner().invoke(compare, arguments).exit_code == 0
    assert CliRunner().invoke(compare, [*arguments, "--at-least=1000"]).exit_code == WRONG
