"""This machine's measured peaks, on one core: the two lines of the roofline."""

from __future__ import annotations

import functools
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cffi
import numpy as np

from compare.engines import Unavailable
from transpile.errors import TranspileError
from transpile.native.toolchain import Compiler, find_compiler, flags

_SOURCE = Path(__file__).with_name("peaks.c")
_CDEF = """
double peak_multiply_add(int64_t rounds, float seed, float *result);
double peak_read(const float *data, size_t bytes, int64_t rounds, float *result);
"""
_WIDTHS = (64, 32, 16)
_REPEATS = 7
_SAMPLE_SECONDS = 0.03


@dataclass(frozen=True)
class Peaks:
    """Operations and bytes a second that one core reaches."""

    flops: float
    """Multiplies and adds of f32, not fused, in registers."""
    memory_bytes: float
    """Reading an array larger than every cache."""
    cache_bytes: float
    """Reading an array of 24 kB over and over."""


def measure_peaks() -> Peaks:
    """The best of several runs with vectors of each width."""
    try:
        compiler = find_compiler()
    except TranspileError as problem:
        raise Unavailable(str(problem)) from problem
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        return _best([_open(compiler, Path(folder), width) for width in _WIDTHS])


def _best(libraries: list[tuple[Any, Any]]) -> Peaks:
    large, small = _aligned(256 << 20), _aligned(24 << 10)
    flops, memory, cache = 0.0, 0.0, 0.0
    for ffi, lib in libraries:
        read = functools.partial(_read, ffi, lib)
        flops = max(flops, _rate(functools.partial(_multiply_add, ffi, lib), 1 << 16))
        cache = max(cache, _rate(functools.partial(read, small), 1 << 8))
        memory = max(memory, _rate(functools.partial(read, large), 1))
    return Peaks(flops, memory, cache)


def _multiply_add(ffi: Any, lib: Any, rounds: int) -> float:
    return float(lib.peak_multiply_add(rounds, 1e-3, ffi.new("float *")))


def _read(ffi: Any, lib: Any, data: Any, rounds: int) -> float:
    return float(lib.peak_read(ffi.from_buffer("float *", data), data.nbytes, rounds, ffi.new("float *")))


def _rate(work: Callable[[int], float], rounds: int) -> float:
    """The most work a second; the fastest run is the one nobody disturbed."""
    best = 0.0
    for _ in range(_REPEATS):
        started = time.thread_time()
        done = work(rounds)
        seconds = max(time.thread_time() - started, 1e-9)
        best = max(best, done / seconds)
        if seconds < _SAMPLE_SECONDS:
            rounds = max(rounds, int(rounds * _SAMPLE_SECONDS / seconds))
    return best


def _aligned(size: int) -> Any:
    memory = np.ones(size // 4 + 16, np.float32)
    offset = (-memory.ctypes.data % 64) // 4
    return memory[offset : offset + size // 4]


def _open(compiler: Compiler, folder: Path, width: int) -> tuple[Any, Any]:
    target = folder / f"peaks{width}.so"
    options = ["-O3", "-shared", "-fPIC", "-std=gnu99", f"-DWIDTH={width}", "-w"]
    exact = [flag for flag in flags(compiler).compile if flag.startswith(("-march", "-mcpu", "-ffp"))]
    command = [*compiler.command, *options, *exact, str(_SOURCE), "-o", str(target)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Unavailable(f"the peaks could not be measured: {done.stderr.strip()[:300]}")
    ffi = cffi.FFI()
    ffi.cdef(_CDEF)
    return ffi, ffi.dlopen(str(target))
