"""What the pages show is what happens: every command in them is run, and prints what they say."""

from __future__ import annotations

import importlib
import importlib.util
import re
from pathlib import Path

import pytest

from tests.conftest import Golden
from tests.packaging.document import ROOT, Sandbox, matches, rewritten

PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
RUN = [page for page in PAGES if "```console" in page.read_text()]


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
def test_commands_print_what_the_page_says(page: Path, golden: Golden, tmp_path: Path) -> None:
    golden(page, rewritten(page.read_text(encoding="utf-8"), Sandbox(tmp_path)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_exist(page: Path) -> None:
    """Paths in backquotes that begin with one of the checkout's folders."""
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`((?:transpile|templates|csupport|compare|tests|examples|docs)/[\w./-]+)`", text)
    missing = [name for name in named if not (ROOT / name).exists()]
    assert not missing, f"{page.name} names {missing}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_names_lead_somewhere(page: Path) -> None:
    """Dotted names in backquotes that begin with the package: attributes, as a reader would write them."""
    names = set(re.findall(r"`(transpile(?:\.\w+)+)(?![\w./])", page.read_text(encoding="utf-8")))
    missing = [name for name in sorted(names) if not _resolves(name)]
    assert not missing, f"{page.name} names {missing}"


def _resolves(name: str) -> bool:
    first, *rest = name.split(".")
    found: object = importlib.import_module(first)
    for at, part in enumerate(rest):
        if not hasattr(found, part) and importlib.util.find_spec(".".join([first, *rest[: at + 1]])):
            importlib.import_module(".".join([first, *rest[: at + 1]]))
        found = getattr(found, part, None)
    return found is not None


def test_dots_stand_for_anything() -> None:
    assert matches(["a", "...", "z"], ["a", "b", "c", "z"])
    assert matches(["took ... s"], ["took 3.5 s"])
    assert not matches(["a", "b"], ["a", "c"])
    assert not matches([], ["a"])
