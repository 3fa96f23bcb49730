"""What loading takes the second time: `python -m compare loads`."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from compare.cli import PROBLEM, compare

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_table() -> None:
    result = CliRunner().invoke(compare, ["loads", str(EXAMPLES / "fibonacci" / "fibonacci.vmfb"), "--rounds=1"])
    assert result.exit_code == 0, result.output
    (line,) = (line for line in result.output.splitlines() if "fibonacci.vmfb" in line)
    assert line.count(" ms ") == 3


def test_a_process_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compare.loads._ROUND", "import sys; sys.exit('no numpy here')")
    result = CliRunner().invoke(compare, ["loads", str(EXAMPLES / "collatz" / "collatz.vmfb"), "--rounds=1"])
    assert result.exit_code == PROBLEM and "no numpy here" in result.output
