"""The reference page is current."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Golden
from transpile.isa import TABLE
from transpile.isa.reference import page

PAGE = Path(__file__).parents[2] / "docs" / "instructions.md"


def test_the_page_is_current(golden: Golden) -> None:
    golden(PAGE, page())


def test_every_row_of_the_table_is_on_the_page() -> None:
    rows = [line for line in page().splitlines() if line.startswith("| `0x")]
    assert len(rows) == len(TABLE)
    assert all(line.count(" | ") == 7 for line in rows)
