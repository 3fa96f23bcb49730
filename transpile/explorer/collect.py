"""From what the stages hand over to what the page shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from transpile.container import Module
from transpile.emit import EmitOptions, Shown, show
from transpile.emit.lines import Printed, PrintedNest
from transpile.explain import Dumps, by_place
from transpile.explorer.calls import Calls
from transpile.explorer.code import Listing, c_text, ir_text, nest_text
from transpile.explorer.data import Code, History, Loop, Page, Part, Row
from transpile.explorer.loops import described
from transpile.explorer.rewrites import Rewrites, history
from transpile.explorer.sources import texts_of
from transpile.ir import Function
from transpile.isa.disasm import printable
from transpile.nests.plan.target import Target
from transpile.pipeline import Lowered, lower
from transpile.symbols import named


def collect(
    module: Module,
    target: Target,
    *,
    title: str,
    function: str | None = None,
    sources: Mapping[str, str] | None = None,
    passes: bool = False,
) -> Page:
    """The page of a verified module, for a kind of processor.

    `title` is what the module is called here, its file for one; `function` limits the page to functions of one name;
    `sources` are texts of source files by their names; `passes` adds the intermediate form behind each pass.
    """
    dumps = Dumps()
    lowered = lower(module, (target,), observer=dumps.note if passes else None)
    shown = show(lowered, EmitOptions(target=target.name))
    collector = _Collector(target, function, dumps if passes else None)
    collector.module(lowered, shown, None)
    for number, inner in lowered.executables.items():
        collector.module(inner, shown.executables[number], number)
    return collector.page(printable(title), sources or {})


@dataclass
class _Collector:
    """Goes through the modules, the program's first; functions are `f0_3`: part, index."""

    target: Target
    function: str | None
    dumps: Dumps | None
    parts: list[Part] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    codes: dict[str, Code] = field(default_factory=dict)
    rewrites: Rewrites = field(default_factory=Rewrites)
    nests: dict[str, PrintedNest] = field(default_factory=dict)

    def module(self, lowered: Lowered, shown: Shown, segment: int | None) -> None:
        part = len(self.parts)
        self.parts.append(Part(printable(lowered.module.name), segment))
        self.nests |= shown.nests
        symbols = by_place({symbol: found for symbol, found in shown.places.items() if symbol in shown.nests})
        calls = Calls(lowered, part, self._keys(lowered))
        for fn, printed in zip(lowered.functions, shown.functions, strict=True):
            if self.function is not None and not named(self.function, {fn.name, *_names(lowered.module, fn.index)}):
                continue
            key = f"f{part}_{fn.index}"
            listing = Listing(lowered, fn)
            loops = described(fn, lowered, symbols, listing, self.rewrites, self.target)
            self.codes[key] = self._code(lowered, fn, printed, listing, loops, calls)
            self.rows.append(_row(key, part, lowered.module, fn, printed, loops))

    def _keys(self, lowered: Lowered) -> dict[tuple[int, int], str]:
        """The function of each kernel, by segment and number of its export."""
        numbers = {number: part for part, number in enumerate(lowered.executables, len(self.parts))}
        return {
            (number, position): f"f{numbers[number]}_{export.ordinal}"
            for number, inner in lowered.executables.items()
            for position, export in enumerate(inner.module.exports)
        }

    def _code(
        self, lowered: Lowered, fn: Function, printed: Printed, listing: Listing, loops: list[Loop], calls: Calls
    ) -> Code:
        return Code(
            listing.lines,
            listing.places,
            listing.locations,
            c_text(printed, listing),
            ir_text(lowered.module, fn, listing),
            loops,
            calls.of(fn, listing),
            self._passes(lowered.module, fn),
        )

    def _passes(self, module: Module, fn: Function) -> History | None:
        if self.dumps is None:
            return None
        texts = [(name, [printable(line) for line in text.split("\n")]) for name, text in self.dumps.of(module, fn)]
        return history(texts[0][1], texts[1:])

    def page(self, title: str, sources: Mapping[str, str]) -> Page:
        users = Counter(symbol for code in self.codes.values() for symbol in _symbols(code))
        runs = Counter(call.target for code in self.codes.values() for call in code.calls)
        rows = [_finished(row, self.codes[row.key], self.nests, users, runs[row.key]) for row in self.rows]
        files = {file for code in self.codes.values() for file, _, _ in code.locations}
        return Page(
            title,
            self.target.name,
            self.parts,
            rows,
            self.codes,
            self.rewrites.found,
            {symbol: nest_text(self.nests[symbol]) for symbol in sorted(users)},
            texts_of(sources, files),
        )


def _names(module: Module, index: int) -> list[str]:
    return [export.name for export in module.exports if export.ordinal == index]


def _row(key: str, part: int, module: Module, fn: Function, printed: Printed, loops: list[Loop]) -> Row:
    exports = [printable(name) for name in _names(module, fn.index)]
    kinds = Counter(loop.kind for loop in loops)
    size = len(module.function_bytecode(fn.index))
    return Row(key, part, printable(fn.name), exports, size, len(printed.text.encode()), dict(sorted(kinds.items())), 0)


def _symbols(code: Code) -> Iterator[str]:
    """The functions of raised nests that a function calls or shares, each once."""
    yield from dict.fromkeys(symbol for loop in code.loops for symbol in loop.nests)


def _finished(row: Row, code: Code, nests: Mapping[str, PrintedNest], users: Mapping[str, int], runs: int) -> Row:
    """With what is known when all functions are."""
    shared = sum(len(nests[symbol].text.encode()) / users[symbol] for symbol in _symbols(code))
    return replace(row, c=round(row.c + shared, 1), runs=runs)
