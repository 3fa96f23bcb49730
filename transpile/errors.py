"""Status codes, diagnostics and the exceptions that carry them.

Status codes are IREE's (`iree/base/status.h`): a program that fails in the interpreter and as C fails with the same
number.  Everything the tools themselves have to say about a bad input is a `Diagnostic`: what was wrong, where, and
what to do about it.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass


class Status(enum.IntEnum):
    """Result of a VM operation; 0 is success."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16
    DEFERRED = 17
    INCOMPATIBLE = 18


@dataclass(frozen=True)
class Diagnostic:
    """One thing wrong with an input.

    `where` names the place (file, table entry, function and byte offset); `hint` says what to do next.
    """

    status: Status
    message: str
    where: str = ""
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}{self.status.name}: {self.message}{hint}"


class TranspileError(Exception):
    """Base of every error raised by this package on purpose; carries one or more diagnostics."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("\n".join(str(d) for d in diagnostics))
        self.diagnostics: Sequence[Diagnostic] = diagnostics


class ContainerError(TranspileError):
    """The file is not a readable module (archive or FlatBuffer structure)."""


class VerifyError(TranspileError):
    """The module breaks at least one verifier rule; `diagnostics` holds all of them."""


class UnsupportedError(TranspileError):
    """The module is valid but uses something that cannot be translated (an unknown import, say)."""


class BuildError(TranspileError):
    """The C compiler is missing or has failed."""


class UsageError(TranspileError):
    """The caller passed a wrong argument; the module is not at fault."""
