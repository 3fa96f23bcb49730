"""Calls into a library that come to an end, however the program loops: a process that is late ends with `LATE`.

So they belong into a forked process.
"""

from __future__ import annotations

import copy
import ctypes
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.fuzz import bundle
from transpile.native.build import compile_library
from transpile.program import Library

LATE = 77
"""Exit status of a process in which a call has used up its time."""
WORDS = 6
"""Arguments that `guard_call` hands on; a function that has fewer is given zeros that it does not look at."""


def guarded(library: Library, seconds: float) -> Library:
    """The library with calls that may take so much processor time each."""
    made = copy.copy(library)
    made.lib = _Guarded(library, int(1e6 * seconds))
    return made


class _Guarded:
    """A library's functions; the two that run the module's code are guarded."""

    def __init__(self, library: Library, microseconds: int) -> None:
        self._library = library
        self._microseconds = microseconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library.lib, name)

    def binding_invoke(self, *arguments: Any) -> int:
        return self._call("binding_invoke", *arguments)

    def vm_instance_create(self, *arguments: Any) -> int:
        return self._call("vm_instance_create", *arguments)

    def _call(self, name: str, *arguments: Any) -> int:
        ffi = self._library.ffi
        words = [int(ffi.cast("uintptr_t", value)) for value in (getattr(self._library.lib, name), *arguments)]
        words += [0] * (1 + WORDS - len(words))
        return int(_guard()(*words, self._microseconds, LATE))


@lru_cache(maxsize=1)
def _guard() -> Any:
    function = ctypes.CDLL(str(compile_guard())).guard_call
    function.argtypes = [*[ctypes.c_void_p] * (1 + WORDS), ctypes.c_long, ctypes.c_int]
    return function


def compile_guard() -> Path:
    """The guard's library, from the cache if it has been compiled before."""
    source = Path(__file__).with_suffix(".c").read_text()
    return compile_library(bundle.Bundle({"guard.c": source}, "guard", ("guard.c",)), bundle.OPTIONS)
