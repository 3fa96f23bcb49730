"""The nest functions of a module: equal ones are shared, and they have files of their own."""

from __future__ import annotations

import hashlib
import re

from transpile.emit.names import Names
from transpile.emit.nests import Argument, NestWriter, can_write
from transpile.emit.statements import indent
from transpile.ir.nodes import Block, Function
from transpile.nests.recognise import find


class NestFunctions:
    """Collects nest functions by their text.  `vector_bytes` 0: nothing is raised."""

    def __init__(self, names: Names, vector_bytes: int) -> None:
        self.names = names
        self.vector_bytes = vector_bytes
        self._texts: dict[str, str] = {}  # name: text
        self._tiles: dict[str, str] = {}
        self.covered: set[int] = set()  # functions all of whose innermost loops are raised

    def of(self, fn: Function) -> dict[Block, tuple[str, tuple[Argument, ...]]]:
        """What to call for each raised nest of a function: the C function and its arguments, by loop header."""
        calls: dict[Block, tuple[str, tuple[Argument, ...]]] = {}
        if not self.vector_bytes:
            return calls
        found = find(fn)
        for header, nest in found.nests.items():
            if can_write(nest):
                written = NestWriter(nest, self.vector_bytes).write()
                self._tiles.update((self._own(name), self._own(text)) for name, text in written.tiles.items())
                calls[header] = (self._name(self._own(written.text)), written.arguments)
        if calls and found.innermost <= {c.header for h in calls for c in found.nests[h].loops}:
            self.covered.add(fn.index)
        return calls

    def _own(self, text: str) -> str:
        return text.replace("@own@", self.names.own(""))

    def _name(self, text: str) -> str:
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        name = self.names.own(f"nest_{digest}")
        self._texts[name] = text.replace("static int @name@(", "int @name@(").replace("@name@", name)
        return name

    def prototypes(self, hidden: str) -> list[str]:
        """Declarations of the nests for the functions that call them."""
        heads = (re.search(rf"^int ({name}\(.*\)) \{{$", text, re.M) for name, text in sorted(self._texts.items()))
        return [f"{hidden} int {head[1]};" for head in heads if head]

    def tile_prototypes(self, hidden: str) -> list[str]:
        """Declarations of the tiles for the nests that call them."""
        heads = (re.search(rf"^void ({name}\(.*\)) \{{$", text, re.M) for name, text in sorted(self._tiles.items()))
        return [f"{hidden} void {head[1]};" for head in heads if head]

    def files(self, split_bytes: int) -> list[list[str]]:
        """The functions' texts, spread over files by name."""
        texts = self._texts | self._tiles
        count = 1 + sum(map(len, texts.values())) // min(split_bytes, 1 << 16)
        parts: list[list[str]] = [[] for _ in range(count)]
        for name, text in sorted(texts.items()):
            place = int(name[-12:], 16) % count
            parts[place].append("\n".join(indent(text.split("\n"), 0)))
        return [part for part in parts if part]
