"""What is found in small functions: nests as the loop IR they become, and why other loops are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Golden
from tests.ir.cases import blessed
from transpile.ir import check, parse_function
from transpile.nests.find.recognise import find
from transpile.nests.loops.build import build
from transpile.nests.loops.check import check as check_work
from transpile.nests.loops.text import format_work

DATA = Path(__file__).parent / "data"


def _found(text: str) -> str:
    function = parse_function(text)
    check(function)
    found = find(function)
    told = {header: f"refused: {reason}" for header, reason in found.refused.items()}
    for header, nest in found.nests.items():
        work = build(nest).work
        check_work(work)
        told[header] = format_work(work).strip()
    headers = sorted(told, key=lambda header: header.offset)
    return "\n".join(f"loop at {header.offset:#x}\n{told[header]}" for header in headers)


@pytest.mark.parametrize("name", ["affine", "digits", "recognise", "legality"])
def test_find(name: str, golden: Golden) -> None:
    golden(DATA / f"{name}.txt", blessed(DATA / f"{name}.txt", _found))
