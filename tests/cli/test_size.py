"""transpile size: what a static program takes, against a budget, as JSON and as a picture."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.support.tools import links
from transpile.cli import main

ROOT = Path(__file__).parents[2]
MODEL = str(ROOT / "tests/static/data/residual_vmvx.vmfb")


def size(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["size", MODEL, *arguments])


def test_what_is_printed() -> None:
    lines = size().output.splitlines()
    assert lines[0] == "residual: 18 steps"
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
    assert len(function["steps"]) == 18
    for tensor in function["tensors"]:
        assert 0 <= tensor["first"] <= tensor["last"] < 18
        assert tensor["offset"] + tensor["bytes"] <= function["arena"]


@pytest.mark.skipif(not links("gcc"), reason="no gcc")
def test_a_compiler_measures() -> None:
    plain = json.loads(size("--json", "--cc=gcc -Os").output)["compiled"]
    planned = json.loads(size("--json", "--cc=gcc -O2", "--optimize=speed").output)["compiled"]
    assert 500 < plain["code"] < planned["code"] and 0 < plain["stack"] < 4096
    assert size("--cc=no-such-compiler").exit_code == 3
    assert size("--cc=gcc -no-such-flag").exit_code == 3


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
    path = str(ROOT / "tests/modules/v17/tensor_globals_vmvx.vmfb")
    found = CliRunner().invoke(main, ["size", path])
    assert found.exit_code == 1 and "keeps state in globals" in found.output
