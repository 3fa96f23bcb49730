"""The machine a comparison ran on."""

from __future__ import annotations

import functools
import os
import platform
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from transpile import __version__, libm
from transpile.errors import TranspileError
from transpile.front.compiler import version
from transpile.native.toolchain import find_compiler, flags

_PACKAGES = ("iree-base-runtime", "iree-base-compiler", "onnxruntime")
"""What others' legs run on."""


@dataclass(frozen=True)
class Machine:
    """What a reader has to know to believe figures; nothing that names the machine or its owner."""

    processor: str
    cores: int
    memory_bytes: int
    system: str
    compiler: str
    versions: dict[str, str]
    load: float
    """Processes that wanted to run when the comparison began."""
    warnings: list[str] = field(default_factory=list)
    """What disturbed the measurements."""


def this_machine() -> Machine:
    """The machine this runs on."""
    versions = {"transpile": __version__, "python": platform.python_version(), "C library": libm.library()}
    versions |= {name: found for name in _PACKAGES if (found := version(name))}
    try:
        compiler = find_compiler().version
    except TranspileError:
        compiler = "none"
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    cores = os.cpu_count() or 1
    warnings = list(_warnings(load, cores))
    return Machine(processor(), cores, _memory(), platform.system(), compiler, versions, round(load, 2), warnings)


def _warnings(load: float, cores: int) -> Iterator[str]:
    """What disturbs measurements here."""
    yield from _busy(load, cores, "when the comparison began")
    governor = _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").strip()
    if governor and governor != "performance":
        yield f"the processor's frequency governor is {governor!r}"
    yield from other_digits()


def busy_meanwhile() -> list[str]:
    """What to say of a comparison's last quarter of an hour, at its end."""
    load = os.getloadavg()[2] if hasattr(os, "getloadavg") else 0.0
    return list(_busy(load, os.cpu_count() or 1, "in the last 15 minutes of the comparison"))


def _busy(load: float, cores: int, when: str) -> Iterator[str]:
    if load > 0.5 * cores:
        yield f"the machine was busy {when}: load {load:.1f} on {cores} cores"


@functools.cache
def other_digits() -> tuple[str, ...]:
    """Where the C library of this machine, which IREE's interpreter calls, has other last digits than C here."""
    if libm.is_known():
        return ()
    try:
        compiler = find_compiler()
        with tempfile.TemporaryDirectory(prefix="transpile-") as folder:
            found = libm.differing(compiler, flags(compiler, "speed"), Path(folder))
    except (TranspileError, OSError):
        return ()
    return (libm.summary(found),) if found else ()


def processor() -> str:
    """What the processor calls itself, and the vectors it has."""
    names = re.search(r"^model name\s*:\s*(.+)$", _read("/proc/cpuinfo"), re.MULTILINE)
    vectors = [name for name in ("avx512f", "avx2", "sse4_2") if re.search(rf"\b{name}\b", _read("/proc/cpuinfo"))]
    name = names[1] if names else platform.processor() or platform.machine()
    return f"{name} ({platform.machine()}{', ' + vectors[0] if vectors else ''})"


def _memory() -> int:
    found = re.search(r"^MemTotal:\s*(\d+) kB", _read("/proc/meminfo"), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def _read(path: str) -> str:
    try:
        return Path(path).read_text() if sys.platform.startswith("linux") else ""
    except OSError:
        return ""
