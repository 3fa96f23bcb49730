"""transpile size: what a static program takes, against a budget, as JSON and as a picture."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.devices.boards import need
from tests.devices.projects import needed, run
from tests.support.tools import links
from transpile.cli import main
from transpile.ship.boards import BY_CPU

ROOT = Path(__file__).parents[2]
MODEL = str(ROOT / "tests/static/data/residual_vmvx.vmfb")


def size(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["size", MODEL, *arguments])


def test_what_is_printed() -> None:
    lines = size().output.splitlines()
    assert lines[0] == "residual: 15 steps"
    assert "  arena           3,200  no arena can be smaller than 3,200" in lines
    assert (
        sum(int(line.split()[0].replace(",", "")) for line in lines if " steps " in line and "first in" in line) == 3200
    )


def test_a_budget() -> None:
    assert size("--ram=4k", "--flash=4k").exit_code == 0
    found = size("--ram=3k")
    assert found.exit_code == 1 and "3,988 bytes of ram are needed, 3,072 are available" in found.output
    assert size("--flash=3363").exit_code == 1 and size("--flash=3364").exit_code == 0
    assert size("--ram=much").exit_code == 2


def test_json() -> None:
    found = json.loads(size("--json").output)
    (function,) = found["functions"]
    assert (found["flash"], found["ram"]) == (3364, 3200 + 768 + 20) and found["compiled"] is None
    assert len(function["steps"]) == 15
    for tensor in function["tensors"]:
        assert 0 <= tensor["first"] <= tensor["last"] < 15
        assert tensor["offset"] + tensor["bytes"] <= function["arena"]


@pytest.mark.skipif(not links("gcc"), reason="no gcc")
def test_a_compiler_measures() -> None:
    plain = json.loads(size("--json", "--cc=gcc -Os").output)["compiled"]
    planned = json.loads(size("--json", "--cc=gcc -O2", "--optimize=speed").output)["compiled"]
    assert 500 < plain["code"] < planned["code"] and 0 < plain["stack"] < 4096
    assert size("--cc=no-such-compiler").exit_code == 3
    assert size("--cc=gcc -no-such-flag").exit_code == 3


def test_a_target_counts_instructions(tmp_path: Path) -> None:
    """By step, as many as the emitted project counts in all."""
    board = BY_CPU["rv32imc"]
    need(*needed(board))
    measured = json.loads(size("--json", "--target=rv32imc").output)
    (function,) = measured["functions"]
    assert len(function["instructions"]) == len(function["steps"]) == 15
    found = run(Path(MODEL), board, "size", [np.full((1, 3, 8, 8), 0.7, np.float32)], tmp_path)
    assert sum(function["instructions"]) == pytest.approx(found.instructions, rel=0.1)
    assert measured["compiled"]["stack"] <= function["stack"] < 1024
    text = size("--target=rv32imc", "--ram=3k")
    assert "step 6, residual_dispatch_4_conv" in text.output and text.exit_code == 1


@pytest.mark.parametrize("kept", ["", "riscv64-unknown-elf-gcc riscv64-unknown-elf-size"])
def test_a_target_whose_tools_are_missing(kept: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the compiler there is no answer, without the emulator a part of it."""
    for tool in kept.split():
        need(tool)
        (tmp_path / tool).symlink_to(shutil.which(tool) or "")
    monkeypatch.setenv("PATH", str(tmp_path))
    found = size("--target=rv32imc")
    assert found.exit_code == (0 if kept else 3)
    said = "qemu-system-riscv32 is not installed" if kept else "riscv64-unknown-elf-gcc: No such file or directory"
    assert said in found.output and "step 6," not in found.output


def test_a_picture(tmp_path: Path) -> None:
    assert size(f"--svg={tmp_path / 'arena.svg'}").exit_code == 0
    picture = ET.parse(tmp_path / "arena.svg").getroot()
    boxes = [rect for rect in picture.iter("{http://www.w3.org/2000/svg}rect") if "class" not in rect.attrib]
    tensors = json.loads(size("--json").output)["functions"][0]["tensors"]
    assert len(boxes) == len(tensors)
    for box in boxes:
        assert float(box.attrib["x"]) >= 70 and float(box.attrib["x"]) + float(box.attrib["width"]) <= 710.1
        assert float(box.attrib["y"]) >= 28 and float(box.attrib["y"]) + float(box.attrib["height"]) <= 294.1


def test_what_is_not_static() -> None:
    path = str(ROOT / "tests/modules/v17/vm_globals.vmfb")
    found = CliRunner().invoke(main, ["size", path])
    assert found.exit_code == 1 and "where an element is depends on data" in found.output


def test_what_lives_from_call_to_call() -> None:
    command = ["size", str(ROOT / "tests/modules/v17/tensor_globals_vmvx.vmfb")]
    lines = CliRunner().invoke(main, command).output.splitlines()
    assert lines.count("  state              16  of all functions together") == 2
    found = json.loads(CliRunner().invoke(main, [*command, "--json"]).output)
    assert found["ram"] == max(16 + each["arena"] + each["inputs"] + each["outputs"] for each in found["functions"])
