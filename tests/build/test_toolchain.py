"""Finding a compiler, and its flags."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from transpile.cli import main
from transpile.errors import BuildError
from transpile.native import toolchain
from transpile.native.toolchain import Compiler, cpu_identity, find_compiler, flags, supports


def test_cc_may_have_arguments() -> None:
    compiler = find_compiler({"CC": "env gcc -DX='a b'", "PATH": os.environ["PATH"]})
    assert compiler.command == ("env", "gcc", "-DX=a b") and compiler.kind == "gcc"


@pytest.mark.parametrize("name", ["gcc", "clang"])
def test_kinds(name: str) -> None:
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    compiler = find_compiler({"CC": name})
    assert compiler.kind == name and name in str(compiler)


@pytest.mark.parametrize("cc", ["/no/such/compiler", "false", "gcc '"])
def test_a_cc_that_does_not_work_is_an_error(cc: str) -> None:
    with pytest.raises(BuildError, match="install gcc or clang"):
        find_compiler({"CC": cc})


def test_the_first_on_the_path_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gcc").write_text("#!/bin/sh\necho gcc; echo Free Software Foundation\n")
    (tmp_path / "gcc").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_compiler().command == ("gcc",)
    (tmp_path / "gcc").unlink()
    monkeypatch.setattr(toolchain.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BuildError, match="no C compiler found"):
        find_compiler()
    monkeypatch.setattr(toolchain.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(toolchain, "_examine", lambda command: Compiler(command, "zig", ""))
    assert find_compiler().command == (sys.executable, "-m", "ziglang", "cc")


def test_a_relative_cc_means_the_callers_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mycc").symlink_to(shutil.which("cc") or "")
    monkeypatch.chdir(tmp_path)
    assert find_compiler({"CC": "./mycc"}).command == (str(tmp_path / "mycc"),)


def test_every_level_is_exact() -> None:
    compiler = find_compiler()
    for level in toolchain.LEVELS:
        chosen = flags(compiler, level).compile
        assert {"-ffp-contract=off", "-std=c99", "-fPIC"} <= set(chosen)
        assert not {"-ffast-math", "-Ofast", "-funsafe-math-optimizations"} & set(chosen)


def test_target_cpus() -> None:
    compiler = Compiler(("cc",), "gcc", "")
    assert not [flag for flag in flags(compiler, target_cpu="baseline", openmp=False).compile if "-m" in flag[:2]]
    assert any(flag.endswith("=native") for flag in flags(compiler, target_cpu="native", openmp=False).compile)
    assert "-mcpu=x86_64_v3" in flags(Compiler(("zig",), "zig", ""), target_cpu="x86-64-v3", openmp=False).compile
    for hostile in ("native -fplugin=x", "-x", "", "a/b"):
        with pytest.raises(BuildError, match="is not a CPU name"):
            flags(compiler, target_cpu=hostile)


def test_what_the_compiler_supports_is_tried() -> None:
    compiler = find_compiler()
    assert supports(compiler, "-O1")
    assert not supports(compiler, "-fno-such-flag-at-all")
    assert not supports(compiler, "-lno_such_library_at_all")


def test_native_is_part_of_the_machine() -> None:
    compiler = find_compiler()
    assert cpu_identity(compiler, "native") != cpu_identity(compiler, "baseline")
    assert "__VERSION__" in cpu_identity(compiler, "native")


def test_a_compiler_that_gives_no_answer_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in the command that is there to tell what is wrong."""
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\ncase $1 in --version) echo slow;; *) exec sleep 600;; esac\n")
    slow.chmod(0o755)
    monkeypatch.setattr(toolchain, "PROBE_SECONDS", 0.5)
    monkeypatch.setenv("CC", str(slow))
    with pytest.raises(BuildError, match=r"gave no answer in 0.5 s to: .*slow"):
        supports(Compiler((str(slow),), "other", "slow"), "-x")
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 3 and "gave no answer" in result.output and "set CC" in result.output


def test_zig_is_not_asked_for_openmp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "supports", lambda *asked: pytest.fail("asked"))
    assert "-fopenmp" not in flags(Compiler(("zig", "cc"), "zig", ""), target_cpu="baseline").compile
