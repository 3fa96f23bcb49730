"""The man pages in docs/man: one for each command, saying what its help says, in roff without warnings."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from transpile.cli import main

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "man"
PAGES = sorted(FOLDER.glob("*.1"))

_spec = importlib.util.spec_from_file_location("man", ROOT / "tools" / "man.py")
assert _spec is not None and _spec.loader is not None
man = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(man)


def words(text: str) -> list[str]:
    """The words of a page, without how click's version of the day punctuates them."""
    return re.findall(r"\w+", text)


def test_every_command_has_its_page() -> None:
    assert {path.name for path in PAGES} == set(man.pages()), "python tools/man.py"


@pytest.mark.parametrize("name", sorted(man.pages()))
def test_pages_are_current(name: str) -> None:
    assert words((FOLDER / name).read_text(encoding="utf-8")) == words(man.pages()[name]), "python tools/man.py"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_pages_are_roff_without_warnings(path: Path) -> None:
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", str(path)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["transpile", "transpile emit"])
def test_a_page_shows_what_help_shows(name: str) -> None:
    """Commands of verbatim paragraphs appear as they are, backslashes included."""
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("groff is not installed")
    command = main if name == "transpile" else main.commands[name.split()[1]]
    page = FOLDER / f"{name.replace(' ', '-')}.1"
    command_line = [groff, "-man", "-Tascii", "-P-c", "-P-b", "-P-u", str(page)]
    shown = subprocess.run(command_line, capture_output=True, text=True)
    lines = {line.strip() for line in shown.stdout.splitlines()}
    assert command.help is not None
    verbatim = [block for block in command.help.split("\n\n") if block.lstrip().startswith("\b")]
    assert verbatim
    for line in "\n".join(verbatim).replace("\b", "").splitlines():
        assert line.strip() in lines or not line.strip()


def test_requests_in_a_text_are_printed() -> None:
    @click.command(help=".so x\n'br y\n\\fBz")
    def odd() -> None:
        pass

    page = man.pages(odd, "odd")["odd.1"]
    assert "\n\\&.so x\n\\&'br y\n\\efBz\n" in page
