"""What commands print for programs and for people who look for one thing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from transpile.cli import main

EXAMPLES = Path(__file__).parents[2] / "examples"
PRODUCT = str(EXAMPLES / "matmul" / "matmul.vmfb")
WORDS = str(EXAMPLES / "wordcount" / "wordcount.vmfb")


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize("name", ["times", "@times", '@"times"'])
def test_one_function_is_disassembled(name: str) -> None:
    whole, one = invoke("disasm", WORDS).output, invoke("disasm", WORDS, f"--function={name}").output
    assert one.startswith("func @times ") and one.rstrip().endswith("}") and one.count("func @") == 1
    assert one in whole


def test_an_unknown_function_is_not_disassembled() -> None:
    result = invoke("disasm", WORDS, "--function=nothing")
    assert result.exit_code == 2 and "there are " in result.output and "times" in result.output


def test_explain_as_json() -> None:
    result = invoke("explain", PRODUCT, "--vector-bytes=16", "--json")
    found = json.loads(result.output)
    assert found["vector_bytes"] == 16
    (function,) = found["functions"]
    assert [loop["kind"] for loop in function["loops"]] == ["map", "tile"] and function["function"] == "mm"
    assert invoke("explain", PRODUCT, "--vector-bytes=16", "--json", "--function=no").exit_code == 2


def test_explain_as_a_page(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    source = EXAMPLES / "matmul" / "matmul.mlir"
    arguments = ("explain", PRODUCT, "--vector-bytes=16", "--html", str(path))
    assert invoke(*arguments, "--source", str(source)).output == ""
    page = path.read_text(encoding="utf-8")
    assert "<title>matmul.vmfb explained</title>" in page and "linalg.matmul" in page
    invoke(*arguments)
    assert "linalg.matmul" not in path.read_text(encoding="utf-8")
    path.unlink()
    for wrong in ("--function=no", "--json"):
        assert invoke(*arguments, wrong).exit_code == 2 and not path.exists()
    alone = invoke("explain", PRODUCT, "--source", str(source))
    assert alone.exit_code == 2 and "--source is for --html" in alone.output
    nowhere = invoke("explain", PRODUCT, "--vector-bytes=16", "--html", str(tmp_path / "no" / "page.html"))
    assert nowhere.exit_code == 1 and "No such file or directory" in nowhere.output


def test_calls_have_names_in_the_intermediate_form() -> None:
    shown = invoke("explain", PRODUCT, "--vector-bytes=16", "--dump-ir").output
    assert "; @hal_inline.buffer_view.assert" in shown


def test_doctor_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSPILE_CACHE", str(tmp_path / "cache"))
    found = json.loads(invoke("doctor", "--json").output)
    assert found["works"] is True and found["cache"]["root"] == str(tmp_path / "cache")
    assert found["compiler"]["kind"] in ("gcc", "clang", "zig") and "speed" in found["compiler"]["flags"]
    monkeypatch.setenv("CC", "no-such-compiler")
    assert invoke("doctor", "--json").exit_code == 3


def test_compare_shows_the_options_of_its_default() -> None:
    shown = invoke("compare", "--help").output
    assert "--rounds" in shown and "--suite" in shown and "--dim" in shown


def test_help_has_a_recipe_that_keeps_weights() -> None:
    shown = invoke("--help").output
    assert "transpile compile model.onnx" in shown and "vmvx-inline" not in shown
