"""The command from end to end: files written, exit codes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compare.cases import from_module
from compare.cli import PROBLEM, REGRESSED, WRONG, compare
from compare.inputs import _from_source
from compare.resources import EXAMPLES
from compare.values import Call
from tests.support.modules import build_module, function
from transpile.cli import main

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


def test_brief_is_one_table() -> None:
    result = invoke("--brief")
    assert "all programs" in result.output and "fibonacci" in result.output
    assert "95 % interval" not in result.output


def test_a_relaxed_leg_is_named_wherever_results_are(tmp_path: Path) -> None:
    kinds = ("json", "markdown", "html", "pyperf")
    result = invoke("--relaxed", *(word for kind in kinds for word in (f"--{kind}", str(tmp_path / kind))))
    assert result.exit_code == 0, result.output
    assert "C speed, relaxed" in result.output and "close (0 ULP)" in result.output
    assert all("C speed, relaxed" in (tmp_path / kind).read_text() for kind in kinds)
    legs = json.loads((tmp_path / "json").read_text())["cases"][0]["legs"]
    assert [leg["name"] for leg in legs if leg["facts"]["relaxed"]] == ["C speed, relaxed"]
    assert "relaxed" not in invoke().output


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


def test_a_leg_that_was_slowed_down_is_flagged(tmp_path: Path) -> None:
    work, before = tmp_path / "work.py", str(tmp_path / "before.json")
    leg = ["--external", f"work={sys.executable} -S {work}", "--without", "IREE interpreter"]
    work.write_text("sum(range(1))")
    assert invoke(*leg, "--json", before).exit_code == 0
    work.write_text("sum(range(5_000_000))")
    result = invoke(*leg, "--baseline", before)
    assert result.exit_code == REGRESSED, result.output
    assert "REGRESSION: fibonacci, work: +" in result.output


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


@pytest.mark.parametrize("command", ["", "literal", "modes", "size", "static", "threads", "modules"])
def test_help(command: str) -> None:
    assert CliRunner().invoke(compare, [*command.split(), "--help"]).exit_code == 0


def test_a_program_of_the_suite(tmp_path: Path) -> None:
    """Built from its source, imported, compiled, and compared with everything that can run it."""
    json_path = tmp_path / "report.json"
    flags = ["--suite", "--suite-dir", str(tmp_path), "--only", "convolution_depthwise_vmvx", *QUICK[:6]]
    result = CliRunner().invoke(compare, [*flags, "--no-size", "--no-hot", "--json", str(json_path)])
    assert result.exit_code == 0, result.output
    (case,) = json.loads(json_path.read_text())["cases"]
    states = {leg["name"]: leg["verdict"]["state"] for leg in case["legs"]}
    assert states["IREE interpreter"] == states["interpreter"] == states["C speed"] == "equal"
    assert states["IREE llvm-cpu"] in ("equal", "close") and states["ONNX Runtime"] in ("equal", "close")
    assert all(leg["seconds"] for leg in case["legs"])
    assert case["work"]["flops"] == 2 * 96 * 56 * 56 * 9


def calls(tmp_path: Path) -> Path:
    """A module with an export whose name MLIR quotes, and another."""
    add = ("add.i32", 0, 0, 0)
    path = tmp_path / "two.vmfb"
    functions = [function(name, add, ("return", (0,)), convention="0i_i", export=name) for name in ("a-b", "c")]
    path.write_bytes(build_module(functions))
    return path


@pytest.mark.parametrize("name", ["a-b", "@a-b", '@"a-b"', '"a-b"'])
def test_a_name_is_found_as_mlir_writes_it(name: str, tmp_path: Path) -> None:
    path = calls(tmp_path)
    assert from_module(path, name, ["3"]).timed == (Call("a-b", (3,)),)
    result = CliRunner().invoke(main, ["run", str(path), f"--function={name}", "--input=3", "--engine=interpreter"])
    assert result.exit_code == 0 and "i32=6" in result.output, result.output
    result = CliRunner().invoke(main, ["explain", str(path), f"--function={name}"])
    assert result.exit_code == 0 and "@a-b" in result.output and "@c" not in result.output


def test_inputs_are_those_of_the_only_function(tmp_path: Path) -> None:
    assert from_module(Path(FIBONACCI), None, ["7"]).timed == (Call("fib", (7,)),)
    result = CliRunner().invoke(compare, [str(calls(tmp_path)), "--input=3"])
    assert result.exit_code == PROBLEM and "choose one with --function: a-b, c" in result.output


def test_types_are_found_in_the_source_under_a_quoted_name(tmp_path: Path) -> None:
    source = tmp_path / "net.mlir"
    source.write_text('  func.func @"paddle-onnx"(%x: !torch.vtensor<[2,3],f32>) -> !torch.vtensor<[2],f32> {\n')
    assert _from_source("paddle-onnx", source) == ["tensor<2x3xf32>"]
