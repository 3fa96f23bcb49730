"""The nest functions of a module: equal ones are shared, and they have files of their own.

With several widths of vectors, each nest has a version for each. The first is the nest function; at its entry it gives
way to the widest one that the instance allows:

    int nest_1f…(vm_instance* vm, uint8_t* s0, …) {
    #if VM_DISPATCH
      if (vm->vector_bytes >= 64) return nest64_9a…(vm, s0, …);
      if (vm->vector_bytes >= 32) return nest32_c0…(vm, s0, …);
    #endif
      …

The widest version is left out where its text is that of the one before. The same text as the baseline's is kept: that
is a loop which the C compiler vectorises, with the vectors it has in that file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from transpile.emit.names import Names
from transpile.emit.nests import Argument, NestText, NestWriter, can_write
from transpile.emit.places import Place, place_of
from transpile.emit.statements import indent
from transpile.ir.nodes import Block, Function
from transpile.nests.nest import Nest
from transpile.nests.recognise import find

WIDTHS = (16, 32, 64)
"""Bytes of vectors that there are versions for: every CPU's, AVX2's and AVX-512's."""

_HEAD = re.compile(r"^(static VM_NOINLINE void|int|void) (\w+\(.*\) \{)$", re.M)


class Version:
    """The functions for one width, by name. `target` is the macro that stands before those of wider versions."""

    def __init__(self, names: Names, width: int, *, wider: bool) -> None:
        self._names = names
        self._mark = str(width) if wider else ""
        self.width = width
        self.target = f"VM_TARGET_{width} " if wider else ""
        self.nests: dict[str, str] = {}
        self.tiles: dict[str, str] = {}
        self.places: dict[str, dict[Place, None]] = {}  # by symbol, each in the order they were met

    def keep(self, written: NestText, text: str, place: Place) -> str:
        """The name of a nest's function, of which and of whose tiles the text is kept; `text` is its own already."""
        name = self._names.own(f"nest{self._mark}_{_digest(text)}")
        self.nests[name] = text.replace("static int @name@(", "int @name@(").replace("@name@", name)
        tiles = {self.own(tile): self.own(body) for tile, body in written.tiles.items()}
        self.tiles |= tiles
        for symbol in (name, *(part.replace("@name@", name) for part in written.outlined), *tiles):
            self.places.setdefault(symbol, {})[place] = None
        return name

    def own(self, text: str) -> str:
        """A nest's or tile's text, or a tile's name, with this version's tiles."""
        return text.replace("@own@tile_", self._names.own(f"tile{self._mark}_"))

    def prototypes(self, hidden: str) -> list[str]:
        """Declarations of the nests."""
        return list(self._declared(self.nests, "int", hidden))

    def tile_prototypes(self, hidden: str) -> list[str]:
        """Declarations of the tiles."""
        return list(self._declared(self.tiles, "void", hidden))

    def _declared(self, texts: dict[str, str], result: str, hidden: str) -> Iterator[str]:
        for name, text in sorted(texts.items()):
            if head := re.search(rf"^{result} ({name}\(.*\)) \{{$", text, re.M):
                yield f"{hidden} {self.target}{result} {head[1]};"

    def files(self, split_bytes: int) -> list[list[str]]:
        """The functions' texts, spread over files by name."""
        texts = self.nests | self.tiles
        count = 1 + sum(map(len, texts.values())) // min(split_bytes, 1 << 16)
        parts: list[list[str]] = [[] for _ in range(count)]
        for name, text in sorted(texts.items()):
            place = int(name[-12:], 16) % count
            marked = _HEAD.sub(rf"\1 {self.target}\2", text) if self.target else text
            parts[place].append("\n".join(indent(marked.split("\n"), 0)))
        return [part for part in parts if part]


class NestFunctions:
    """Collects nest functions by their text.  `widths` are those of vectors in bytes, the narrowest first; none:
    nothing is raised.  `at` is the source location of an instruction of a function."""

    def __init__(self, names: Names, widths: Sequence[int], at: Callable[[int, int], str | None]) -> None:
        self.at = at
        self.versions = [Version(names, width, wider=width != widths[0]) for width in widths]
        self.covered: set[int] = set()  # functions all of whose innermost loops are raised

    def of(self, fn: Function) -> dict[Block, tuple[str, tuple[Argument, ...]]]:
        """What to call for each raised nest of a function: the C function and its arguments, by loop header."""
        calls: dict[Block, tuple[str, tuple[Argument, ...]]] = {}
        if not self.versions:
            return calls
        found = find(fn)
        for header, nest in found.nests.items():
            if can_write(nest):
                calls[header] = self._written(nest, place_of(fn, header, nest, self.at))
        if calls and found.innermost <= {c.header for h in calls for c in found.nests[h].loops}:
            self.covered.add(fn.index)
        return calls

    @property
    def places(self) -> Mapping[str, tuple[Place, ...]]:
        """The loops that each function was made from: the nests', those outlined from them, and tiles."""
        return {symbol: tuple(found) for version in self.versions for symbol, found in version.places.items()}

    def _written(self, nest: Nest, place: Place) -> tuple[str, tuple[Argument, ...]]:
        """All versions of a nest, the narrowest last: it is the one that is called."""
        first, *wider = self.versions
        base = NestWriter(nest, first.width).write()
        ways, earlier = [], None
        for version in wider:
            written = NestWriter(nest, version.width).write()
            if earlier is not None and (written.text, written.tiles) == (earlier.text, earlier.tiles):
                continue
            if call := self._way(version, written, base, place):
                ways.append(call)
                earlier = written
        text = first.own(base.text)
        if ways:
            head = re.search(r"^static int @name@\(.*\) \{$", text, re.M)
            assert head is not None
            choice = "\n".join(["", "#if VM_DISPATCH", *reversed(ways), "#endif"])
            text = text[: head.end()] + choice + text[head.end() :]
        return first.keep(base, text, place), base.arguments

    def _way(self, version: Version, written: NestText, base: NestText, place: Place) -> str | None:
        """The call of a wider version from within the baseline's; None if that has not all of its arguments."""
        names = dict(zip(base.arguments, base.parameters, strict=True))
        if not all(argument in names for argument in written.arguments):
            return None
        name = version.keep(written, version.own(written.text), place)
        given = ", ".join(["vm", *(names[argument] for argument in written.arguments)])
        return f"if (vm->vector_bytes >= {version.width}) return {name}({given});"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
