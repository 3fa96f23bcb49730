"""What a call does with memory, as `vm_export.uses` says, and how arguments are passed because of it."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import NamedTuple


class ArgumentUse(enum.IntFlag):
    """`VM_ARGUMENT_…` in `vm.h`."""

    NONE = 0
    WRITTEN = 1
    KEPT = 2
    RETURNED = 4


class ResultUse(enum.IntFlag):
    """`VM_RESULT_…` in `vm.h`."""

    NONE = 0
    SHARED = 1


_WORDS = {ArgumentUse.WRITTEN: "written", ArgumentUse.KEPT: "kept", ArgumentUse.RETURNED: "returned"}


class Passing(enum.Enum):
    """Whose memory C sees."""

    SHOWN = "the caller's, only to be read and only in the call"
    COPIED = "a copy that is nobody else's"
    DONATED = "the caller's, to write to and to keep"


class Uses(NamedTuple):
    """Of each argument and each result of an export."""

    arguments: tuple[ArgumentUse, ...]
    results: tuple[ResultUse, ...]

    def passings(self) -> tuple[Passing, ...]:
        """How arguments are passed so that they keep their values, and nobody else's memory is in state or results."""
        return tuple(Passing.COPIED if use else Passing.SHOWN for use in self.arguments)


    def said(self, names: Sequence[str]) -> list[str]:
        """For people, of each argument that is not only read and of each result that is shared."""
        found = []
        for name, use in zip(names, self.arguments, strict=True):
            words = [word for one, word in _WORDS.items() if one in use]
            if words:
                found.append(f"{name} may be {_listed(words)}")
        shared = [f"result{k}" for k, use in enumerate(self.results) if use]
        return [*found, *(f"{name} may be memory of the module" for name in shared)]

    def copied(self, names: Sequence[str]) -> str:
        """For callers from Python, which arguments are copied first; nothing if none is."""
        listed = [name for name, use in zip(names, self.arguments, strict=True) if name and use]
        why = "the function may write, keep or return them"
        return f"Arrays for {', '.join(listed)} are copied first: {why}." if listed else ""


def parse_uses(text: str, arguments: int, results: int) -> Uses:
    """The uses of an export with so many arguments and results; of one that says nothing, all of them."""
    if not text:
        every = ArgumentUse.WRITTEN | ArgumentUse.KEPT | ArgumentUse.RETURNED
        return Uses((every,) * arguments, (ResultUse.SHARED,) * results)
    first, _, second = text.partition("_")
    return Uses(tuple(ArgumentUse(int(digit)) for digit in first), tuple(ResultUse(int(digit)) for digit in second))


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if words[1:] else words[0]
