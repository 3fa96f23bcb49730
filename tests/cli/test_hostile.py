"""Whatever a module is called, nothing it says controls the terminal."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.container.writer import Table, attr, debug_database, i32, signature, source_map
from tests.fuzz.hostile import TEXTS
from tests.support.modules import build_module, function
from transpile.cli import main

CONTROL = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069]")
NAMES = [text.decode() for text in TEXTS if len(text) < 100 and re.search(rb"[^\w.! ]", text) and text.isascii()]
NAMES += ["\x9b31m", "\u202ename\u2066"]
COMMANDS = (
    ("inspect",), ("inspect", "--json"), ("disasm",), ("verify",), ("verify", "--json"), ("verify", "--listing"),
    ("explain",), ("emit", "-o", "c"), ("run", "--function={name}", "--engine=interpreter"), ("run", "--function=gone"),
)  # fmt: skip


def hostile(name: str, words: int) -> bytes:
    """A module that says `name` wherever it can, and fails when it is called."""
    code = ["entry", ("const.i32", 9, 0), ("fail", 0, name.encode()[:60]), "next", ("return", ())]
    places: list[tuple[int, Table | None]] = [(2, Table({0: name, 1: i32(1), 2: i32(1)}))]
    slots = {
        3: [attr(name, name)],
        6: [Table({0: f"{name}.{name}", 1: signature("0v_v", attr(name, name)), 2: i32(2)})],
        8: [signature("0v_v", attr("iree.abi.declaration", f"sync func @{name}() -> ()"), attr(name, name))],
        15: debug_database(places, [source_map(name, (1, 0), (8, 0))]),
    }
    return build_module([function(*code, words=words, export=name)], name=name, slots=slots)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
@pytest.mark.parametrize("words", (0, 4), ids=("refused", "accepted"))
def test_no_command_passes_control_characters_on(
    name: str, words: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.vmfb").write_bytes(hostile(name, words))
    for first, *options in COMMANDS:
        arguments = [option.format(name=name) if "{name}" in option else option for option in options]
        if "\x00" in "".join(arguments):
            continue  # no command line can say that
        done = CliRunner().invoke(main, [first, "x.vmfb", *arguments])
        assert not done.exception or isinstance(done.exception, SystemExit), (first, options, done.exception)
        assert not CONTROL.search(done.output), (first, options, done.output)
        if "--json" in options:
            json.loads(done.stdout)
