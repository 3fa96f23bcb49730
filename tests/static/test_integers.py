"""Networks of int8 (QDQ): a residual network with int8 weights and activations."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.static.support import made
from tests.static.test_bits import check
from transpile.host.schedule import Run
from transpile.nests.plan.target import CORTEX_M4, HELIUM, SCALAR, Target

DATA = Path(__file__).parent / "data"
FLOWS = ["vmvx", "inline"]
TARGETS: list[int | Target] = [0, 16, 64, SCALAR, CORTEX_M4, HELIUM]


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name if isinstance(target, Target) else target)
def test_the_interpreter_s_bits(target: int | Target, flow: str, tmp_path: Path) -> None:
    check(DATA / f"residual_int8_{flow}.vmfb", tmp_path, target)


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("target", [0, CORTEX_M4], ids=["plain", "cortex-m4"])
def test_sums_become_bytes_before_they_are_stored(target: int | Target, flow: str) -> None:
    """The only image of sums in memory is that which pooling makes bytes of on the way."""
    programs, _, _ = made(DATA / f"residual_int8_{flow}.vmfb", target)
    runs = [step for step in programs[0].schedule.steps if isinstance(step, Run)]
    sums = [run.arrays["out"] for run in runs if run.arrays["out"].element == "i32"]
    assert [walked.storage.size for walked in sums if walked.storage.size > 100] == [4 * 8 * 4 * 4]
