"""What an instruction does is asked of its row: nobody but the table names it to find out."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from transpile.ir.derived import DERIVED
from transpile.isa.operations import COMPARISONS, Operation
from transpile.isa.table import BY_NAME, TABLE, row_of

SOURCES = Path(__file__).parents[2] / "transpile"
TABLES = {SOURCES / "isa" / "table.py", SOURCES / "isa" / "operations.py", SOURCES / "ir" / "derived.py"}
ROWS = BY_NAME | DERIVED
STEMS = {name[: end + 1] for name in ROWS for end, letter in enumerate(name) if letter == "."}


def _named(path: Path) -> Iterator[str]:
    """Strings that are instructions, or the beginning of some; docstrings say more than a name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and "." in text and (text in ROWS or text in STEMS):
            yield f"{path.relative_to(SOURCES)}:{node.lineno}: {text}"


def test_only_the_tables_name_instructions() -> None:
    assert [found for path in sorted(SOURCES.rglob("*.py")) if path not in TABLES for found in _named(path)] == []


def test_the_tables_do() -> None:
    assert all(list(_named(path)) for path in TABLES)


def test_every_row_does_something_and_every_operation_is_done() -> None:
    assert {row.does for row in ROWS.values()} == set(Operation)
    assert all(row.result is not None and row.result.kind.type == "i32" for row in TABLE if row.does in COMPARISONS)


@pytest.mark.parametrize(
    ("name", "does", "type", "signed"),
    [
        ("add.i64", Operation.ADD, "i64", None),
        ("cmp.lt.i32.u", Operation.CMP_LT, "i32", False),
        ("cmp.lt.f32.u", Operation.CMP_LT, "f32", None),  # unordered
        ("buffer.load.i8.s", Operation.BUFFER_LOAD, "i8", True),
        ("const.i32.zero", Operation.CONST, "i32", None),
        ("const.ref.zero", Operation.NULL, "ref", None),
        ("ext.i16.i32.u", Operation.EXT, "i16", False),
        ("round.f64.even", Operation.ROUND_EVEN, "f64", None),
        ("global.load.indirect.ref", Operation.GLOBAL_LOAD_INDIRECT, "ref", None),
        ("word.pack", Operation.WORD_PACK, "", None),
    ],
)
def test_what_a_row_says(name: str, does: Operation, type: str, signed: bool | None) -> None:
    row = ROWS[name]
    assert (row.does, row.type, row.signed) == (does, type, signed)


def test_rows_are_found_by_what_they_do() -> None:
    assert row_of(Operation.CONST, "i32") is BY_NAME["const.i32"]
    assert row_of(Operation.BITCAST, "i32", "f32") is BY_NAME["bitcast.i32.f32"]
    assert row_of(Operation.DIV, "i64", signed=True) is BY_NAME["div.i64.s"]
    with pytest.raises(KeyError, match=r"0 rows for add of i8"):
        row_of(Operation.ADD, "i8")
    with pytest.raises(KeyError, match=r"2 rows for cmp\.eq of f32"):
        row_of(Operation.CMP_EQ, "f32")


def test_what_a_row_gives() -> None:
    named = {"trunc.i32.i8": "i8", "trunc.i64.i32": "i32", "ext.i8.i32.s": "i32", "word.pack": ""}
    named |= {"add.i64": "i64", "cast.f32.si64": "i64", "sub.f32": "f32", "const.i32.zero": "i32"}
    assert {name: ROWS[name].target for name in named} == named
