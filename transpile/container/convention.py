"""Calling-convention strings: what a function takes and returns, and in which registers its arguments arrive.

```
cconv   := "" | "0" args [ "_" results ]
args    := "" | "v" | item+
results := "" | "v" | prim+
item    := prim | "C" prim+ "D"        a span: a count, then that many tuples
prim    := "i" | "I" | "f" | "F" | "r"
```

`i` is a 32-bit integer, `I` 64-bit, `f` f32, `F` f64, `r` any reference.  "0" is the version of the notation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from transpile.errors import ContainerError, Diagnostic, Status

PRIMITIVES = "iIfFr"
WIDE = "IF"
"""Primitives that take an even/odd pair of 32-bit registers."""


class ConventionError(ContainerError):
    """The string is no calling convention (INVALID_ARGUMENT) or one of an unknown version (UNIMPLEMENTED)."""


@dataclass(frozen=True)
class Span:
    """A variadic item: any number of tuples of these primitives.  Only arguments of imports have it."""

    elements: tuple[str, ...]


Item: TypeAlias = str | Span


@dataclass(frozen=True)
class Convention:
    """A parsed calling convention."""

    arguments: tuple[Item, ...] = ()
    results: tuple[str, ...] = ()

    @property
    def is_variadic(self) -> bool:
        """Whether some argument is a span."""
        return any(isinstance(item, Span) for item in self.arguments)


class EntryLayout(NamedTuple):
    """Where a function finds its arguments on entry."""

    registers: list[tuple[str, int]]
    """(kind, ordinal) of each argument: the low half of a wide one, a ref register for kind `r`."""
    words_needed: int
    """32-bit registers the arguments reach."""
    refs_needed: int


def parse(text: str) -> Convention:
    """Parse a convention string; raise `ConventionError` at the first character that does not fit."""
    if not text:
        return Convention()
    if text[0] != "0":
        message = f"calling convention version {text[0]!r} is not supported, expected '0'"
        raise _error(text, 0, message, Status.UNIMPLEMENTED)
    body, _, results = text[1:].partition("_")
    return Convention(_arguments(text, body), _results(text, results, 2 + len(body)))


def entry_registers(convention: Convention, *, first_fit: bool = False) -> EntryLayout:
    """Lay out the arguments of an internal function in entry registers.

    Arguments take increasing registers, wide ones even ones.  With `first_fit` each takes the lowest free
    register instead, as compilers before 3.5.0 did; the two differ only where a hole is left before a pair.
    Raise `ConventionError` (INVALID_ARGUMENT) if the convention is variadic.
    """
    registers: list[tuple[str, int]] = []
    words = refs = 0
    hole: int | None = None
    for item in convention.arguments:
        if isinstance(item, Span):
            raise ConventionError(
                Diagnostic(
                    Status.INVALID_ARGUMENT,
                    "an internal function cannot take a variadic argument",
                    hint="spans appear only in the conventions of imports",
                )
            )
        if item == "r":
            registers.append((item, refs))
            refs += 1
        elif item in WIDE:
            if words % 2:
                hole, words = words, words + 1
            registers.append((item, words))
            words += 2
        elif first_fit and hole is not None:
            registers.append((item, hole))
            hole = None
        else:
            registers.append((item, words))
            words += 1
    return EntryLayout(registers, words, refs)


def _arguments(text: str, body: str) -> tuple[Item, ...]:
    if body == "v":
        return ()
    items: list[Item] = []
    at = 0
    while at < len(body):
        if body[at] != "C":
            items.append(_primitive(text, body[at], at + 1))
            at += 1
            continue
        end = body.find("D", at)
        if end < 0:
            raise _error(text, at + 1, "span 'C' without its 'D'")
        if end == at + 1:
            raise _error(text, at + 1, "span without elements")
        items.append(Span(tuple(_primitive(text, body[k], k + 1) for k in range(at + 1, end))))
        at = end + 1
    return tuple(items)


def _results(text: str, body: str, start: int) -> tuple[str, ...]:
    if body == "v":
        return ()
    return tuple(_primitive(text, character, start + k) for k, character in enumerate(body))


def _primitive(text: str, character: str, at: int) -> str:
    if character not in PRIMITIVES:
        raise _error(text, at, f"unexpected {character!r}, expected one of {PRIMITIVES}")
    return character


def _error(text: str, at: int, message: str, status: Status = Status.INVALID_ARGUMENT) -> ConventionError:
    shown = text if len(text) <= 64 else f"{text[:61]}..."
    return ConventionError(Diagnostic(status, message, f"calling convention {shown!r}, character {at}"))
