"""Compiled libraries into this process."""

from __future__ import annotations

import os
from pathlib import Path

from transpile.errors import BuildError, Diagnostic, Status
from transpile.faults import hint_in, refusal
from transpile.program import Library, cffi_types, open_described

_NOEXEC = getattr(os, "ST_NOEXEC", 0)


def open_compiled(path: Path, cdef: str, prefix: str) -> Library:
    """The library in the cache, open; `cdef` declares its runtime, in C."""
    return open_known(path, cffi_types(cdef, prefix), prefix)


def open_known(path: Path, types: str, prefix: str) -> Library:
    """The same with declarations that cffi has read; `BuildError` where the system does not take it as code."""
    try:
        return open_described(path, types, prefix)
    except OSError as problem:
        raise unloadable(path, problem) from None


def unloadable(path: Path, problem: OSError) -> BuildError:
    """Why the system does not take a library as code, and what to do."""
    if _forbids_code(path):
        message = f"compiled code cannot be loaded from {path.parent}: its file system is mounted noexec"
        hint = "set TRANSPILE_CACHE to a directory on another file system"
        return BuildError(Diagnostic(Status.PERMISSION_DENIED, message, hint=hint))
    # The loader of shared libraries has words only, where other functions have numbers.
    hint = "transpile doctor tries the compiler, transpile doctor --clear-cache drops what it has made"
    return refusal(problem, "compiled code cannot be loaded", hint_in(str(problem)) or hint)


def _forbids_code(path: Path) -> bool:
    try:
        return bool(os.statvfs(path.parent).f_flag & _NOEXEC)
    except (OSError, AttributeError):
        return False
