"""The recipes for frameworks: every page is run where its framework is installed."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from tests.conftest import Golden
from tests.packaging.document import ROOT, Sandbox, rewritten

PAGES = sorted((ROOT / "docs" / "recipes").glob("*.md"))
_NEEDS = re.compile(r"<!-- needs (.*) -->")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_recipe(page: Path, golden: Golden, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    needs = _NEEDS.match(text)
    assert needs, f"{page.name} does not say what it needs"
    for name in ("iree.compiler", "onnx", *needs[1].split()):
        if not _installed(name):
            pytest.skip(f"{name} is not installed")
    golden(page, rewritten(text, Sandbox(tmp_path)))


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
