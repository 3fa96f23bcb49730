"""IREE's wheels: whether they are there, and where their command line tools are."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import os
import shutil
import sys
from pathlib import Path

INLINE = (
    "--iree-hal-target-backends=vmvx-inline",
    "--iree-execution-model=inline-static",
    "--iree-flow-inline-constants-max-byte-length=1000000000",
)
VMVX = ("--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=vmvx")
NATIVE = (
    "--iree-hal-target-device=local",
    "--iree-hal-local-target-device-backends=llvm-cpu",
    "--iree-llvmcpu-target-cpu=host",
)
VM = ("--compile-mode=vm",)


def runtime_version() -> str | None:
    """Version of the installed runtime wheel."""
    return _version("iree-base-runtime")


def compiler_version() -> str | None:
    """Version of the installed compiler wheel."""
    return _version("iree-base-compiler")


@functools.lru_cache(maxsize=16)
def tool(name: str) -> str | None:
    """A tool's path: the binary inside the wheel if it is found (its wrapper is a Python process), else a command."""
    spec = importlib.util.find_spec("iree")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        binary = Path(place, "_runtime_libs", name)
        if binary.is_file() and os.access(binary, os.X_OK):
            return str(binary)
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name)


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
