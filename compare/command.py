"""Commands as legs: their time and memory from outside."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from compare.engines import Unavailable
from compare.memory import peak_bytes
from compare.values import Sample

_POLL_SECONDS = 0.01


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    code: int
    output: str
    errors: str
    sample: Sample
    """Seconds of the whole process."""
    peak: int
    """Bytes."""


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> Finished:
    """Run a command to its end."""
    started = time.perf_counter()
    before = os.times()
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
    except OSError as problem:
        raise Unavailable(str(problem)) from None
    watcher = _PeakWatcher(process.pid)
    output, errors = process.communicate()
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    sample = Sample(cpu, time.perf_counter() - started)
    return Finished(process.returncode, output, errors, sample, watcher.stop())


class _PeakWatcher:
    """Looks at a process until it ends: the system forgets its peak with it."""

    def __init__(self, process: int) -> None:
        self._peak = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, args=(process,), daemon=True)
        self._thread.start()

    def _watch(self, process: int) -> None:
        wait = 0.001
        while not self._ended.wait(wait):
            self._peak = max(self._peak, peak_bytes(process))
            wait = min(2 * wait, _POLL_SECONDS)

    def stop(self) -> int:
        self._ended.set()
        self._thread.join()
        return self._peak
