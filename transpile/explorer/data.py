"""What the page shows, as plain data: numbers, texts, lists.  Texts are for people: nothing in them is markup."""

from __future__ import annotations

from dataclasses import dataclass

Links = list[list[int]]
"""For each line of a text, the instructions it belongs to, as numbers of lines of the listing."""


@dataclass(frozen=True)
class Text:
    """A pane: lines, and the instructions that each of them belongs to."""

    lines: list[str]
    links: Links


@dataclass(frozen=True)
class Edit:
    """A step that leads from one text to the next: `removed` lines from line `first` on give way to others."""

    name: str
    first: int
    removed: int
    lines: list[str]


@dataclass(frozen=True)
class History:
    """A text and the steps that change it."""

    lines: list[str]
    edits: list[Edit]


@dataclass(frozen=True)
class Call:
    """A step of a function: a call of another one, of an import, or the dispatch of a kernel.

    `target` is the key of what is called, where that is on the page; `line` its line in the listing.
    """

    kind: str
    name: str
    line: int
    target: str | None


@dataclass(frozen=True)
class Loop:
    """A loop as `transpile explain` tells it.

    `line` is that of its head in the listing, `extent` the first and the last line of each piece of it; `history` is
    the number of its rewrites, `nests` are the C functions made from it, and `named` says which instructions the names
    in their lines stand for.
    """

    kind: str
    depth: int
    offset: int
    line: int
    location: str
    lines: list[tuple[str, str]]
    extent: list[tuple[int, int]]
    history: int | None
    nests: list[str]
    named: dict[str, list[int]]


@dataclass(frozen=True)
class Nest:
    """A C function made from loops: its lines, and what each names, as numbers in `names`; see `Loop.named`."""

    lines: list[str]
    links: Links
    names: list[str]


@dataclass(frozen=True)
class Code:
    """All that is shown of one function.

    `places` has the source place of each line of the listing, as a number in `locations` (file, line, column), -1 where
    it has none; `passes` are the intermediate forms, where these were asked for.
    """

    listing: list[str]
    places: list[int]
    locations: list[tuple[str, int, int]]
    c: Text
    ir: Text
    loops: list[Loop]
    calls: list[Call]
    passes: History | None


@dataclass(frozen=True)
class Row:
    """A function in the list: what it is, and how large.

    `bytecode` and `c` are bytes; a loop nest in C that several functions share counts in parts.  `runs` is how many
    calls or dispatches of it the program's text has.
    """

    key: str
    module: int
    name: str
    exports: list[str]
    bytecode: int
    c: float
    kinds: dict[str, int]
    runs: int


@dataclass(frozen=True)
class Part:
    """A module on the page: the program's, or one that is nested in a segment of its constants."""

    name: str
    segment: int | None


@dataclass(frozen=True)
class Page:
    """Everything.

    `seconds` (time by function) and `memory` (what is in the arena over time) are not known to this command: None, and
    the page says so.
    """

    title: str
    target: str
    parts: list[Part]
    rows: list[Row]
    codes: dict[str, Code]
    histories: list[History]
    nests: dict[str, Nest]
    sources: dict[str, list[str]]
    seconds: None = None
    memory: None = None
