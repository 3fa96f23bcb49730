"""Static programs with their desktop main on other systems give IREE's bits; the table of all devices is made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.devices.boards import need
from tests.devices.hosted import HOSTS, Host
from tests.devices.projects import needed
from tests.devices.show import main
from tests.hal.support import iree
from transpile.ship.boards import BY_CPU

MODULES = Path(__file__).parents[1] / "modules/v17"
DIGITS = Path(__file__).parents[2] / "examples/digits/digits_vmvx.vmfb"


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host.name)
def test_the_bits_are_the_same(host: Host, tmp_path: Path) -> None:
    if host.missing:
        pytest.skip(f"{host.missing} not installed")
    image = np.random.default_rng(5).standard_normal((1, 64)).astype(np.float32)
    results, flash, arena = host.run(DIGITS, "speed", [image], tmp_path)
    assert results == list(iree(DIGITS, "classify", (image,), tmp_path).results)
    assert flash > 12 << 10 and arena == 192


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    """A row for each model, target and level, also of what has state; what is not static says why."""
    need(*needed(BY_CPU["cortex-m4"]))
    assert main(["digits", "stateful", str(MODULES / "tensor_loop.vmfb"), "--target=cortex-m4"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[:4] for line in lines[:4]] == [
        [model, "cortex-m4", level, "equal"] for model in ("digits", "stateful") for level in ("size", "speed")
    ]
    assert all("not static: power_iteration" in line for line in lines[4:]) and len(lines) == 6
