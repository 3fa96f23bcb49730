"""The pages of limits and of differences: each point and each row names tests, and all tests that are named exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.names import is_test

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("limits.md", "differences.md")
NAMED = re.compile(r"`(tests/[\w/]+\.py(?:::\w+)?)`")
UNTESTED = (
    "* Link-time optimisation",  # advice
)


def blocks(page: str) -> Iterator[str]:
    """Rows of tables and points of lists, each as one line."""
    text = (DOCS / page).read_text(encoding="utf-8")
    for paragraph in re.split(r"\n(?=\* |\|)|\n\n", text):
        if paragraph.startswith("* ") or (
            paragraph.startswith("| ") and not re.match(r"\| (limit|instruction) ", paragraph)
        ):
            yield " ".join(paragraph.split())


@pytest.mark.parametrize("page", PAGES)
def test_each_names_its_tests(page: str) -> None:
    found = list(blocks(page))
    assert len(found) > 20
    inherited = False  # a point that says so speaks for those behind it
    missing = []
    for block in found:
        inherited |= "as all that follows names no other" in block
        named = NAMED.search(block) or (inherited and block.startswith("* "))
        if not named and not block.startswith(UNTESTED):
            missing.append(block)
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_those_that_are_named_exist(page: str) -> None:
    named = NAMED.findall((DOCS / page).read_text(encoding="utf-8"))
    assert named and [name for name in named if not is_test(name)] == []


def test_a_name_of_nothing_is_found() -> None:
    assert is_test("tests/packaging/test_pages.py") and is_test(
        "tests/packaging/test_pages.py::test_each_names_its_tests"
    )
    for name in ("tests/packaging/test_no.py", "tests/packaging/test_pages.py::test_no", "tests/support/names.py"):
        assert not is_test(name)
