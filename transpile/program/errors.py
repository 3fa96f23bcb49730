"""Failures of a module as exceptions.

Each status code has a class, and each class is also the builtin exception IREE's Python bindings raise for that code:
INVALID_ARGUMENT and NOT_FOUND are `ValueError`, OUT_OF_RANGE is `IndexError`, UNIMPLEMENTED is `NotImplementedError`,
everything else `RuntimeError`.
"""

from __future__ import annotations

from typing import NamedTuple

STATUS_NAMES = (
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
    "DEFERRED",
    "INCOMPATIBLE",
)
CANCELLED = STATUS_NAMES.index("CANCELLED")
UNKNOWN = STATUS_NAMES.index("UNKNOWN")
INVALID_ARGUMENT = STATUS_NAMES.index("INVALID_ARGUMENT")
NOT_FOUND = STATUS_NAMES.index("NOT_FOUND")
RESOURCE_EXHAUSTED = STATUS_NAMES.index("RESOURCE_EXHAUSTED")
OUT_OF_RANGE = STATUS_NAMES.index("OUT_OF_RANGE")
UNIMPLEMENTED = STATUS_NAMES.index("UNIMPLEMENTED")


class Frame(NamedTuple):
    """Where a function was when it failed; `offset` is in bytes of its bytecode."""

    module: str
    function: str
    offset: int
    location: str | None

    def __str__(self) -> str:
        return f"{self.module}.{self.function}:{self.offset} {self.location or '-'}"


class VmError(Exception):
    """A module failed, or was called with values it cannot take."""

    status: int = UNKNOWN
    """IREE's status code."""

    def __init__(self, message: str = "", frames: tuple[Frame, ...] = (), outer_frames: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.frames = frames
        """Innermost first."""
        self.outer_frames = outer_frames
        """How many there were beyond those."""
        self.hint = ""
        """What to do about it, where that is known."""

    @property
    def status_name(self) -> str:
        """The code's name, such as "OUT_OF_RANGE"."""
        return STATUS_NAMES[self.status]

    def __str__(self) -> str:
        text = f"{self.status_name}; {self.message}" if self.message else self.status_name
        outer = [f"\n  and {self.outer_frames} outer frames"] if self.outer_frames else []
        hint = [f"\n  {self.hint}"] if self.hint else []
        return "".join([text, *(f"\n  at {frame}" for frame in self.frames), *outer, *hint])


class InvalidArgument(VmError, ValueError):
    """INVALID_ARGUMENT."""

    status = INVALID_ARGUMENT


class ArgumentMismatch(InvalidArgument, TypeError):
    """INVALID_ARGUMENT: too few or too many arguments, or one that no value of the parameter's type can stand for."""


def _define(status: int) -> type[VmError]:
    builtin = {"NOT_FOUND": ValueError, "OUT_OF_RANGE": IndexError, "UNIMPLEMENTED": NotImplementedError}
    name = STATUS_NAMES[status]
    camel = "".join(word.capitalize() for word in name.split("_"))
    body = {"status": status, "__doc__": f"{name}.", "__module__": __name__}
    return type(camel, (VmError, builtin.get(name, RuntimeError)), body)


_CLASSES = {
    status: InvalidArgument if status == INVALID_ARGUMENT else _define(status) for status in range(1, len(STATUS_NAMES))
}


def error_class(status: int) -> type[VmError]:
    """The exception for a status code."""
    return _CLASSES.get(status, _CLASSES[UNKNOWN])
