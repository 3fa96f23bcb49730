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

from collections.abc import Callable, Mapping, Sequence

from transpile.emit.guards import Argument
from transpile.emit.names import Names
from transpile.emit.nests import NestWriter, Symbol
from transpile.emit.places import Place, place_of
from transpile.emit.statements import indent
from transpile.ir.nodes import Block, Function
from transpile.nests.forms import has_expressions
from transpile.nests.loops.nodes import Work
from transpile.nests.nest import Nest
from transpile.nests.plan import Plans
from transpile.nests.recognise import find

WIDTHS = (16, 32, 64)
"""Bytes of vectors that there are versions for: every CPU's, AVX2's and AVX-512's."""


class Version:
    """The functions for one width, by name. `target` is the macro that stands before those of wider versions."""

    def __init__(self, names: Names, width: int, *, wider: bool) -> None:
        self._names = names
        self._mark = str(width) if wider else ""
        self.width = width
        self._plans = Plans(width)
        self.target = f"VM_TARGET_{width} " if wider else ""
        self.nests: dict[str, Symbol] = {}
        self.tiles: dict[str, Symbol] = {}
        self.places: dict[str, dict[Place, None]] = {}  # by symbol, each in the order they were met

    def writer(self, nest: Nest) -> NestWriter:
        return NestWriter(self._plans.of(nest), self._name, self.target)

    def _name(self, kind: str, digest: str) -> str:
        return self._names.own(f"{kind}{self._mark}_{digest}")

    def keep(self, writer: NestWriter, place: Place, ways: Sequence[str] = ()) -> Symbol:
        """A nest's function, which is kept together with its tiles."""
        nest = writer.nest(ways)
        self.nests[nest.name] = nest
        self.tiles |= {tile.name: tile for tile in writer.tiles.values()}
        for symbol in (nest.name, *nest.parts, *(tile.name for tile in writer.tiles.values())):
            self.places.setdefault(symbol, {})[place] = None
        return nest

    def prototypes(self, hidden: str) -> list[str]:
        """Declarations of the nests."""
        return [f"{hidden} {self.target}int {nest.declaration};" for _, nest in sorted(self.nests.items())]

    def tile_prototypes(self, hidden: str) -> list[str]:
        """Declarations of the tiles."""
        return [f"{hidden} {self.target}void {tile.declaration};" for _, tile in sorted(self.tiles.items())]

    def files(self, split_bytes: int) -> list[list[str]]:
        """The functions' texts, spread over files by name."""
        texts = {name: symbol.text for name, symbol in (self.nests | self.tiles).items()}
        count = 1 + sum(map(len, texts.values())) // min(split_bytes, 1 << 16)
        parts: list[list[str]] = [[] for _ in range(count)]
        for name, text in sorted(texts.items()):
            place = int(name[-12:], 16) % count
            parts[place].append("\n".join(indent(text.split("\n"), 0)))
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
            if has_expressions(nest):
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
        ways: list[str] = []
        earlier: Work | None = None
        for version in wider:
            writer = version.writer(nest)
            if writer.plan.work == earlier:
                continue
            earlier = writer.plan.work
            wide = version.keep(writer, place)
            ways.insert(0, f"if (vm->vector_bytes >= {version.width}) return {wide.call()};")
        writer = first.writer(nest)
        return first.keep(writer, place, ways).name, writer.arguments
