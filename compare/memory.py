"""Peak memory of processes."""

from __future__ import annotations

import re
import sys
from pathlib import Path

_PEAK = re.compile(r"^VmHWM:\s*(\d+) kB", re.MULTILINE)


def peak_bytes(process: int | None = None) -> int:
    """The most memory a process had resident since it was started; 0 if it is gone or the system does not say.

    Linux keeps it with the address space.  `getrusage` would also count what the parent had before `exec`.
    """
    try:
        found = _PEAK.search(Path(f"/proc/{process or 'self'}/status").read_text())
    except OSError:
        return _from_usage() if process is None else 0
    return int(found[1]) * 1024 if found else 0


def _from_usage() -> int:
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
