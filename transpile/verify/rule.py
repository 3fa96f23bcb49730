"""One rule of the verifier."""

from __future__ import annotations

from dataclasses import dataclass

from transpile.errors import Status


@dataclass(frozen=True)
class Rule:
    """A numbered check; `status` is the usual code, a single finding may carry another one."""

    number: str
    title: str
    status: Status
    explanation: str
    hint: str = ""
    """What helps the person who has such a file, where more than a look at the rule does."""
