"""Inputs that cannot be read are refused with the codes of `iree-run-module`."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli import refusals
from tests.cli.refusals import Row
from transpile.cli import main
from transpile.program import VmError
from transpile.program.errors import STATUS_NAMES
from transpile.runio import parse_inputs

ROWS = refusals.read_table()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("refusals")
    refusals.write_files(path)
    return path


@pytest.fixture(scope="module")
def compiled(folder: Path) -> Path:
    if not refusals.tool("iree-run-module").exists() or not refusals.tool("iree-compile").exists():
        pytest.skip("iree-run-module is not installed")
    (folder / "m.mlir").write_text(refusals.PROGRAM)
    command = [refusals.tool("iree-compile"), "--compile-mode=vm", "m.mlir", "-o", "m.vmfb"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


def ours(row: Row) -> str:
    try:
        parse_inputs(row.inputs, row.kind)
    except VmError as problem:
        assert "parsing function inputs" in problem.message
        return STATUS_NAMES[problem.status]
    return "OK"


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_has_the_code_of_the_tool(row: Row, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert ours(row) == row.ours


def test_the_tool_says_what_was_recorded(
    compiled: Path, golden: Callable[[Path, str], None], request: pytest.FixtureRequest
) -> None:
    cases = list(refusals.inputs())
    found = [Row(kind, values, refusals.code_of_the_tool(compiled, kind, values)) for kind, values in cases]
    golden(refusals.TABLE, "".join(f"{row}\n" for row in found))


def test_the_table_has_each_code_and_each_type() -> None:
    assert {row.code for row in ROWS} >= {
        *("OK", "UNKNOWN", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "OUT_OF_RANGE", "UNIMPLEMENTED")
    }
    assert [(row.kind, row.inputs) for row in ROWS] == list(refusals.inputs())


@pytest.mark.parametrize("spec", refusals.DIFFERENT)
def test_a_difference_is_one(spec: str) -> None:
    codes = {row.code for row in ROWS if row.inputs[0] == spec}
    assert codes and codes != {refusals.DIFFERENT[spec][0]}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("4xi2=1 2", "INVALID_ARGUMENT; binary hex element count mismatch: buffer length=1 < expected=2; parsing"),
        ("4xi4=01 02 03", "OUT_OF_RANGE; output data overflow: element_capacity=2 < dst_i=2; parsing"),
        ("4xi4=01 02 03 04", "OUT_OF_RANGE; output data buffer overflow: element_capacity=2 < dst_i=2+; parsing"),
        ("4xi256=1", "INVALID_ARGUMENT; out of range bit count in 'i256'; parsing"),
        ("4xq8=1", "INVALID_ARGUMENT; unhandled element type prefix in 'q8'; parsing"),
        ("4xi0", "INVALID_ARGUMENT; opaque element types cannot be indexed; parsing"),
        ("9223372036854775807xf32", "OUT_OF_RANGE; packed byte count overflows device size; parsing"),
        ("&", "INVALID_ARGUMENT; empty string input; parsing"),
        ("@empty.npy", "OUT_OF_RANGE; end-of-file; parsing"),
        ("@magic.npy", "INVALID_ARGUMENT; npy header magic mismatch; parsing"),
        ("@version9.npy", "UNIMPLEMENTED; npy version 9.0 not supported; parsing"),
    ],
)
def test_has_the_words_of_the_tool(
    spec: str, said: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    module = Path(__file__).parents[2] / "examples" / "digits" / "digits.vmfb"
    with pytest.raises(SystemExit) as left:
        main(["run", str(module), "--engine=interpreter", "--function=classify", f"--input={spec}"])
    assert left.value.code
    assert f"error: {said}" in capsys.readouterr().err


def test_a_file_of_another_order_holds_the_same_elements(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    big, fortran = parse_inputs(["@big_endian.npy", "@fortran.npy"], "rr")
    assert big.data.view("<f4").tolist() == [1, 2]
    assert (fortran.shape, fortran.data.view("<f4").tolist()) == ((2, 3), [1] * 6)
