"""Packages work on their own: with numpy and cffi, without transpile and without IREE."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.modules import build_module, function
from transpile import container
from transpile.errors import BuildError, UsageError
from transpile.native.build import Options
from transpile.native.cache import Cache
from transpile.ship.package import build_package, package_sources

ROOT = Path(__file__).parents[2]
HOSTILE = 'x"""\n\\"\'; import os #\x1b{{ 1 }}'


def module(*exports: str, name: str = "calc") -> container.Module:
    functions: list[Any] = [
        function(export, ("add.i32", 0, 1, 2), ("return", (2,)), convention="0ii_i", export=export)
        for export in exports
    ]
    return container.load(build_module(functions, name=name))


@pytest.fixture(scope="session")
def options(tmp_path_factory: pytest.TempPathFactory) -> Options:
    return Options(optimize="none", target_cpu="baseline", cache=Cache(tmp_path_factory.mktemp("cache")))


def run(folder: Path, code: str) -> str:
    """Run Python that sees site-packages and the folder, but not this project."""
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(folder)!r})\n{code}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_package_stands_alone(tmp_path: Path, options: Options) -> None:
    path = build_package(module("plus"), tmp_path, options, name="calc")
    assert path == tmp_path / "calc"
    code = """
import calc, inspect
print(calc.plus(1, 2), calc.Module().plus(arg1=3, arg0=4), inspect.signature(calc.plus))
print([m for m in sys.modules if m.split(".")[0] in ("transpile", "iree", "jinja2", "click", "rich")])
try:
    calc.plus(1 << 40, 0)
except calc.VmError as error:
    print(type(error).__name__, isinstance(error, ValueError))
"""
    assert run(tmp_path, code).splitlines() == [
        "3 7 (arg0: 'int', arg1: 'int') -> 'int'",
        "[]",
        "ArgumentMismatch True",
    ]
    assert (path / "py.typed").is_file()


def test_results_go_where_the_caller_wants_them(tmp_path: Path, options: Options) -> None:
    build_package(ROOT / "examples" / "digits" / "digits.vmfb", tmp_path, options, name="net")
    code = """
import net, numpy as np
x, y = np.ones((1, 64), np.float32), np.zeros((1, 10), np.float32)
print(net.classify(x, out=y) is y, y.any(), net.Module().classify(x, out=y) is y)
print(np.array_equal(net.Module()["classify"].map(np.ones((3, 64), np.float32)), np.repeat(net.classify(x), 3, 0)))
"""
    assert run(tmp_path, code) == "True True True\nTrue\n"


def test_a_package_can_be_moved(tmp_path: Path, options: Options) -> None:
    build_package(module("plus"), tmp_path / "a", options, name="calc")
    (tmp_path / "a").rename(tmp_path / "b")
    assert run(tmp_path / "b", "import calc; print(calc.plus(20, 22))") == "42\n"


def test_building_again_replaces_the_package(tmp_path: Path, options: Options) -> None:
    build_package(module("plus"), tmp_path, options, name="calc")
    build_package(module("sum"), tmp_path, options, name="calc")
    assert run(tmp_path, "import calc; print(calc.sum(1, 2), hasattr(calc, 'plus'))") == "3 False\n"
    assert [path.name for path in tmp_path.iterdir() if path.name != "__pycache__"] == ["calc"]


def test_other_folders_are_left_alone(tmp_path: Path, options: Options) -> None:
    (tmp_path / "calc").mkdir()
    (tmp_path / "calc" / "precious").touch()
    with pytest.raises(BuildError, match="was not written by transpile"):
        build_package(module("plus"), tmp_path, options, name="calc")
    assert (tmp_path / "calc" / "precious").exists()


REFUSED = {
    "letters, digits": ["../x", "a b", "1a", "a-b", "a.b"],
    "reserves": ["class", "None", "_", "__"],
    "two underscores": ["__init__", "__main__", "__future__"],
    "standard library": ["json", "JSON", "test", "sys", "this"],
    "installed distribution": ["numpy", "NumPy", "cffi", "transpile", "pytest", "hypothesis", "_pytest"],
}


@pytest.mark.parametrize(("reason", "name"), [(reason, name) for reason in REFUSED for name in REFUSED[reason]])
def test_package_names_that_are_refused(tmp_path: Path, options: Options, reason: str, name: str) -> None:
    for chosen in (name, None):
        if chosen is None and reason in ("letters, digits", "reserves", "two underscores"):
            continue  # made valid, where it is the module's
        with pytest.raises(UsageError, match=reason) as caught:
            build_package(module("plus", name=name), tmp_path, options, name=chosen)
        assert "--name=" in str(caught.value)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["", "match", "calc2", "My_Net"])
def test_package_names(tmp_path: Path, options: Options, name: str) -> None:
    assert build_package(module("plus"), tmp_path, options, name=name or None).name == (name or "calc")


def test_an_installed_package_of_ours_can_be_built_again(
    tmp_path: Path, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_package(module("plus"), tmp_path / "site", options, name="calc")
    info = tmp_path / "site" / "calc-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: calc\nVersion: 1.0\n")
    (info / "RECORD").write_text("calc/__init__.py,,\ncalc/_runtime.cdef,,\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert build_package(module("plus"), tmp_path / "new", options, name="calc").is_dir()
    (info / "RECORD").write_text("calc/__init__.py,,\n")
    with pytest.raises(UsageError, match="installed distribution"):
        build_package(module("plus"), tmp_path / "new", options, name="calc")


def test_hostile_names_stay_data() -> None:
    hostile = module(HOSTILE, "ok", "class", "Module", "exports", "a b", "a_b", name=HOSTILE)
    source, stub = package_sources(hostile, "p", "l.so").values()
    tree = ast.parse(source)
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import) and node.names[0].name == "os"]
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert names[2:] == ["ok", "class_", "Module_", "exports_", "a_b", "a_b_"]
    assert [node.name for node in ast.parse(stub).body if isinstance(node, ast.FunctionDef)] == names[1:]
    assert repr(HOSTILE) in source or ascii(HOSTILE) in source
    assert "\x1b" not in source


def signatures(source: str) -> list[str]:
    """Functions and methods of a file with parameters and results, as text."""
    found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return sorted(
        f"{node.name}({ast.unparse(node.args)}) -> {node.returns and ast.unparse(node.returns)}" for node in found
    )


def test_the_stub_has_the_types_of_the_package() -> None:
    for path in (ROOT / "examples").rglob("*.vmfb"):
        source, stub = (signatures(text) for text in package_sources(container.load(path), "p", "l.so").values())
        assert stub == [text for text in source if not text.startswith("_shared(")]
        assert len(stub) > 2
