"""Runs with denormals flushed, as a dispatch of the module hal has them: the processor's bits, set around calls."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from transpile.native.toolchain import find_compiler

SUPPORTED = platform.machine() in ("x86_64", "AMD64")
_FLUSH = 0x8040  # results and operands, of MXCSR
_SOURCE = """
#include <xmmintrin.h>
unsigned int float_mode(void) { return _mm_getcsr(); }
void set_float_mode(unsigned int mode) { _mm_setcsr(mode); }
"""


@cache
def _library() -> ctypes.CDLL:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "mode.c"), Path(folder, "mode.so")
        source.write_text(_SOURCE)
        subprocess.run([*find_compiler().command, "-shared", "-fPIC", source, "-o", target], check=True)
        return ctypes.CDLL(str(target))


@contextmanager
def flushing(wanted: bool = True) -> Iterator[None]:
    """What this thread computes inside has denormals flushed; nothing changes unless that is wanted."""
    library = _library()
    before = library.float_mode()
    library.set_float_mode(before | _FLUSH if wanted else before)
    try:
        yield
    finally:
        library.set_float_mode(before)
