"""Samples of where this process is while it runs something; in the worker."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cffi

from compare.engines import Unavailable

_CDEF = "int32_t sampler_start(int32_t microseconds); uint32_t sampler_stop(uintptr_t **result);"


def profile(run: Callable[[], None], sampler: Path, library: Path, microseconds: int, seconds: float) -> dict[int, int]:
    """Run for so many seconds of processor time; how often it was at which address of the library, elsewhere is 0."""
    ffi = cffi.FFI()
    ffi.cdef(_CDEF)
    lib = ffi.dlopen(str(sampler))
    places = ffi.new("uintptr_t **")
    if lib.sampler_start(microseconds):
        raise Unavailable("the system does not let a process sample itself")
    until = time.process_time() + seconds
    try:
        run()
        while time.process_time() < until:
            run()
    finally:
        count = lib.sampler_stop(places)
    begin, end = _extent(library)
    found: Counter[int] = Counter()
    for index in range(count):
        at = int(places[0][index])
        found[at - begin if begin <= at < end else 0] += 1
    return dict(found)


def _extent(library: Path) -> tuple[int, int]:
    """Where the library is in this process."""
    path = str(library.resolve())
    lines = [line.split() for line in Path("/proc/self/maps").read_text().splitlines() if line.endswith(path)]
    bounds = [tuple(int(part, 16) for part in words[0].split("-")) for words in lines]
    if not bounds:
        raise Unavailable("the library is not where it is expected")
    return min(low for low, _ in bounds), max(high for _, high in bounds)
