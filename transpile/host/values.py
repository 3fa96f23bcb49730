"""What is known of a program's values before it runs: numbers, memory with an identity, and the objects of the HAL.

A number is an `Index`: a known one, or one in the turns of loops around.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from transpile.errors import Diagnostic, Status, UnsupportedError
from transpile.nests.loops.index import Index, index

Kind = Literal["input", "output", "constant", "state", "transient"]


@dataclass(eq=False)
class Storage:
    """A piece of memory.

    `data` are the bytes of a constant; `number` tells inputs, outputs and constants of a kind apart; `home` is the loop
    of the schedule in each turn of which the buffer is made anew; `initial` is what the initialisation leaves in memory
    of its own.  The program may count on zeros where nobody has written.
    """

    kind: Kind
    size: int
    data: memoryview | None = None
    number: int = 0
    home: str = ""
    initial: memoryview | None = None

    @property
    def is_writable(self) -> bool:
        return self.kind not in ("input", "constant")


@dataclass(frozen=True)
class Range:
    """So many bytes of a storage from an offset on; at least so many where the size changes from call to call."""

    storage: Storage
    offset: Index
    length: int
    is_exact: bool = True

    def part(self, offset: Index, length: int) -> Range:
        return Range(self.storage, self.offset + offset, length)


@dataclass(frozen=True)
class View:
    """A buffer view: bytes as elements of a type (the HAL's number) in a shape; or a number, which has no sizes."""

    range: Range
    element_type: int
    shape: tuple[int, ...]
    is_number: bool = False


@dataclass(eq=False)
class Input:
    """An argument; type and shape of a buffer view are known when the program has asked for them."""

    number: int
    view: View | None = None


@dataclass(frozen=True)
class Object:
    """An object of which only the kind matters: a device, an allocator, a fence that is signalled."""

    kind: str


@dataclass(frozen=True)
class Unsure:
    """An object that there is in some calls, and null in others: a fence that nobody has to wait for."""


@dataclass(frozen=True)
class Executable:
    """The nested module in a segment, and its constants."""

    segment: int


@dataclass(frozen=True)
class File:
    range: Range


@dataclass(eq=False)
class Layout:
    """How push constants and descriptors of older programs are laid out: nothing that matters here."""


Binding = tuple[object, object, object, object]
"""A slot of the binding table, a buffer in place of it or None, offset and length (-1: to the end)."""


@dataclass(eq=False)
class CommandBuffer:
    """Commands in order: what each does, given the binding table."""

    commands: list[Callable[[Sequence[Range]], None]] = field(default_factory=list)
    constants: dict[int, Item] = field(default_factory=dict)
    bindings: dict[tuple[int, int], Binding] = field(default_factory=dict)


@dataclass(eq=False)
class List:
    """`is_kept` says whether it lives from call to call."""

    items: list[Item] = field(default_factory=list)
    is_kept: bool = False


Item = object
"""An `Index`, a `Constant`, a `Scalar` of the schedule's, a `Range`, one of the objects above, or None: null."""


class NotStatic(UnsupportedError):
    """Why a program cannot be evaluated ahead of time, and where."""

    def __init__(self, reason: str, where: str = "", hint: str = "emit it without --static") -> None:
        super().__init__(Diagnostic(Status.UNIMPLEMENTED, reason, where, hint))
        self.reason, self.where, self.hint = reason, where, hint

    def found_at(self, where: str) -> None:
        """Says where, if nobody has before."""
        if not self.where:
            UnsupportedError.__init__(self, Diagnostic(Status.UNIMPLEMENTED, self.reason, where, self.hint))
            self.where = where


class Kept(NotStatic):
    """Memory of the initialisation's is written: it lives from call to call."""

    def __init__(self, storage: Storage) -> None:
        super().__init__("the program writes to memory that lives from call to call")
        self.storage = storage


def number(item: Item, what: str = "a number") -> int:
    """A known number; NotStatic if it is none."""
    if isinstance(item, Index) and item.known is not None:
        return item.known
    raise NotStatic(f"{what} is not known before the program runs")


def whole(storage: Storage) -> Range:
    return Range(storage, index(0), storage.size)


def moved(range_: Range, by: int) -> Range:
    return replace(range_, offset=range_.offset + by)
