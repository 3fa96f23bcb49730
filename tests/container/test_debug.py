"""Source locations: how they print, which entries are trusted, and that hostile tables end."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.work import steps
from transpile.container import DebugDatabase, load

from .samples import BARE, INLINE, VMVX, tool
from .writer import Ints, Table, debug_database, everything, function, functions, i32, source_map, write


def database(locations: list[tuple[int, Table | None]], maps: list[Table] | None = None) -> DebugDatabase:
    debug = load(write(Table({0: "m", 15: debug_database(locations, maps or [])}))).debug
    assert debug is not None
    return debug


def place(file: str, line: int, column: int) -> tuple[int, Table]:
    return 2, Table({0: file, 1: i32(line), 2: i32(column)})


def call_site(callee: int, caller: int) -> tuple[int, Table]:
    return 1, Table({0: i32(callee), 1: i32(caller)})


def fused(*children: int) -> tuple[int, Table]:
    return 3, Table({1: Ints(list(children))})


def test_text_is_the_runtimes() -> None:
    debug = load(write(everything())).debug
    assert debug is not None
    debug.verify()
    texts = [debug.locations.text(i) for i in range(len(debug.locations))]
    assert texts == [
        "[unknown]",
        "a.mlir:3:4",
        "b.mlir:5:6",
        "a.mlir:3:4\n      at b.mlir:5:6",
        "<meta>[\n    a.mlir:3:4\n      at b.mlir:5:6,\n    b.mlir:5:6\n  ]",
        "[\n\n  ]",
        '"who"(a.mlir:3:4)',
        '"bare"',
    ]


def test_leaf_is_the_first_place_an_editor_could_open() -> None:
    debug = load(write(everything())).debug
    assert debug is not None
    a, b = ("a.mlir", 3, 4), ("b.mlir", 5, 6)
    assert [debug.locations.leaf(i) for i in range(8)] == [None, a, b, a, a, None, a, None]
    debug = database([place("", 3, 1), place("x", 0, 0), place("x", -1, 0), place("y", 9, 0), fused(0, 1, 2, 3)])
    assert [debug.locations.leaf(i) for i in range(5)] == [None, None, None, ("y", 9, 0), ("y", 9, 0)]


@pytest.mark.parametrize("index", [-1, -(2**31), 1, 2**31 - 1])
def test_an_index_outside_of_the_table_is_unknown(index: int) -> None:
    locations = database([(4, Table({0: "n", 1: i32(index)}))]).locations
    assert locations.text(0) == '"n"([unknown])' or index == 0
    assert locations.text(index) == "[unknown]"
    assert locations.leaf(index) is None


def test_the_last_entry_at_or_before_the_pc_counts() -> None:
    debug = database([place("x", n + 1, 0) for n in range(3)], [source_map("f", (8, 2), (1, 0), (4, 1))])
    locations = debug.locations_for(0, 1)
    assert locations is not None and locations.name == "f"
    found = [locations.at(pc) for pc in (0, 1, 3, 4, 7, 8, 1000)]
    assert [None if f is None else f.leaf for f in found] == [
        None, ("x", 1, 0), ("x", 1, 0), ("x", 2, 0), ("x", 2, 0), ("x", 3, 0), ("x", 3, 0),
    ]  # fmt: skip


def test_a_complete_database_is_trusted_by_position() -> None:
    debug = load(write(everything())).debug
    assert debug is not None
    found = [debug.locations_for(i, 2) for i in range(2)]
    assert [f.name for f in found if f] == ["in_f", "in_g"]
    assert debug.locations_for(2, 2) is None and debug.locations_for(-1, 2) is None


def test_a_lone_entry_is_trusted_for_the_last_function_if_its_offsets_match() -> None:
    debug = database([place("x", 1, 1)], [source_map("last", (1, 0), (5, 0))])
    assert debug.locations_for(2, 3) is None, "nothing to compare with"
    assert debug.locations_for(2, 3, [1, 5, 9]) is None
    assert debug.locations_for(2, 3, [1]) is None
    assert debug.locations_for(0, 3, [1, 5]) is None, "a first function may match by accident"
    found = debug.locations_for(2, 3, iter([5, 1]))
    assert found is not None and found.name == "last"


def test_names_of_the_incomplete_database_are_not_used() -> None:
    one = debug_database([], [source_map("last", (1, 0))])
    module = load(write(Table({0: "m", 12: functions(function(0, 1), function(0, 1)), 15: one})))
    assert [module.function_name(i) for i in range(2)] == ["fn_0", "fn_1"]


@pytest.mark.skipif(tool("iree-dump-module") is None, reason="needs iree-base-runtime")
@pytest.mark.parametrize("path", [INLINE, VMVX, BARE], ids=lambda p: p.stem)
def test_real_databases_describe_the_last_function(path: Path) -> None:
    module = load(path)
    assert module.debug is not None
    last = len(module.functions) - 1
    offsets = _instruction_offsets(path, last)
    found = module.debug.locations_for(last, last + 1, offsets)
    assert found is not None, "its offsets match those of iree-dump-module completely"
    assert found.name == module.exports[-1].name
    assert module.debug.locations_for(last, last + 1, offsets[:-1]) is None
    first = _instruction_offsets(path, 0)
    assert module.debug.locations_for(0, last + 1, first) is None
    leaf = found.at(offsets[-1])
    assert leaf is not None and re.match(r"small\.mlir:\d+:\d+|\[", leaf.text)


def _instruction_offsets(path: Path, index: int) -> list[int]:
    command = [tool("iree-dump-module") or "", "--output=disassembly", "--bytecode_offsets", f"--function={index}"]
    text = subprocess.run([*command, str(path)], capture_output=True, check=True, text=True).stdout
    return [int(m, 16) for m in re.findall(r"^\[([0-9A-F]{8})\]  ", text, re.MULTILINE)]


@pytest.mark.parametrize(
    "loop",
    [
        [call_site(0, 0)],
        [fused(0, 0, 0, 0)],
        [(4, Table({0: "n", 1: i32(0)}))],
        [call_site(1, 1), fused(0, 1, 0), place("x", 1, 1)],
        [fused(*[n + 1] * 30) for n in range(40)],
        [fused(*range(200)) for _ in range(200)],
    ],
)
def test_cycles_and_doubling_end_soon(loop: list[tuple[int, Table | None]]) -> None:
    locations = database(loop).locations
    assert steps(lambda: locations.text(0)) < 100_000
    assert steps(lambda: locations.leaf(0)) < 100_000
    assert len(locations.text(0)) < 200_000
    assert locations.leaf(0) is None


def test_as_many_locations_are_printed_as_the_limit_says() -> None:
    text = database([fused(*[1] * 3000), place("x", 1, 1)]).locations.text(0)
    assert text.count("x:1:1") == 1023 and text.count("[unknown]") == 1


def test_nesting_up_to_the_limit_is_followed() -> None:
    chain: list[tuple[int, Table | None]] = [(4, Table({0: "n", 1: i32(n + 1)})) for n in range(63)]
    assert database([*chain, place("deep", 1, 2)]).locations.leaf(0) == ("deep", 1, 2)
