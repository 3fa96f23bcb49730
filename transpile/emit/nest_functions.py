"""The nest functions of a module: equal ones are shared, and they have files of their own.

With several processors, each nest has a version for each. The first is the nest function; at its entry it gives way to
the last one whose needs are met:

    int nest_1f…(vm_instance* vm, uint8_t* s0, …) {
    #if VM_DISPATCH
      if (vm_cpu_has(vm, VM_CPU_AVX512)) return nest64_9a…(vm, s0, …);
      if (vm_cpu_has(vm, VM_CPU_AVX2)) return nest32_c0…(vm, s0, …);
    #endif
      …

The widest version is left out where its text is that of the one before. The same text as the baseline's is kept: that
is a loop which the C compiler vectorises, with the vectors it has in that file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from transpile.c.names import Names
from transpile.emit.guards import Argument
from transpile.emit.nests import Digests, NestWriter, Symbol, Tiles
from transpile.emit.statements import indent
from transpile.ir.nodes import Block, Function
from transpile.nests.find.place import Place
from transpile.nests.loops.nodes import Work
from transpile.nests.plan.plans import Plan
from transpile.nests.plan.target import Target
from transpile.pipeline import Loops, Raised


class Version:
    """The functions for one processor, by name. `target` is the macro that stands before those of wider versions."""

    def __init__(self, names: Names, planned: Target, printed: Tiles, *, wider: bool) -> None:
        self._names = names
        self._printed = printed
        self.width = planned.vector_bytes
        self.needs = " | ".join(planned.needs)
        self.mark = planned.mark if wider else ""
        self.target = f"VM_TARGET_{self.mark} " if wider else ""
        self.nests: dict[str, Symbol] = {}
        self.tiles: dict[str, Symbol] = {}
        self._tiles: dict[int, tuple[Work, dict[str, Symbol]]] = {}  # by the identity of the work, which stays alive
        self._digests: Digests = {}
        self.places: dict[str, dict[Place, None]] = {}  # by symbol, each in the order they were met

    def writer(self, plan: Plan) -> NestWriter:
        """Tiles of a work are printed once, however many nests do it."""
        if id(plan.work) not in self._tiles:
            tiles = {name: self._printed.of(kernel) for name, kernel in plan.work.kernels.items()}
            made = {name: tile.symbol(self._named("tile"), self.target) for name, tile in tiles.items()}
            self._tiles[id(plan.work)] = plan.work, made
        return NestWriter(plan, self._tiles[id(plan.work)][1], self._named("nest"), self.target, self._digests)

    def _named(self, kind: str) -> Callable[[str], str]:
        return lambda digest: self._names.own(f"{kind}{self.mark}_{digest}")

    def keep(self, writer: NestWriter, place: Place, ways: Sequence[str] = ()) -> Symbol:
        """A nest's function, which is kept together with its tiles."""
        if writer.name not in self.nests:
            self.nests[writer.name] = writer.nest(ways)
        nest = self.nests[writer.name]
        called = {each.name: each for each in writer.tiles.values()}
        self.tiles |= called
        for symbol in (nest.name, *nest.parts, *called):
            self.places.setdefault(symbol, {})[place] = None
        return nest

    def prototypes(self, hidden: str) -> list[str]:
        """Declarations of the nests."""
        return [f"{hidden} {self.target}int {nest.declaration};" for _, nest in sorted(self.nests.items())]

    def tile_prototypes(self, hidden: str) -> list[str]:
        """Declarations of the tiles."""
        return [f"{hidden} {self.target}void {tile.declaration};" for _, tile in sorted(self.tiles.items())]

    def printed(self) -> dict[str, list[str]]:
        """The functions' lines by name."""
        return {name: list(indent(symbol.lines, 0)) for name, symbol in sorted((self.nests | self.tiles).items())}

    def files(self, split_bytes: int) -> list[list[str]]:
        """The functions' texts, spread over files by name."""
        count = 1 + sum(len(symbol.text) for symbol in (self.nests | self.tiles).values()) // min(split_bytes, 1 << 16)
        parts: list[list[str]] = [[] for _ in range(count)]
        for name, lines in self.printed().items():
            parts[int(name[-12:], 16) % count].append("\n".join(lines))
        return [part for part in parts if part]


class NestFunctions:
    """Collects nest functions by their text.  `targets` are the processors that the raised nests of each function in
    `loops` have plans for, that which needs least first."""

    def __init__(self, names: Names, targets: Sequence[Target], loops: Mapping[int, Loops]) -> None:
        self.loops = loops
        printed = Tiles()
        self.versions = [Version(names, each, printed, wider=each != targets[0]) for each in targets]

    def of(self, fn: Function) -> dict[Block, tuple[str, tuple[Argument, ...]]]:
        """What to call for each raised nest of a function: the C function and its arguments, by loop header."""
        raised = self.loops[fn.index].raised if fn.index in self.loops else {}
        return {header: self._written(each) for header, each in raised.items()}

    def covers(self, fn: Function) -> bool:
        """Whether all innermost loops of a function are raised."""
        return fn.index in self.loops and self.loops[fn.index].covered

    @property
    def places(self) -> Mapping[str, tuple[Place, ...]]:
        """The loops that each function was made from: the nests', those outlined from them, and tiles."""
        return {symbol: tuple(found) for version in self.versions for symbol, found in version.places.items()}

    def _written(self, raised: Raised) -> tuple[str, tuple[Argument, ...]]:
        """All versions of a nest, the narrowest last: it is the one that is called."""
        (first, plan), *wider = zip(self.versions, raised.plans, strict=True)
        ways: list[str] = []
        earlier: Work | None = None
        for version, wide_plan in wider:
            if wide_plan.work == earlier:
                continue
            earlier = wide_plan.work
            wide = version.keep(version.writer(wide_plan), raised.place)
            ways.insert(0, f"if (vm_cpu_has(vm, {version.needs})) return {wide.call()};")
        writer = first.writer(plan)
        return first.keep(writer, raised.place, ways).name, writer.arguments
