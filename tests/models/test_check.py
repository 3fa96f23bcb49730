"""The large models, where they have been built: TRANSPILE_MODELS names the directory that `build.py` filled."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.models.check import EXPECTED, check, digest, judge, seeded
from transpile.native.toolchain import Optimize

FOLDER = os.environ.get("TRANSPILE_MODELS", "")


def test_inputs_are_what_the_hashes_were_recorded_for() -> None:
    assert digest(seeded(0)) == "c4c013fd2c3e142f"


def test_a_wrong_output_is_noticed() -> None:
    image = seeded(0)
    assert judge(image, image.copy(), None) == "equal bits"
    assert judge(image, -image, None).startswith("DIFFERS")
    assert judge(image, None, "0" * 16).startswith("DIFFERS")
    assert "not compared" in judge(image, None, None)


@pytest.mark.slow
@pytest.mark.skipif(not FOLDER, reason="TRANSPILE_MODELS is not set")
@pytest.mark.parametrize("level", ["speed", "size"])
@pytest.mark.parametrize("name", list(EXPECTED)[:3])
def test_large_models_give_the_right_bits(name: str, level: Optimize) -> None:
    (row,) = check(Path(FOLDER, f"{name}_inline.vmfb"), [0], level, oracle=False)
    assert row.verdict == "equal hash"
