"""What is in a folder already: kept, replaced or removed when a module is emitted into it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.support.modules import build_module, function
from transpile.cli import main
from transpile.cli.folder import write_together
from transpile.cli.record import RECORD, read_record
from transpile.errors import UsageError

DIGEST = "0" * 64
MINE = hashlib.sha256(b"mine").hexdigest()


def contents(folder: Path) -> dict[str, str]:
    """All files but the record, by name."""
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_text() for name, path in found.items() if name != RECORD}


def refused(files: dict[str, str], folder: Path, owner: str, reason: str) -> None:
    """It is refused for this reason, nothing changes, and --force is mentioned."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match=reason) as caught:
        write_together(files, folder, owner)
    assert "--force" in str(caught.value) and str(folder) in str(caught.value)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_files_of_an_earlier_emission_are_replaced_and_removed(tmp_path: Path) -> None:
    write_together({"a.c": "1", "a_0.c": "1", "csupport/vm.h": "1", "csupport/old.h": "1"}, tmp_path, "a")
    write_together({"b.c": "1", "csupport/vm.h": "1", "csupport/old.h": "1"}, tmp_path, "b")
    write_together({"a.c": "2", "csupport/vm.h": "2"}, tmp_path, "a")
    assert contents(tmp_path) == {"a.c": "2", "b.c": "1", "csupport/vm.h": "2"}
    assert sorted(read_record(tmp_path) or ()) == ["a.c", "b.c", "csupport/vm.h"]


def test_a_file_of_another_owner(tmp_path: Path) -> None:
    write_together({"x_0.c": "x", "x.c": "x"}, tmp_path, "x")
    refused({"x_0.c": "y", "y.c": "y"}, tmp_path, "y", "x_0.c belongs to 'x'")
    refused({"x_0.c": "x"}, tmp_path, "y", "x_0.c belongs to 'x'")  # although it holds the same
    write_together({"x_0.c": "y"}, tmp_path, "y", force=True)
    assert contents(tmp_path) == {"x_0.c": "y", "x.c": "x"}
    refused({"x_0.c": "x"}, tmp_path, "x", "belongs to 'y'")


def test_a_file_that_no_record_has(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text("mine")
    refused({"a.c": "1"}, tmp_path, "a", r"a\.c was not written by transpile emit")
    write_together({"a.c": "mine"}, tmp_path, "a")  # nothing is lost
    write_together({"a.c": "1"}, tmp_path, "a")
    assert contents(tmp_path) == {"a.c": "1"}


def test_a_file_that_was_changed(tmp_path: Path) -> None:
    write_together({"a.c": "1", "b.c": "1"}, tmp_path, "a")
    (tmp_path / "a.c").write_text("mine")
    (tmp_path / "b.c").write_text("mine")
    refused({"a.c": "2"}, tmp_path, "a", r"a\.c was changed")
    write_together({"a.c": "2"}, tmp_path, "a", force=True)
    assert contents(tmp_path) == {"a.c": "2", "b.c": "mine"}, "what is not written stays as it was changed"
    refused({"a.c": "3", "b.c": "3"}, tmp_path, "a", r"b\.c was changed")


@pytest.mark.parametrize("force", [False, True])
def test_what_is_no_plain_file(tmp_path: Path, force: bool) -> None:
    (tmp_path / "a.c").mkdir()
    (tmp_path / "csupport").touch()
    for name in ("a.c", "csupport/vm.h"):
        with pytest.raises(UsageError, match=f"{name} is not a plain file"):
            write_together({name: "1"}, tmp_path, "a", force=force)
    assert sorted(os.listdir(tmp_path)) == ["a.c", "csupport"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "c"
    outside.mkdir()
    (outside / "vm.h").write_text("mine")
    write_together({"a.c": "1", "csupport/vm.h": "mine"}, folder, "a")
    (folder / "csupport" / "vm.h").unlink()
    (folder / "csupport").rmdir()
    (folder / "csupport").symlink_to(outside)
    with pytest.raises(UsageError, match="is not a plain file in this folder"):
        write_together({"csupport/vm.h": "2"}, folder, "a", force=True)
    (folder / "a.c").unlink()
    (folder / "a.c").symlink_to(outside / "vm.h")
    refused({"a.c": "2"}, folder, "a", "was changed")
    write_together({"a.c": "2"}, folder, "a", force=True)
    (folder / RECORD).write_text(json.dumps({"link/vm.h": ["a", MINE]}))
    (folder / "link").symlink_to(outside)
    write_together({"b.c": "2"}, folder, "a")
    assert (outside / "vm.h").read_text() == "mine" and not (folder / "a.c").is_symlink()


def test_capitals_make_no_other_name(tmp_path: Path) -> None:
    write_together({"Net.h": "1"}, tmp_path, "Net")
    refused({"net.h": "2"}, tmp_path, "net", r"Net\.h belongs to 'Net'")
    write_together({"net.h": "2"}, tmp_path, "Net")
    assert contents(tmp_path) == {"net.h": "2"}
    (tmp_path / "CSUPPORT").mkdir()
    (tmp_path / "CSUPPORT" / "VM.H").write_text("mine")
    refused({"csupport/vm.h": "1"}, tmp_path, "Net", r"CSUPPORT/VM\.H was not written")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, "\udcff", "1" * 5000, '{"a": NaN'])
def test_a_record_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    write_together({"a.c": "1"}, tmp_path, "a")
    (tmp_path / RECORD).write_bytes(text.encode("utf-8", "surrogateescape"))
    refused({"a.c": "2"}, tmp_path, "a", r"emitted\.json is not a record")
    write_together({"a.c": "2"}, tmp_path, "a", force=True)
    assert sorted(read_record(tmp_path) or ()) == ["a.c"]


ENTRIES = [None, 1, "x", {}, [], ["a"], ["a", 1], [1, DIGEST], ["a", DIGEST, ""], ["a", "0"], ["a", f"{DIGEST}0"]]


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_an_entry_that_is_none(tmp_path: Path, entry: object) -> None:
    (tmp_path / "a.c").write_text("mine")
    (tmp_path / RECORD).write_text(json.dumps({"a.c": entry}))
    refused({"a.c": "1"}, tmp_path, "a", "was not written by transpile emit")
    write_together({"b.c": "1"}, tmp_path, "a")
    assert contents(tmp_path) == {"a.c": "mine", "b.c": "1"}


NAMES = ["../x.c", "/x.c", "c/../../x.c", "", ".", "..", "a/..", "a//x.c", "..\\x.c", "x\0.c", "\ud800", "x" * 5000]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_that_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    write_together({"x.c": "1"}, tmp_path, "a")
    record = json.loads((tmp_path / RECORD).read_text())
    folder = tmp_path / "c"
    folder.mkdir()
    (folder / RECORD).write_text(json.dumps({name: record["x.c"]}))
    write_together({"b.c": "1"}, folder, "a")
    assert (tmp_path / "x.c").read_text() == "1" and list(read_record(folder) or ()) == ["b.c"]


def test_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_together({"a.c": "1", "b.c": "1", "old.c": "1"}, tmp_path, "a")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    replace = Path.replace
    for failing in range(5):  # three files, one that goes, and the record
        calls: list[Path] = []

        def broken(self: Path, target: Path, calls: list[Path] = calls, failing: int = failing) -> Path:
            calls.append(self)
            if len(calls) == failing + 1:
                raise OSError(5, "Input/output error")
            return replace(self, target)

        monkeypatch.setattr(Path, "replace", broken)
        with pytest.raises(OSError, match="Input/output error"):
            write_together({"a.c": "2", "b.c": "2", "new.c": "2"}, tmp_path, "a")
        assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before, failing
    monkeypatch.undo()
    with pytest.raises(UsageError):
        write_together({"a.c": "1"}, tmp_path, "b")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_interrupted_emission_is_repeated(tmp_path: Path) -> None:
    """Killed between two files: the first is new, the record is old."""
    write_together({"a.c": "1", "b.c": "1"}, tmp_path, "a")
    (tmp_path / "a.c").write_text("2")
    write_together({"a.c": "2", "b.c": "2"}, tmp_path, "a")
    assert contents(tmp_path) == {"a.c": "2", "b.c": "2"}


Invoke = Callable[..., Result]


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    monkeypatch.chdir(tmp_path)
    code = (("add.i32", 0, 1, 2), ("return", (2,)))
    for name in ("net", "net_quant"):
        adder = function("entry", *code, convention="0ii_i", export="plus")
        (tmp_path / f"{name}.vmfb").write_bytes(build_module([adder], name=name))
    return lambda *arguments: CliRunner().invoke(main, arguments)


def test_two_modules_of_one_prefix(invoke: Invoke, tmp_path: Path) -> None:
    assert invoke("emit", "net.vmfb", "-o", "c", "--prefix=graph", "--main").exit_code == 0
    before = contents(tmp_path / "c")
    for options in (["--prefix=graph"], ["--prefix=Graph"], ["--prefix=other", "--main"]):
        result = invoke("emit", "net_quant.vmfb", "-o", "c", *options)
        assert result.exit_code == 2 and "belongs to 'net of net.vmfb as graph'" in result.output
        assert "--prefix" in result.output and contents(tmp_path / "c") == before
    assert invoke("emit", "net_quant.vmfb", "-o", "c", "--prefix=graph_0").exit_code == 0
    assert contents(tmp_path / "c").items() > before.items()
    assert invoke("emit", "net_quant.vmfb", "-o", "c", "--prefix=graph", "--force").exit_code == 0


def test_what_an_earlier_emission_left(invoke: Invoke, tmp_path: Path) -> None:
    assert invoke("emit", "net.vmfb", "-o", "c", "--main", "--lines=bytecode").exit_code == 0
    first = contents(tmp_path / "c")
    (tmp_path / "c" / "mine.c").write_text("mine")
    assert invoke("emit", "net.vmfb", "-o", "c").exit_code == 0
    second = contents(tmp_path / "c")
    assert "main.c" in first and not {"main.c", "CMakeLists.txt"} & second.keys() and second["mine.c"] == "mine"
    assert invoke("emit", "net.vmfb", "-o", "other").exit_code == 0
    assert second == {**contents(tmp_path / "other"), "mine.c": "mine"}
    assert (tmp_path / "other" / RECORD).read_bytes() == (tmp_path / "c" / RECORD).read_bytes()
