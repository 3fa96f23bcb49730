"""The shape of the package: data goes one way through the stages, and printing decides nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DECIDING = ("nests.find.recognise", "nests.plan.schedule", "nests.plan.tiling", "nests.find.digits", "passes", "verify")
"""Stages that `emit` comes behind; it names types of theirs at most."""
TYPES = {"Get"}


def _name(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


PATHS = {_name(path): path for folder in ("transpile", "compare") for path in (ROOT / folder).rglob("*.py")}


def _imports(module: str) -> Iterator[tuple[str, str]]:
    """What a module imports when it is loaded: from where, and which name."""
    path = PATHS[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.ImportFrom):
            outside = package.split(".")[: len(package.split(".")) - statement.level + 1] if statement.level else []
            source = ".".join([*outside, *([statement.module] if statement.module else [])])
            yield from ((source, alias.name) for alias in statement.names)


def _needs(module: str) -> set[str]:
    found = {f"{source}.{name}" if f"{source}.{name}" in PATHS else source for source, name in _imports(module)}
    return {other for other in found if other in PATHS} - {module}


def test_no_module_needs_itself() -> None:
    try:
        TopologicalSorter({module: _needs(module) for module in PATHS}).prepare()
    except CycleError as cycle:
        pytest.fail(" needs ".join(cycle.args[1]))


def test_no_two_folders_need_each_other() -> None:
    def folder(module: str) -> str:
        return ".".join(module.split(".")[:2])

    needed = {(folder(module), folder(other)) for module in PATHS for other in _needs(module)}
    assert [pair for pair in needed if pair[0] < pair[1] and pair[::-1] in needed] == []


def test_the_interpreter_needs_nothing_of_what_prints_programs() -> None:
    assert [
        (module, other)
        for module in PATHS if module.startswith("transpile.interp")
        for other in _needs(module) if other.startswith("transpile.emit")
    ] == []  # fmt: skip


def test_printing_decides_nothing() -> None:
    deciding = tuple(f"transpile.{stage}" for stage in DECIDING)
    used = {
        (module, source, name)
        for module in PATHS if module.startswith("transpile.emit.")
        for source, name in _imports(module) if f"{source}.{name}".startswith(deciding)
    }  # fmt: skip
    assert [each for each in used if each[2] not in TYPES] == []


def test_printing_reads_no_text() -> None:
    """What a later stage needs travels as data: no pattern is looked for in C."""
    found = {
        (module, alias.name)
        for module, path in PATHS.items() if module.startswith("transpile.emit")
        for statement in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(statement, ast.Import | ast.ImportFrom)
        for alias in ([ast.alias(statement.module or "")] if isinstance(statement, ast.ImportFrom) else statement.names)
    }  # fmt: skip
    assert ("transpile.emit.files", "hashlib") in found
    assert [module for module, name in found if name == "re"] == []
