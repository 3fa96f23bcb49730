"""Machine code to source: a function of a raised nest is looked up in what emission says of it; elsewhere the debug
information leads to a line of the generated C, whose comments name the line of the source it was made from."""

from __future__ import annotations

import bisect
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elftools.elf.elffile import ELFFile

from transpile.emit import Output
from transpile.nests.find.place import Place

NOWHERE = "(no source location)"

# Without the folder: the path that the compiler was given says more of its user than of the program.
_PLACE = re.compile(r"^\s*/\* (?:.*/)?([^/]+:\d+:\d+) \*/$")
_FUNCTION_END = re.compile(r"^\}")


@dataclass(frozen=True)
class Range:
    """Machine code that belongs to one line of a generated file."""

    start: int
    end: int
    file: str
    line: int


class SourceMap:
    """The source locations of a module's C."""

    def __init__(self, output: Output) -> None:
        self._places = {name: places(text) for name, text in output.files.items() if isinstance(text, str)}
        self._nests = {symbol: list(dict.fromkeys(map(_shown, found))) for symbol, found in output.places.items()}

    def generated(self, file: str) -> bool:
        """Whether this is one of the module's own files."""
        return file in self._places

    def location(self, file: str, line: int) -> str:
        """The source location of a line, or that it has none."""
        found = self._places.get(file, ())
        return found[line - 1] if 0 < line <= len(found) else NOWHERE

    def nest(self, function: str) -> Sequence[str]:
        """The locations of the loops that a nest's function was made from, which nests that are alike share; none for
        other functions."""
        return self._nests.get(function, ())

    def sizes(self, objects: Iterable[Path]) -> dict[str, int]:
        """Bytes of machine code by source location, largest first."""
        found: Counter[str] = Counter()
        for path in objects:
            names = AddressMap(path)
            for part in line_ranges(path):
                nested = self.nest(names.function(part.start).partition(".")[0])
                found[nested[0] if nested else self.location(part.file, part.line)] += part.end - part.start
        return dict(found.most_common())


class AddressMap:
    """The functions and lines of a linked library."""

    def __init__(self, library: Path) -> None:
        self._ranges = sorted(line_ranges(library), key=lambda part: part.start)
        self._starts = [part.start for part in self._ranges]
        self._functions = sorted(_functions(library))

    def line(self, address: int) -> Range | None:
        """The generated line at an address."""
        index = bisect.bisect_right(self._starts, address) - 1
        found = self._ranges[index] if index >= 0 else None
        return found if found and address < found.end else None

    def function(self, address: int) -> str:
        """The function at an address, "" if there is none."""
        index = bisect.bisect_right(self._functions, (address, 1 << 62, "")) - 1
        start, size, name = self._functions[index] if index >= 0 else (0, 0, "")
        return name if start <= address < start + size else ""


def places(text: str) -> Sequence[str]:
    """The source location that holds at each line of a generated file."""
    current, found = NOWHERE, []
    for line in text.splitlines():
        match = _PLACE.match(line)
        current = match[1] if match else NOWHERE if _FUNCTION_END.match(line) else current
        found.append(current)
    return found


def _shown(place: Place) -> str:
    """A kernel may have no locations, but a name that says what it is: `@dispatch_5_matmul_512x512x512_f32`."""
    return f"@{place.function}" if place.location is None else place.location.rpartition("/")[2]


def line_ranges(path: Path) -> Iterator[Range]:
    """The rows of the line tables; code from the runtime's headers belongs to the line that called it."""
    with path.open("rb") as file:
        elf = ELFFile(file)
        dwarf = elf.get_dwarf_info() if elf.has_dwarf_info() else None
        for unit in dwarf.iter_CUs() if dwarf else ():
            program = dwarf.line_program_for_CU(unit) if dwarf else None
            yield from _program_ranges(program) if program else ()


def _program_ranges(program: Any) -> Iterator[Range]:
    names = program.header["file_entry"]
    offset = 1 if program.header["version"] < 5 else 0
    previous, place = None, ("", 0)
    for state in (entry.state for entry in program.get_entries() if entry.state is not None):
        if previous is not None and state.address > previous:
            yield Range(previous, state.address, *place)
        name = names[state.file - offset].name.decode(errors="replace")
        place = (name, state.line) if name.endswith(".c") else place
        previous = None if state.end_sequence else state.address
        place = ("", 0) if state.end_sequence else place


def _functions(path: Path) -> Iterator[tuple[int, int, str]]:
    with path.open("rb") as file:
        table: Any = ELFFile(file).get_section_by_name(".symtab")
        for symbol in table.iter_symbols() if table else ():
            if symbol["st_info"]["type"] == "STT_FUNC" and symbol["st_size"]:
                yield symbol["st_value"], symbol["st_size"], symbol.name
