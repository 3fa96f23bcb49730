"""`#line` directives: what a debugger shows for a line of generated C is the source it was made from, or the bytecode.

    #line 6 "matmul.mlir"
    VM_TRY(vm_buffer_load_f32(vm, buf1, vm_add_i64(n2, k), &x0), 0x1e6);

A directive stands before every statement, since each line counts one on from the one before it.  Behind a function the
lines are those of the C file again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from transpile.c.literals import string
from transpile.container import Module
from transpile.ir.locations import Locations
from transpile.isa.disasm import module_lines, placed_lines

Lines = Literal["comment", "source", "bytecode"]
Place = tuple[str, int]
"""A file and a line in it."""

_GREATEST = 2**31 - 1
"""The largest line number that C knows."""
_BACK = "#line back"


class Directives:
    """The directives of one module's functions."""

    def __init__(self, module: Module, lines: Lines, listing: str) -> None:
        self.lines, self.listing = lines, listing
        self._module = module
        self._locations = Locations(module)
        numbered = enumerate(placed_lines(module), 1) if lines == "bytecode" else ()
        self._listed = {at: number for number, (at, _) in numbered if at is not None}

    @property
    def place(self) -> Callable[[int, int], Place | None] | None:
        """Where an instruction of a function is shown; None if comments are enough."""
        return {"comment": None, "source": self._locations.line, "bytecode": self._in_listing}[self.lines]

    def listing_text(self) -> str:
        """The disassembly that directives lead to."""
        return "".join(f"{line}\n" for line in module_lines(self._module))

    def _in_listing(self, index: int, offset: int) -> Place | None:
        number = self._listed.get((index, offset))
        return (self.listing, number) if number else None


def directive(place: Place) -> str:
    """The line of C, "" for a place that C cannot express."""
    file, number = place
    return f"#line {number} {string(file)}" if 0 < number <= _GREATEST else ""


def repeated(body: Iterable[str]) -> Iterator[str]:
    """Each line of a function behind the directive that holds for it."""
    current = ""
    for line in body:
        if line.lstrip().startswith("#line "):
            current = line.lstrip()
            continue
        if current:
            yield current
        yield line
    if current:
        yield _BACK


def resolved(name: str, text: str) -> str:
    """A file in which the lines behind functions are its own again."""
    if _BACK not in text:
        return text
    lines = text.split("\n")
    return "\n".join(
        f"#line {number + 1} {string(name)}" if line == _BACK else line for number, line in enumerate(lines, 1)
    )
