"""A Markdown page whose examples are run: its commands, the files it shows, and what both print.

    ```console          every line after `$ ` is run by a shell, in order; the other lines are what it prints
    ```python           with a first line `# name.py`: a file of that name for the commands
    ```c                with a first line `/* name.c … */`: likewise
    ```js               with a first line `// name.mjs`: likewise
    <!-- excerpt FILE from REGEX to REGEX -->    or "to its end": the line that closes what the first line opens
    ```c                lines of a file that the commands before have made
    ```sh               installs something; each line must be one of those tested elsewhere
    <!-- needs A B -->  in the first line: packages and commands without which it is not run

A printed line `...` stands for any lines, and `...` inside a line for any text.  `rewritten` gives the page with what
was really printed, so that it is current if it is unchanged.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

ELSEWHERE = frozenset(
    {
        *("./demo", "./check", "pip install .", "pip install '.[zig]'", "pip install '.[wheel]'"),
        *("pip install '.[compiler]'", "pip install 'dask[array,distributed]'"),
    }
)
"""Commands of `sh` blocks: `.ci/run` and test_distribution.py see to them."""

_NEEDS = re.compile(r"<!-- needs (.*) -->")
_FENCE = re.compile(r"```(\w*)$")
_FILE = re.compile(r"(?:# |/\* |// )([\w.]+\.(?:py|c|mlir|mjs))\b")
_EXCERPT = re.compile(r"<!-- excerpt (\S+) from (.+) to (.+) -->$")
_ANY_LINES = "..."


class Sandbox:
    """A directory with the examples and the tests in it, and a shell with this checkout's `transpile` and `python`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("examples", "tests"):
            (folder / name).symlink_to(ROOT / name)
        programs = folder / ".bin"
        programs.mkdir()
        command = """-c 'from transpile.cli import main; main(prog_name="transpile")'"""
        for name, arguments in (("transpile", command), ("python", "")):
            path = programs / name
            path.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
            path.chmod(0o755)
        self.environment = {
            **os.environ,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "COLUMNS": "100",
            "LC_ALL": "C.UTF-8",
        }

    def run(self, command: str) -> list[str]:
        """The lines a command prints, on either stream; it may fail."""
        shell = shutil.which("bash") or "/bin/sh"
        done = subprocess.run(
            [shell, "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return [line.rstrip() for line in done.stdout.rstrip("\n").split("\n")] if done.stdout.strip() else []

    def excerpt(self, name: str, first: str, last: str) -> list[str]:
        """The lines of a file from one that matches `first` to the next that matches `last`, with less indentation."""
        lines = (self.folder / name).read_text().splitlines()
        start = next(i for i, line in enumerate(lines) if re.search(first, line))
        if last == "its end":
            last = f"^{lines[start][: len(lines[start]) - len(lines[start].lstrip())]}}}"
        end = next(i for i in range(start + 1, len(lines)) if re.search(last, lines[i]))
        chosen = lines[start : end + 1]
        indent = min(len(line) - len(line.lstrip()) for line in chosen if line.strip())
        return [line[indent:] for line in chosen]


def missing(text: str, *others: str) -> str:
    """What a page needs, package or command, or one of the others, that is not installed; "" if there is nothing."""
    needs = _NEEDS.match(text)
    return next((name for name in (*others, *(needs[1].split() if needs else ())) if not _installed(name)), "")


def _installed(name: str) -> bool:
    if name == "PyPI":
        return _answers()
    try:
        return importlib.util.find_spec(name) is not None or shutil.which(name) is not None
    except ModuleNotFoundError:
        return False


def rewritten(text: str, sandbox: Sandbox) -> str:
    """The page with the real output of its commands."""
    return "\n".join(_page(text.split("\n"), sandbox))


@functools.cache
def _answers() -> bool:
    """Whether packages can be downloaded."""
    question = [sys.executable, "-m", "pip", "index", "versions", "silero_vad"]
    return subprocess.run(question, capture_output=True, check=False).returncode == 0


def _page(lines: list[str], sandbox: Sandbox) -> Iterator[str]:
    at, excerpt = 0, None
    while at < len(lines):
        line = lines[at]
        yield line
        at += 1
        fence = _FENCE.match(line)
        if not fence:
            excerpt = _EXCERPT.match(line) or (excerpt if not line else None)
            continue
        end = lines.index("```", at)
        if excerpt:
            yield from sandbox.excerpt(*excerpt.groups())
        else:
            yield from _block(fence[1], lines[at:end], sandbox)
        yield "```"
        at, excerpt = end + 1, None


def _block(language: str, lines: list[str], sandbox: Sandbox) -> Iterator[str]:
    if language == "console":
        yield from _console(lines, sandbox)
        return
    if language == "sh":
        unknown = [line for line in lines if line.split("#")[0].strip() not in ELSEWHERE]
        assert not unknown, f"nothing tests {unknown}"
    elif lines and (name := _FILE.match(lines[0])):
        (sandbox.folder / name[1]).write_text("\n".join(lines) + "\n")
    yield from lines


def _console(lines: list[str], sandbox: Sandbox) -> Iterator[str]:
    at = 0
    while at < len(lines):
        assert lines[at].startswith("$ "), f"expected a command: {lines[at]}"
        command = [lines[at]]
        at += 1
        while command[-1].endswith("\\"):
            command.append(lines[at])
            at += 1
        yield from command
        shown = []
        while at < len(lines) and not lines[at].startswith("$ "):
            shown.append(lines[at])
            at += 1
        printed = sandbox.run("\n".join(command)[2:])
        yield from shown if matches(shown, printed) else printed


def matches(shown: list[str], printed: list[str]) -> bool:
    """Whether the page shows what was printed."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == _ANY_LINES else re.escape(line.rstrip()).replace(r"\.\.\.", ".*") + r"\n"
        for line in shown
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)) is not None
