"""The page of limits names every limit that is declared, with its value where that is a plain number."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from transpile import limits
from transpile.resources import CSUPPORT

PAGE = (Path(__file__).parents[2] / "docs" / "limits.md").read_text(encoding="utf-8")
DECLARED = [name for name in vars(limits) if name.isupper()]
MACROS = re.findall(r"^ \*   (VM_\w+_(?:LIMIT|HINT)) ", (CSUPPORT / "vm_policy.h").read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", [*DECLARED, *MACROS])
def test_every_limit_is_on_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE


NUMBERS = ("FRAME_WORDS", "FRAME_REFS", "NAMEABLE_WORDS", "NAMEABLE_REFS", "FINDINGS", "LOCATION_NODES")


@pytest.mark.parametrize("name", NUMBERS)
def test_values_are_those_in_force(name: str) -> None:
    row = next(line for line in PAGE.splitlines() if f"`{name}`" in line)
    assert str(getattr(limits, name)) in row.replace(",", "")


def test_there_are_limits_of_both_kinds() -> None:
    assert len(DECLARED) > 10 and len(MACROS) == 4
