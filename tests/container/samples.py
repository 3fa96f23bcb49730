"""The committed modules: `small.mlir` compiled by iree-compile 3.13.0 in three ways.

inline.vmfb   inline-static execution, polyglot ZIP
vmvx.vmfb     local device with VMVX kernels in a nested module, polyglot ZIP
bare.vmfb     the same without ZIP
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

DATA = Path(__file__).parent / "data"
INLINE = DATA / "inline.vmfb"
VMVX = DATA / "vmvx.vmfb"
BARE = DATA / "bare.vmfb"
ALL = [INLINE, VMVX, BARE]


def tool(name: str) -> str | None:
    """Return the path of one of IREE's tools, None if it is not installed."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name)
