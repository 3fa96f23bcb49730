"""Whether a tool can do what a test needs of it: that a program is there says nothing of its libraries."""

from __future__ import annotations

import functools
import os
import subprocess


@functools.cache
def links(compiler: str, *flags: str, source: str = "int main(void) { return 0; }\n") -> bool:
    """Whether the compiler is there and makes a program with these flags."""
    command = [compiler, *flags, "-xc", "-", "-o", os.devnull]
    try:
        return subprocess.run(command, input=source, text=True, capture_output=True).returncode == 0
    except OSError:
        return False
