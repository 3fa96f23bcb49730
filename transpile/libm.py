"""Mathematics of f32: its functions, and where this machine's C library differs from them.

C and both engines here compute them with `csupport/f32_math.h`, with the same bits everywhere; IREE's interpreter calls
the C library of the machine it runs on. `templates/libm/compare.c` has the loops.
"""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path

from transpile.errors import BuildError, Diagnostic, Status
from transpile.native.toolchain import Compiler, Flags
from transpile.resources import CSUPPORT, TEMPLATES

UNARY = ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "atan", "tanh", "erf")
BINARY = ("pow", "atan2")
SOURCE = TEMPLATES / "libm" / "compare.c"

SAME = ((2, 29), (2, 40))
"""The first and the last version of glibc with these bits."""

SAMPLES, STRIDE = 1 << 16, 65_521
"""How many inputs of each function are tried, and how far they are apart (a prime: all last bits come up)."""


def library() -> str:
    """The C library that programs on this machine call, as far as it says."""
    return " ".join(part for part in platform.libc_ver() if part) or "unknown"


def is_known() -> bool:
    """Whether this machine's C library is one that is known to have these bits."""
    name, version = platform.libc_ver()
    if name != "glibc" or platform.machine() != "x86_64":
        return False
    return SAME[0] <= tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) <= SAME[1]


def compile_loops(compiler: Compiler, flags: Sequence[str], target: Path, *defines: str) -> None:
    """The loops over the functions as a program, or with `-shared` among the flags as a library."""
    options = [*flags, *defines, f"-I{CSUPPORT}", str(SOURCE), "-o", str(target), "-lm"]
    done = subprocess.run([*compiler.command, *options], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        message = f"the functions of f32 cannot be compiled:\n{done.stderr}"
        raise BuildError(Diagnostic(Status.INTERNAL, message, hint="run transpile doctor"))


def differing(compiler: Compiler, flags: Flags, folder: Path) -> dict[str, int]:
    """By function, how many of `SAMPLES` inputs have other bits in this machine's C library; empty if none has."""
    import cffi

    path = folder / "libm.so"
    compile_loops(compiler, [*flags.compile, "-shared"], path)
    ffi = cffi.FFI()
    ffi.cdef("int64_t transpile_libm_differ(const char* name, uint64_t first, uint64_t count, uint64_t step);")
    count = ffi.dlopen(str(path)).transpile_libm_differ
    found = {name: int(count(name.encode(), 1, SAMPLES, STRIDE)) for name in (*UNARY, *BINARY)}
    return {name: number for name, number in found.items() if number}


def summary(differing: dict[str, int]) -> str:
    """One line for people."""
    if not differing:
        return f"{library()} has the same bits in all {len(UNARY) + len(BINARY)} functions of f32"
    shares = ", ".join(f"{name} {number / SAMPLES:.2%}" for name, number in differing.items())
    return f"{library()} has other last digits than here, and so has IREE's interpreter, in f32 {shares}"
