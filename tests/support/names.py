"""Tests by their names, as documents and tables give them."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

ROOT = Path(__file__).parents[2]


def is_test(name: str) -> bool:
    """Whether there is such a test: `tests/hal/test_x.py::test_y`, or a whole file of tests without `::`."""
    path, _, function = name.partition("::")
    found = _tests(path)
    return function in found if function else bool(found)


@functools.cache
def _tests(path: str) -> frozenset[str]:
    file = ROOT / path
    if not file.is_file() or not file.name.startswith("test_"):
        return frozenset()
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))
