"""The command from end to end: files written, exit codes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compare.cli import PROBLEM, REGRESSED, WRONG, compare
from compare.resources import EXAMPLES

FIBONACCI = str(EXAMPLES / "fibonacci" / "fibonacci.vmfb")
QUICK = [
    "--rounds",
    "3",
    "--seconds",
    "0.2",
    "--optimize",
    "speed",
    "--without",
    "IREE llvm-cpu",
    "--no-size",
    "--no-hot",
]


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(compare, [FIBONACCI, "--input", "50000", *QUICK, *arguments])


def test_all_files_are_written(tmp_path: Path) -> None:
    kinds = ("json", "markdown", "html", "pyperf")
    result = invoke(*(word for kind in kinds for word in (f"--{kind}", str(tmp_path / kind))))
    assert result.exit_code == 0, result.output
    assert "equal bits" in result.output
    assert all((tmp_path / kind).stat().st_size > 500 for kind in kinds)


def test_a_baseline_sets_the_exit_code(tmp_path: Path) -> None:
    now, before = str(tmp_path / "now.json"), tmp_path / "before.json"
    assert invoke("--json", now).exit_code == 0
    report = json.loads(Path(now).read_text())
    fast = next(leg for leg in report["cases"][0]["legs"] if leg["name"] == "C speed")
    for key in ("median", "low", "high"):
        fast["seconds"][key] /= 100
        fast["ratio"][key] *= 100
    before.write_text(json.dumps(report))
    result = invoke("--baseline", str(before))
    assert result.exit_code == REGRESSED, result.output
    assert "REGRESSION: fibonacci, C speed" in result.output


def test_a_wrong_leg_sets_the_exit_code(tmp_path: Path) -> None:
    script = tmp_path / "wrong.py"
    script.write_text("import sys, numpy as np; np.save(sys.argv[1] + '/0.npy', np.array(1))")
    result = invoke("--external", f"wrong={sys.executable} {script} {{outputs}}")
    assert result.exit_code == WRONG
    assert "WRONG: fibonacci, wrong" in result.output


def test_problems_are_one_line() -> None:
    result = invoke("--base", "nobody")
    assert result.exit_code == PROBLEM
    assert "there is no leg 'nobody'" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", ["", "literal", "size", "threads", "modules"])
def test_help(command: str) -> None:
    assert CliRunner().invoke(compare, [*command.split(), "--help"]).exit_code == 0
