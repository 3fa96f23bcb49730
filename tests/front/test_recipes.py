"""The recipes for frameworks: every page is run where its framework is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Golden
from tests.packaging.document import ROOT, Sandbox, missing, rewritten

PAGES = sorted((ROOT / "docs" / "recipes").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_recipe(page: Path, golden: Golden, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!-- needs "), f"{page.name} does not say what it needs"
    if name := missing(text, "iree.compiler", "onnx"):
        pytest.skip(f"{name} is not installed")
    golden(page, rewritten(text, Sandbox(tmp_path)))
