"""The test modules as the manifest lists them, with the answers that are right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from transpile import container
from transpile.container import Module

FOLDER = Path(__file__).parents[1] / "modules"

# Here the compiler 3.13.0 is wrong (it drops a constant), and each file's own answer is right.
_OWN_ANSWER = "src/integer_tensors.mlir"


@dataclass(frozen=True)
class Call:
    """One call and what must come of it: `status` is "" if it succeeds."""

    function: str
    inputs: tuple[dict[str, Any], ...]
    results: tuple[dict[str, Any], ...]
    status: str


@dataclass(frozen=True, eq=False)
class Entry:
    """One file; every session is a list of calls on an instance of its own."""

    file: str
    compiler: str
    major: int
    flavour: str
    libm: bool
    sessions: tuple[tuple[Call, ...], ...] = field(repr=False)

    @property
    def path(self) -> Path:
        return FOLDER / self.file


def _call(entry: dict[str, Any], call: dict[str, Any]) -> Call:
    outcome = call["outcome"]
    if entry["source"] != _OWN_ANSWER:
        outcome = call.get("reference", outcome)
    return Call(call["function"], tuple(call["inputs"]), tuple(outcome.get("results", ())), outcome.get("status", ""))


def _entry(entry: dict[str, Any]) -> Entry:
    sessions = [[call] for call in entry["calls"]] + entry["sessions"]
    made = tuple(tuple(_call(entry, call) for call in session) for session in sessions)
    return Entry(entry["file"], entry["compiler"], entry["major"], entry["flavour"], entry["libm"], made)


ENTRIES = [_entry(entry) for entry in json.loads((FOLDER / "manifest.json").read_text())]


def contents(entry: Entry) -> Iterator[tuple[str, memoryview]]:
    """The bytes of a file's module and of those nested in it, each with a name for messages."""
    data = memoryview(entry.path.read_bytes())
    yield entry.file, data
    for index, segment in enumerate(container.load(data).rodata):
        if segment.is_module:
            yield f"{entry.file}, rodata {index}", segment.data


def modules(entry: Entry) -> Iterator[tuple[str, Module]]:
    """The same, read."""
    for name, data in contents(entry):
        yield name, container.load(data)


every_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.file.removesuffix(".vmfb"))
