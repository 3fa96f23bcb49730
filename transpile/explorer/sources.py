"""Texts of source files.  Only files that the user names are read: a module may say any path."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import PurePosixPath, PureWindowsPath

from transpile.isa.disasm import printable


def texts_of(sources: Mapping[str, str], files: Collection[str]) -> dict[str, list[str]]:
    """The lines of the files that locations name, by these names: a file is found by the last part of its path."""
    known = {_leaf(name): text for name, text in sources.items()}
    return {file: _lines(known[_leaf(file)]) for file in sorted(files) if _leaf(file) in known}


def _leaf(path: str) -> str:
    return PureWindowsPath(path).name if "\\" in path else PurePosixPath(path).name


def _lines(text: str) -> list[str]:
    return [printable(line.expandtabs()) for line in text.rstrip().split("\n")]
