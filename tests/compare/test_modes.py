"""The measurement of processors and relaxed arithmetic: outputs are compared, and each mode is compiled as it says."""

from __future__ import annotations

from click.testing import CliRunner

from compare.builds import LEVELS, RELAXED
from compare.cli import compare
from compare.measure import Plan
from compare.modes import MODES, measured
from compare.resources import EXAMPLES
from compare.size import build_size
from tests.emit.support import loaded

PRODUCT = EXAMPLES / "matmul" / "matmul.vmfb"


def test_all_modes_are_compared_and_timed() -> None:
    rows = measured(PRODUCT, Plan(rounds=3, sample_seconds=0.001))
    assert [row.name for row in rows] == list(MODES)
    states = {row.name: row.verdict.state for row in rows}
    assert states == {name: "close" if "relaxed" in name else "equal" for name in MODES}
    assert all(len(row.timing.samples) == 3 for row in rows)


def test_the_table_names_them() -> None:
    result = CliRunner().invoke(compare, ["modes", str(PRODUCT), "--rounds=1"])
    assert result.exit_code == 0, result.output
    assert all(name in result.output for name in MODES)


def test_what_is_weighed_is_the_relaxed_code() -> None:
    module = loaded(PRODUCT.read_bytes())
    exact, relaxed = (build_size(module, level, "native") for level in (LEVELS[0], RELAXED))
    assert relaxed.level == "speed, relaxed"
    assert relaxed.own.text != exact.own.text
