"""Files that are no module: one line that says what each is, and what helps."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.front.test_kinds import OTHERS
from tests.support.modules import build_module, function
from transpile.cli import main

COMMANDS = ("run", "inspect", "disasm", "verify", "emit", "build", "compile", "explain")


def refused(command: str, path: Path) -> str:
    folder = ["-o", str(path.parent / "out")] if command in ("emit", "build", "compile") else []
    result = CliRunner().invoke(main, [command, str(path), *folder])
    assert result.exit_code == 1, result.output
    assert not (path.parent / "out").exists()
    return str(result.output)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_checkpoint_is_refused_by_every_command(command: str, tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(OTHERS["pt"][0])
    (line,) = refused(command, path).splitlines()
    assert (
        line.startswith(f"error: {path}: INVALID_ARGUMENT: this is a PyTorch checkpoint")
        and "torch.onnx.export" in line
    )


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").write_bytes(b"x")
    assert "SavedModel" in refused("run", tmp_path / "saved") and "tf2onnx" in refused("build", tmp_path / "saved")


MODULE = build_module([function("entry", ("return", ()), convention="0v_v", export="f")], version=17)


@pytest.mark.parametrize("command", ["run", "verify"])
def test_a_newer_bytecode_version(command: str, tmp_path: Path) -> None:
    path = tmp_path / "new.vmfb"
    path.write_bytes(build_module([function("entry", ("return", ()), convention="0v_v", export="f")], version=18))
    said = refused(command, path)
    assert "bytecode version 18.0" in said and "pip install --upgrade transpile-vmfb" in said
    assert "is supported)" not in said


def test_a_module_that_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "cut.vmfb"
    path.write_bytes(MODULE[: len(MODULE) // 2])
    assert "the file is cut off: fetch it again" in refused("run", path)
    path.write_bytes(build_module(rodata=[(0, 1 << 20)]))
    assert "the file is cut off: fetch it again" in refused("run", path)


def test_what_nobody_knows(tmp_path: Path) -> None:
    path = tmp_path / "noise"
    path.write_bytes(b"\xf3" * 100)
    assert "this is not a module: transpile compile MODEL" in refused("run", path)
