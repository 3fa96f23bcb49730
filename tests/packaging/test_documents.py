"""What the pages show is what happens: every command in them is run, and prints what they say."""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import re
from pathlib import Path

import pytest

from tests.conftest import Golden
from tests.packaging.document import ROOT, Sandbox, matches, missing, rewritten

PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
RUN = [page for page in PAGES if "```console" in page.read_text()]


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
def test_commands_print_what_the_page_says(page: Path, golden: Golden, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    if name := missing(text):
        pytest.skip(f"{name} is not installed")
    golden(page, rewritten(text, Sandbox(tmp_path)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_exist(page: Path) -> None:
    """Paths in backquotes that begin with one of the checkout's folders."""
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`((?:transpile|templates|csupport|compare|tests|examples|docs)/[\w./-]+)`", text)
    missing = [name for name in named if not (ROOT / name).exists()]
    assert not missing, f"{page.name} names {missing}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_names_lead_somewhere(page: Path) -> None:
    """Dotted names in backquotes that begin with the package: attributes, as a reader would write them."""
    names = set(re.findall(r"`(transpile(?:\.\w+)+)(?![\w./])", page.read_text(encoding="utf-8")))
    missing = [name for name in sorted(names) if not _resolves(name)]
    assert not missing, f"{page.name} names {missing}"


COMMAND = re.compile(r"`((?:python -m|transpile) [^`(]+)`")
NO_PROGRAM = ("transpile.isa.reference", "tests.behaviour.differences")  # write a file, and take no options


def _commands_in_passing() -> dict[tuple[str, ...], set[str]]:
    """Commands in the text of all pages, without their options, and the options that they are shown with."""
    found: dict[tuple[str, ...], set[str]] = {}
    for page in PAGES:
        text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        for command in COMMAND.findall(text):
            words = command.split()
            options = [word.partition("=")[0] for word in words if word.startswith("--")]
            plain = itertools.takewhile(lambda word: not word.startswith("--") and not word.isupper(), words)
            found.setdefault(tuple(plain), set()).update(options)
    return {words: options for words, options in found.items() if words[2:3] not in [(name,) for name in NO_PROGRAM]}


IN_PASSING = _commands_in_passing()


@pytest.mark.parametrize("words", IN_PASSING, ids=" ".join)
def test_commands_in_passing_have_the_options_they_are_shown_with(words: tuple[str, ...], tmp_path: Path) -> None:
    default = ["modules"] if words == ("python", "-m", "compare") else []
    text = "\n".join(Sandbox(tmp_path).run(" ".join([*words, *default, "--help"])))
    assert "usage" in text.lower() and "no such command" not in text.lower(), text
    missing = [option for option in IN_PASSING[words] - {"--help"} if not re.search(rf"{option}\b", text)]
    assert not missing, f"{' '.join(words)} has no {missing}:\n{text}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_tests_that_are_named_are_there(page: Path) -> None:
    """`pytest tests/…` in the text, and names of modules behind `python -m`."""
    text = page.read_text(encoding="utf-8")
    paths = re.findall(r"`pytest (tests/[\w./]+)[^`]*`", text)
    modules = re.findall(r"`python -m ([\w.]+)[^`]*`", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert [name for name in modules if importlib.util.find_spec(name) is None] == []


def _resolves(name: str) -> bool:
    first, *rest = name.split(".")
    found: object = importlib.import_module(first)
    for at, part in enumerate(rest):
        if not hasattr(found, part) and importlib.util.find_spec(".".join([first, *rest[: at + 1]])):
            importlib.import_module(".".join([first, *rest[: at + 1]]))
        found = getattr(found, part, None)
    return found is not None


def test_dots_stand_for_anything() -> None:
    assert matches(["a", "...", "z"], ["a", "b", "c", "z"])
    assert matches(["took ... s"], ["took 3.5 s"])
    assert not matches(["a", "b"], ["a", "c"])
    assert not matches([], ["a"])
