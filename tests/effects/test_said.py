"""Headers, packages and docstrings say what becomes of memory, and nothing where arguments are only read."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import transpile
from transpile import container
from transpile.emit import EmitOptions, emit
from transpile.program.uses import ArgumentUse, parse_uses
from transpile.ship.package import package_sources

DATA = Path(__file__).parent / "data"
EXAMPLES = Path(__file__).parents[2] / "examples"
SAID = {
    ("matmul_into", "h"): (["input2 may be written and returned"], "input2"),
    ("matmul_into", "id"): (["input0 may be returned"], "input0"),
    ("accumulate", "f"): (["input1 may be written and returned"], "input1"),
    ("keep", "put"): (["input0 may be kept"], "input0"),
    ("keep", "get"): (["result0 may be memory of the module"], ""),
    ("insert", "insert"): ([], ""),
}


def output_of(path: Path) -> tuple[container.Module, transpile.emit.Output]:
    module = container.load(path)
    return module, emit(module, EmitOptions(prefix="m", optimize="none"))


def comments(header: str) -> dict[str, list[str]]:
    """The comment in front of each function."""
    found = re.findall(r"/\* (\w+)\n((?: \*[^\n]*\n?)*?)VM_EXPORT vm_status", header)
    return {name: [line.strip(" */") for line in text.splitlines()] for name, text in found}


@pytest.mark.parametrize(("name", "function"), SAID)
def test_headers(name: str, function: str) -> None:
    _, output = output_of(DATA / f"{name}.vmfb")
    lines = comments(str(output.files["m.h"]))[function]
    assert lines[0].startswith("sync func @")
    assert lines[1:] == SAID[name, function][0]


@pytest.mark.parametrize(("name", "function"), SAID)
def test_packages_and_docstrings(name: str, function: str) -> None:
    module, output = output_of(DATA / f"{name}.vmfb")
    copied = SAID[name, function][1]
    expected = f"Arrays for {copied} are copied first: the function may write, keep or return them." if copied else ""
    sources = package_sources(module, "m", "m.so", uses=output.uses)
    documents = [
        ast.get_docstring(node) or ""
        for node in ast.parse(sources["__init__.pyi"]).body
        if isinstance(node, ast.FunctionDef) and node.name == function
    ]
    loaded = transpile.load(DATA / f"{name}.vmfb", engine="interpreter")[function].__doc__ or ""
    for text in (documents[-1], loaded):
        assert text.partition("\n\n")[2] == expected
    assert documents[-1] == loaded and (not expected or expected in sources["__init__.py"])


def test_nothing_is_said_of_what_is_only_read() -> None:
    for path in (EXAMPLES / "matmul" / "matmul.vmfb", EXAMPLES / "digits" / "digits.vmfb"):
        _, output = output_of(path)
        assert all(len(lines) == 1 for lines in comments(str(output.files["m.h"])).values())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0_0", []),
        ("7_1", ["x may be written, kept and returned", "result0 may be memory of the module"]),
        ("4_0", ["x may be returned"]),
        ("", ["x may be written, kept and returned", "result0 may be memory of the module"]),
    ],
)
def test_words(text: str, said: list[str]) -> None:
    assert parse_uses(text, 1, 1).said(["x"]) == said
    assert bool(parse_uses(text, 1, 1).copied(["x"])) == (parse_uses(text, 1, 1).arguments[0] != ArgumentUse.NONE)
