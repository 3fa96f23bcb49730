"""The page of limits names every limit that is declared, with its value where that is a plain number."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.modules import build_module, function
from transpile import container, limits
from transpile.errors import ContainerError, Status
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


@pytest.mark.parametrize("name", ["ARCHIVE_BYTES", "FLATBUFFER_BYTES", "TABLE_ENTRIES"])
def test_one_beyond_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    image = build_module([function("entry", ("return", ()))], types=["i8"] * 40)
    most = {"TABLE_ENTRIES": 40, "ARCHIVE_BYTES": len(image), "FLATBUFFER_BYTES": int.from_bytes(image[:4], "little")}
    monkeypatch.setattr(limits, name, most[name])
    assert len(container.load(image).types) == 40
    monkeypatch.setattr(limits, name, most[name] - 1)
    with pytest.raises(ContainerError, match="the limit is") as caught:
        container.load(image)
    assert caught.value.diagnostics[0].status is Status.RESOURCE_EXHAUSTED


def test_there_are_limits_of_both_kinds() -> None:
    assert len(DECLARED) > 10 and len(MACROS) > 3
