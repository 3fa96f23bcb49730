"""Whether a tool can do what a test needs of it: that a program is there says nothing of its libraries."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest


@functools.cache
def links(compiler: str, *flags: str, source: str = "int main(void) { return 0; }\n") -> bool:
    """Whether the compiler is there and makes a program with these flags."""
    command = [compiler, *flags, "-xc", "-", "-o", os.devnull]
    try:
        return subprocess.run(command, input=source, text=True, capture_output=True).returncode == 0
    except OSError:
        return False


def beside_python(name: str) -> Path:
    """One of IREE's programs, which are installed beside this Python; skips the test where it is not."""
    path = Path(sys.executable).parent / name
    if not path.exists():
        pytest.skip(f"{name} is not installed")
    return path
