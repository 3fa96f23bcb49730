"""Static programs on microcontrollers in qemu: IREE's bits, and sizes that are promised."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.devices.boards import M0, M4, Board, need
from tests.devices.static import run
from tests.hal.support import iree
from transpile.nests.plan.target import CORTEX_M4, SCALAR, Target

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "examples/digits/digits_vmvx.vmfb"
RESIDUAL = ROOT / "tests/static/data/residual_vmvx.vmfb"
CASES = [
    (M0, DIGITS, "classify", (1, 64), None),
    (M4, DIGITS, "classify", (1, 64), SCALAR),
    (M4, RESIDUAL, "residual", (1, 3, 8, 8), None),
    (M4, RESIDUAL, "residual", (1, 3, 8, 8), CORTEX_M4),
]


@pytest.mark.parametrize(
    ("board", "path", "function", "shape", "target"),
    CASES,
    ids=lambda value: getattr(value, "cpu", getattr(value, "name", None)),
)
def test_the_bits_are_the_same(
    board: Board, path: Path, function: str, shape: tuple[int, ...], target: Target | None, tmp_path: Path
) -> None:
    need("arm-none-eabi-gcc", "qemu-system-arm")
    image = np.random.default_rng(5).standard_normal(shape).astype(np.float32)
    found = run(board, path, target, [image], tmp_path)
    expected = iree(path, function, (image,), tmp_path)
    assert not expected.status
    assert found.bits == np.frombuffer(expected.results[0], np.uint32).tolist()
    assert 0 < found.stack < 1024 and found.code > 0 and found.instructions > found.constants


def test_digits_fits_into_little(tmp_path: Path) -> None:
    """Its weights are 12 kB: with start-up, below 16 kB of flash, and below 1 kB of memory."""
    need("arm-none-eabi-gcc", "qemu-system-arm")
    image = np.random.default_rng(5).standard_normal((1, 64)).astype(np.float32)
    found = run(M4, DIGITS, None, [image], tmp_path)
    assert found.code + found.constants < 16384
    assert found.arena + found.stack + 4 * 10 < 1024
