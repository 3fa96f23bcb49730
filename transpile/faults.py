"""What the system refuses (space, rights, open files, memory), as a `BuildError` that says what to do."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from transpile.errors import BuildError, Diagnostic, Status

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
HANDLES = frozenset({errno.EMFILE, errno.ENFILE})
MEMORY = frozenset({errno.ENOMEM, errno.EAGAIN})
EXHAUSTED = HANDLES | MEMORY
"""Refusals that say nothing about the file at hand."""
_RIGHTS = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})

_HINTS = (
    (FULL, "free space or inodes (df -h, df -i), or set TRANSPILE_CACHE and TMPDIR to places that have some; transpile "
    "doctor --clear-cache drops what has been compiled"),
    (HANDLES, "allow more open files (ulimit -n), close some, or use fewer --jobs"),
    (MEMORY, "free memory, allow more processes (ulimit -u), or use fewer --jobs"),
)  # fmt: skip


def refusal(problem: OSError, what: str, hint: str = "") -> BuildError:
    """`what` could not be done; `hint` is for problems about which nothing more is known."""
    return BuildError(Diagnostic(_status(problem), f"{what}: {problem}", hint=_hint(problem.errno) or hint))


def hint_in(words: str) -> str:
    """What to do about a refusal that somebody else puts into words, such as a compiler; "" if there is none."""
    return next((_hint(number) for number in sorted(FULL | HANDLES | MEMORY) if os.strerror(number) in words), "")


@contextmanager
def reported(what: str, hint: str = "") -> Iterator[None]:
    """Raise `BuildError` in place of `OSError`."""
    try:
        yield
    except OSError as problem:
        raise refusal(problem, what, hint) from None


def _hint(number: int | None) -> str:
    return next((text for numbers, text in _HINTS if number in numbers), "")


def _status(problem: OSError) -> Status:
    if problem.errno in FULL | EXHAUSTED:
        return Status.RESOURCE_EXHAUSTED
    return Status.PERMISSION_DENIED if problem.errno in _RIGHTS else Status.UNAVAILABLE
