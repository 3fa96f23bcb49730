"""What a worker asks of a way to execute a module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from compare.values import Call, Outcome


class Unavailable(Exception):
    """This leg cannot run this module; the message says why."""


class Engine(Protocol):
    """What a worker asks of an engine."""

    def reset(self) -> None:
        """Make a fresh instance."""

    def call(self, call: Call) -> Outcome:
        """Results of one call."""

    def prepare(self, call: Call) -> Callable[[], None]:
        """A function that makes the call as cheaply as possible and drops its results."""
