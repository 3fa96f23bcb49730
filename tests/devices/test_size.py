"""What is in the program of a small device, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.csupport.support import COMPILERS
from tests.csupport.support import run as ran
from tests.devices.boards import write_module
from transpile.emit import EmitOptions
from transpile.resources import CSUPPORT

DIGITS = Path(__file__).parents[2] / "examples" / "digits"


@pytest.mark.parametrize("flow", ["digits", "digits_vmvx"])
def test_without_diagnostics_nothing_is_kept_for_them(flow: str, tmp_path: Path) -> None:
    """No place in the source is."""
    write_module(DIGITS / f"{flow}.vmfb", tmp_path, EmitOptions(prefix="model"))
    found = {}
    for level in (0, 1):
        command = [COMPILERS[0], "-std=c99", "-Wall", "-Wextra", "-Werror", "-Os", f"-DVM_DIAGNOSTICS={level}"]
        for source in tmp_path.glob("*.c"):
            include = f"-I. -I{CSUPPORT}".split()
            ran("sh", "-c", f"cd {tmp_path} && {' '.join(command)} {' '.join(include)} -c {source.name}")
        found[level] = [file.name for file in tmp_path.glob("*.o") if b".mlir" in file.read_bytes()]
    assert found[1]
    assert found[0] == []
