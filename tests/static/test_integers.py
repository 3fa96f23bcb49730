"""Networks of int8 (QDQ): a residual network with int8 weights and activations."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.static.test_bits import check
from transpile.nests.plan.target import CORTEX_M4, HELIUM, SCALAR, Target

DATA = Path(__file__).parent / "data"
FLOWS = ["vmvx", "inline"]
TARGETS: list[int | Target] = [0, 16, 64, SCALAR, CORTEX_M4, HELIUM]


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name if isinstance(target, Target) else target)
def test_the_interpreter_s_bits(target: int | Target, flow: str, tmp_path: Path) -> None:
    check(DATA / f"residual_int8_{flow}.vmfb", tmp_path, target)
