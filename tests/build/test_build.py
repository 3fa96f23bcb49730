"""Compiling generated C: what is reused, what errors say."""

from __future__ import annotations

import ctypes
import importlib
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from transpile.errors import BuildError
from transpile.native.build import Options, compile_library
from transpile.native.cache import Cache
from transpile.native.toolchain import SANITIZE, find_compiler, supports

build: Any = importlib.import_module("transpile.native.build")
MAIN = '#include "one.h"\n__attribute__((visibility("default"))) int entry(void) { return helper() + 1; }\n'


@dataclass(frozen=True)
class Files:
    prefix: str
    files: dict[str, str | bytes | memoryview]
    sources: tuple[str, ...]
    constants: str = ""


@pytest.fixture
def files() -> Files:
    texts: dict[str, Any] = {"one.h": "int helper(void);\n", "one.c": MAIN, "two.c": "int helper(void) { return 6; }\n"}
    return Files("one", texts, ("one.c", "two.c"))


@pytest.fixture
def options(tmp_path: Path) -> Options:
    return Options(optimize="none", cache=Cache(tmp_path / "cache"))


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files compiled and linked."""
    seen: list[str] = []
    run = build._Build.run

    def record(self: Any, arguments: Any, folder: Path, what: str) -> None:
        seen.append(what)
        run(self, arguments, folder, what)

    monkeypatch.setattr(build._Build, "run", record)
    monkeypatch.setattr(build, "BINDING", Path(__file__).parent / "empty.c")
    return seen


@pytest.fixture
def runtime(tmp_path: Path) -> list[Path]:
    path = tmp_path / "base.c"
    path.write_text("int base(void); int base(void) { return 1; }\n")
    return [path]


def test_sources_become_one_library(files: Files, options: Options, commands: list[str], runtime: list[Path]) -> None:
    path = compile_library(files, options, runtime=runtime)
    assert ctypes.CDLL(str(path)).entry() == 7
    assert sorted(commands) == ["base.c", "empty.c", "one.c", "one.so", "two.c"]
    assert sorted(p.name for p in path.parent.iterdir()) == ["one.so", "record.json"]


def test_the_same_again_compiles_nothing(
    files: Files, options: Options, commands: list[str], runtime: list[Path]
) -> None:
    first = compile_library(files, options, runtime=runtime)
    commands.clear()
    assert compile_library(files, options, runtime=runtime) == first
    assert commands == []


def test_another_module_reuses_the_runtime(
    files: Files, options: Options, commands: list[str], runtime: list[Path]
) -> None:
    compile_library(files, options, runtime=runtime)
    commands.clear()
    other = replace(files, files={**files.files, "two.c": "int helper(void) { return 7; }\n"})
    assert ctypes.CDLL(str(compile_library(other, options, runtime=runtime))).entry() == 8
    assert sorted(commands) == ["one.c", "one.so", "two.c"]


@pytest.mark.parametrize(
    "change",
    [
        {"optimize": "size"},
        {"target_cpu": "baseline"},
        {"defines": {"VM_DIAGNOSTICS": 0}},
        {"openmp": False},
    ],
)
def test_other_flags_are_another_library(
    files: Files, options: Options, commands: list[str], runtime: list[Path], change: dict[str, Any]
) -> None:
    first = compile_library(files, options, runtime=runtime)
    commands.clear()
    assert compile_library(files, replace(options, **change), runtime=runtime) != first
    assert "base.c" in commands


def test_a_changed_runtime_is_another_library(
    files: Files, options: Options, commands: list[str], runtime: list[Path]
) -> None:
    first = compile_library(files, options, runtime=runtime)
    runtime[0].write_text("int base(void); int base(void) { return 2; }\n")
    assert compile_library(files, options, runtime=runtime) != first


def test_generated_symbols_are_hidden(files: Files, options: Options, commands: list[str], runtime: list[Path]) -> None:
    library = ctypes.CDLL(str(compile_library(files, options, runtime=runtime)))
    with pytest.raises(AttributeError):
        _ = library.helper
    assert library.base() == 1


def test_errors_are_the_compilers_words(files: Files, options: Options, runtime: list[Path]) -> None:
    broken = replace(files, files={**files.files, "two.c": "int helper(void) { return nothing; }\n"})
    with pytest.raises(BuildError) as raised:
        compile_library(broken, options, runtime=runtime)
    assert "two.c" in str(raised.value) and "nothing" in str(raised.value) and "command: " in str(raised.value)
    assert options.cache is not None and not any(entry for entry in options.cache.entries())


def test_long_errors_are_cut(files: Files, options: Options, runtime: list[Path]) -> None:
    many = "".join(f"#warning number {k}\n" for k in range(100)) + "#error stop\n"
    with pytest.raises(BuildError, match=r"\.\.\. and \d+ more lines"):
        compile_library(replace(files, files={**files.files, "two.c": many}), options, runtime=runtime)


@pytest.mark.parametrize("name", ["../x.c", "/tmp/x.c", "a/b.c", "", "..", "-o.c", ".c", "a\\b.c"])
def test_file_names_stay_in_their_folder(files: Files, options: Options, runtime: list[Path], name: str) -> None:
    with pytest.raises(BuildError, match="not a plain file name"):
        compile_library(replace(files, files={**files.files, name: ""}), options, runtime=runtime)


def test_objects_do_not_depend_on_where_they_were_made(
    files: Files, options: Options, tmp_path: Path, commands: list[str], runtime: list[Path]
) -> None:
    named = {**files.files, "two.c": "const char* where = __FILE__; int helper(void) { return where[0]; }\n"}
    paths = [
        compile_library(replace(files, files=named), replace(options, cache=Cache(tmp_path / name)), runtime=runtime)
        for name in ("a", "b")
    ]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_sanitizers_are_passed_on(files: Files, options: Options, commands: list[str], runtime: list[Path]) -> None:
    if not supports(find_compiler(), *SANITIZE):
        pytest.skip("the compiler's sanitizers are not installed")
    path = compile_library(files, replace(options, sanitize=True), runtime=runtime)
    assert b"__asan_init" in path.read_bytes()
    assert "asan" in subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout
