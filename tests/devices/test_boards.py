"""Emitted programs on microcontrollers, in qemu: without an operating system, the bits of IREE's interpreter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.devices.boards import M0, M4, M7, SMALL, Device, main_file, need, write_module
from tests.hal.support import iree
from transpile.emit import EmitOptions
from transpile.native.toolchain import Optimize

DIGITS = Path(__file__).parents[2] / "examples" / "digits"
IMAGE = np.random.default_rng(5).standard_normal((1, 64)).astype(np.float32)


PROGRAMS = [(M0, "digits", "size"), (M4, "digits", "speed"), (M7, "digits_vmvx", "size")]


@pytest.mark.parametrize(("device", "flow", "optimize"), PROGRAMS, ids=lambda value: getattr(value, "name", value))
def test_the_bits_are_the_same(device: Device, flow: str, optimize: Optimize, tmp_path: Path) -> None:
    """Debian's headers for these have no PRId64, and a Cortex-M0 has no atomic additions."""
    need(*device.board.needed)
    path = DIGITS / f"{flow}.vmfb"
    write_module(path, tmp_path, EmitOptions(prefix="model", rodata="array", optimize=optimize))
    (tmp_path / "main.c").write_text(main_file("classify", [IMAGE], 10))
    printed = device.run(device.build(tmp_path, *SMALL))
    expected = iree(path, "classify", (IMAGE,), tmp_path)
    assert not expected.status
    assert printed == np.frombuffer(expected.results[0], np.uint32).tolist()
