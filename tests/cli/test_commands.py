"""The commands: what they print, what they write, how they fail."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.support.modules import build_module, function
from transpile.cli import main
from transpile.native.cache import Cache

PRODUCT = Path(__file__).parents[2] / "examples" / "matmul" / "matmul.vmfb"
Invoke = Callable[..., Result]


def adder(**options: Any) -> Any:
    code = (("add.i32", 0, 1, 2), ("return", (2,)))
    return function("entry", *code, **{"convention": "0ii_i", "export": "plus", **options})


def failing() -> Any:
    code = (("div.i32.s", 0, 1, 2), ("return", (2,)))
    return function("entry", *code, convention="0ii_i", export="divide")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def invoke(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    monkeypatch.setenv("TRANSPILE_CACHE", str(cache))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "calc.vmfb").write_bytes(build_module([adder(), failing()], name="calc"))
    (tmp_path / "one.vmfb").write_bytes(build_module([adder()], name="one"))
    (tmp_path / "bad.vmfb").write_bytes(build_module([adder(words=1)], name="bad"))
    (tmp_path / "cut.vmfb").write_bytes((tmp_path / "calc.vmfb").read_bytes()[:100])
    return lambda *arguments, **options: CliRunner().invoke(main, arguments, **options)


def test_run(invoke: Invoke) -> None:
    result = invoke("run", "one.vmfb", "--input=40", "--input=2", "--optimize=none")
    assert (result.exit_code, result.output) == (0, "EXEC @plus\nresult[0]: i32=42\n")


def test_run_writes_outputs(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("run", "one.vmfb", "--input=1", "--input=2", "--output=@o.bin", "--optimize=none")
    assert (result.exit_code, result.output) == (0, "EXEC @plus\n")
    assert (tmp_path / "o.bin").read_bytes() == b"\3\0\0\0"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["calc.vmfb"], 2, "choose one with --function=: plus, divide"),
        (["calc.vmfb", "--function=no"], 1, "NOT_FOUND; no function `no` exported by module"),
        (["one.vmfb", "--input=1"], 4, "expected 2 arguments but passed 1"),
        (["one.vmfb", "--input=x", "--input=1"], 1, "parsing value `x` as i32; parsing input `x`"),
        (["calc.vmfb", "--function=divide", "--input=1", "--input=0"], 4, "calc.divide:"),
        (["one.vmfb", "--input=1", "--input=1", "--output=-", "--output=-"], 1, "2 outputs specified"),
        (["one.vmfb", "--input=1", "--input=1", "--output=@no/such/folder"], 1, "unable to write file"),
        (["bad.vmfb", "--input=1", "--input=1"], 1, "function 0 @plus"),
        (["cut.vmfb"], 1, "cut.vmfb"),
        (["missing.vmfb"], 2, "does not exist"),
        (["one.vmfb", "--optimize=fast"], 2, "is not one of"),
        (["one.vmfb", "--target-cpu=-x", "--input=1", "--input=1"], 3, "is not a CPU name"),
    ],
)
def test_run_fails_with_a_message(invoke: Invoke, arguments: list[str], code: int, message: str) -> None:
    result = invoke("run", *arguments, *([] if "--optimize=fast" in arguments else ["--optimize=none"]))
    assert result.exit_code == code and message in result.stderr
    assert "Traceback" not in result.output


def test_a_missing_compiler_is_a_build_problem(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "/no/such/compiler")
    for arguments in (["run", "one.vmfb", "--input=1", "--input=1"], ["build", "one.vmfb", "-o", "p"], ["doctor"]):
        result = invoke(*arguments)
        assert result.exit_code == 3 and "pip install ziglang" in result.stderr


def test_skipping_verification_is_loud(invoke: Invoke) -> None:
    arguments = ["run", "one.vmfb", "--input=1", "--input=1", "--optimize=none", "--unsafe-skip-verification"]
    result = invoke(*arguments)
    assert result.exit_code == 0 and "not verified" in result.stderr


def test_verify(invoke: Invoke) -> None:
    good = invoke("verify", "calc.vmfb")
    assert (good.exit_code, good.output) == (0, "verified, no errors\n")
    bad = invoke("verify", "bad.vmfb")
    assert bad.exit_code == 1 and "function 0 @plus" in bad.output
    report = json.loads(invoke("verify", "bad.vmfb", "--json").output)
    assert report["ok"] is False and report["findings"][0]["function"] == 0
    listing = invoke("verify", "bad.vmfb", "--listing")
    assert listing.exit_code == 1 and "add.i32" in listing.output and report["findings"][0]["rule"] in listing.output
    assert invoke("verify", "cut.vmfb").exit_code == 1
    assert invoke("verify").exit_code == 2


def test_verify_explains_rules(invoke: Invoke) -> None:
    assert invoke("verify", "--explain", "v1").output.startswith("V1: ")
    unknown = invoke("verify", "--explain", "nonsense")
    assert unknown.exit_code == 2 and "V1, " in unknown.stderr


def test_inspect(invoke: Invoke) -> None:
    text = invoke("inspect", "calc.vmfb").output
    assert "calc" in text and "plus" in text and "0ii_i" in text
    facts = json.loads(invoke("inspect", "calc.vmfb", "--json").output)
    assert [item["name"] for item in facts["exports"]] == ["plus", "divide"]
    assert facts["functions"] == 2


def test_disasm(invoke: Invoke) -> None:
    assert "add.i32" in invoke("disasm", "calc.vmfb").output
    assert invoke("disasm", "cut.vmfb").exit_code == 1


def test_names_cannot_control_the_terminal(invoke: Invoke, tmp_path: Path) -> None:
    name = "\x1b[31mred\x07[bold]"
    (tmp_path / "evil.vmfb").write_bytes(build_module([adder(export=name)], name=name))
    (tmp_path / "evilbad.vmfb").write_bytes(build_module([adder(export=name, words=1)], name=name))
    for arguments in (
        ["inspect", "evil.vmfb"],
        ["inspect", "evil.vmfb", "--json"],
        ["disasm", "evil.vmfb"],
        ["verify", "evilbad.vmfb"],
        ["verify", "evilbad.vmfb", "--listing"],
        ["run", "evil.vmfb", "--input=1", "--input=1", "--optimize=none"],
        ["run", "evil.vmfb", "--function=x"],
        ["run", "evilbad.vmfb"],
    ):
        result = invoke(*arguments)
        assert "\x1b" not in result.output and "\x07" not in result.output
    assert "[bold]" in invoke("inspect", "evil.vmfb").output


def test_emit(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "mine.c").write_text("mine")
    result = invoke("emit", "calc.vmfb", "-o", "c", "--prefix=net")
    assert result.exit_code == 0
    assert (tmp_path / "c" / "net.h").is_file() and (tmp_path / "c" / "csupport" / "vm.h").is_file()
    assert (tmp_path / "c" / "mine.c").read_text() == "mine"
    compiled = subprocess.run(
        "cc -std=c99 -Wall -Wextra -Werror -I. -Icsupport -c net*.c",
        shell=True,
        cwd=tmp_path / "c",
        capture_output=True,
    )
    assert compiled.returncode == 0, compiled.stderr
    again = {path: path.read_bytes() for path in (tmp_path / "c").rglob("*.[ch]")}
    assert invoke("emit", "calc.vmfb", "-o", "c", "--prefix=net").exit_code == 0
    assert again == {path: path.read_bytes() for path in (tmp_path / "c").rglob("*.[ch]")}


def test_emit_writes_nothing_when_it_fails(invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(os.listdir(tmp_path))
    assert invoke("emit", "bad.vmfb", "-o", "c").exit_code == 1
    written = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if self.name == "vm.h":
            raise OSError(28, "No space left on device")
        return written(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    result = invoke("emit", "calc.vmfb", "-o", "c")
    assert result.exit_code == 1 and "No space left" in result.stderr
    assert sorted(os.listdir(tmp_path)) == before


def test_build(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("build", "calc.vmfb", "-o", "packages", "--optimize=none")
    assert (result.exit_code, result.output) == (0, f"{Path('packages', 'calc')}\n")
    code = "import calc; print(calc.plus(1, 2))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "packages", capture_output=True, text=True)
    assert done.stdout == "3\n", done.stderr


def test_doctor(invoke: Invoke) -> None:
    result = invoke("doctor")
    assert result.exit_code == 0 and "-ffp-contract=off" in result.output
    assert "a function was compiled, loaded and called" in result.output
    assert [line for line in result.output.splitlines() if len(line) > 80 and str(Cache().root) not in line] == []


def test_emit_for_a_processor(invoke: Invoke) -> None:
    def sources(*arguments: str) -> tuple[set[str], str]:
        result = invoke("emit", str(PRODUCT), "-o", "c", "--prefix=m", *arguments)
        assert result.exit_code == 0, result.output
        return {word for word in result.output.split() if word.startswith("m_nests")}, result.output

    plain = {"m_nests0.c"}
    assert sources()[0] == plain and "-march" not in sources()[1]
    assert sources("--target-cpu=dispatch")[0] == {*plain, "m_nests_32_0.c", "m_nests_64_0.c"}
    assert sources("--optimize=size", "--target-cpu=dispatch")[0] == set()
    assert invoke("emit", str(PRODUCT), "-o", "c", "--target-cpu=x; y").exit_code == 3


@pytest.mark.skipif(platform.machine() != "x86_64", reason="processors have other names elsewhere")
def test_emit_for_one_processor(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("emit", str(PRODUCT), "-o", "c", "--prefix=m", "--target-cpu=x86-64-v3")
    assert " -march=x86-64-v3 " in result.output
    assert "vm_f32x8" in (tmp_path / "c" / "m_nests0.c").read_text()
    assert invoke("emit", str(PRODUCT), "-o", "c", "--main", "--target-cpu=x86-64-v3").exit_code == 0
    assert 'set(TARGET_CPU "x86-64-v3" ' in (tmp_path / "c" / "CMakeLists.txt").read_text()


def test_explain_wants_one_width(invoke: Invoke) -> None:
    result = invoke("explain", str(PRODUCT), "--target-cpu=dispatch")
    assert result.exit_code == 2 and "choose one with --vector-bytes" in result.output


@pytest.mark.parametrize("command", ["inspect", "disasm", "verify", "emit", "build", "run", "doctor"])
def test_help_shows_examples(invoke: Invoke, command: str) -> None:
    assert f"transpile {command}" in invoke(command, "--help").output
    assert command in invoke("--help").output and "Exit codes:" in invoke("--help").output


def test_help_is_text_without_traces_of_its_source(invoke: Invoke) -> None:
    """Each command has one line in the list that is not cut off, and no marker of paragraphs is printed."""
    for group in ([], ["compare"]):
        listed = invoke(*group, "--help").output.partition("Commands:")[2].partition("\n\n")[0].splitlines()[1:]
        assert len(listed) > 5 and not [line for line in listed if line.endswith("...")]
        for line in listed:
            assert "\\b" not in invoke(*group, line.split()[0], "--help").output, line


def test_the_shell_completes() -> None:
    """What the script of `_TRANSPILE_COMPLETE=bash_source` asks for."""
    command = [sys.executable, "-c", "from transpile.cli import main; main(prog_name='transpile')"]

    def completed(words: str) -> list[str]:
        count = str(len(words.split(" ")) - 1)
        asked = {**os.environ, "_TRANSPILE_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": count}
        done = subprocess.run(command, env=asked, capture_output=True, text=True, check=True)
        return [line.partition(",")[2] for line in done.stdout.splitlines()]

    assert completed("transpile dis") == ["disasm"]
    assert completed("transpile build --wh") == ["--wheel", "--wheel-version"]
    assert completed("transpile compare tar") == ["targets", "tar"]  # the second one as the beginning of a file's name
    assert completed("transpile compare model.vmfb --bri") == ["--brief"]


def test_importing_is_quick() -> None:
    code = "import sys, transpile; print([m for m in ('numpy', 'cffi', 'jinja2', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_functions_keep_their_names() -> None:
    """Importing modules must not replace the functions."""
    code = (
        "import transpile, transpile.emit, transpile.native.build, transpile.verify.rules\n"
        "from transpile.verify import check\n"
        "print(*(type(f).__name__ for f in (transpile.verify, transpile.emit, transpile.build)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "function function function\n"


@pytest.mark.parametrize("engine", ["c", "interpreter"])
def test_run_with_either_engine(invoke: Invoke, engine: str) -> None:
    result = invoke("run", "one.vmfb", "--input=40", "--input=2", f"--engine={engine}", "--threads=1")
    assert (result.exit_code, result.output) == (0, "EXEC @plus\nresult[0]: i32=42\n")


def test_progress_is_shown_on_a_terminal_only(invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSPILE_CACHE", str(tmp_path / "empty"))
    arguments = ("run", "one.vmfb", "--input=40", "--input=2", "--optimize=none")
    assert invoke(*arguments).stderr == ""
    monkeypatch.setenv("TRANSPILE_CACHE", str(tmp_path / "empty too"))
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich then takes stderr for a terminal
    shown = invoke(*arguments)
    assert "compiling the module: 0 of" in shown.stderr
    assert shown.stdout == "EXEC @plus\nresult[0]: i32=42\n"
