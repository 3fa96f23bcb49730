"""The API reference is current and complete."""

from __future__ import annotations

import inspect

import transpile
from tests.conftest import Golden
from tests.packaging.api import SECTIONS, reference
from tests.packaging.environments import ROOT


def test_the_page_is_current(golden: Golden) -> None:
    golden(ROOT / "docs" / "api.md", reference())


def test_everything_public_is_on_it() -> None:
    shown = {item.__name__ for items in SECTIONS.values() for item in items}
    assert {name for name in transpile.__all__ if not name.startswith("__")} <= shown


def test_everything_on_it_is_explained() -> None:
    for items in SECTIONS.values():
        for item in items:
            assert inspect.getdoc(item), item
