"""The parent's end of a worker."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

from compare.engines import Spec, Unavailable
from compare.values import Call, Outcome, Sample

_ROOT = Path(__file__).resolve().parent.parent


class WorkerProcess:
    """A leg's own process; every request waits for its answer."""

    def __init__(self, threads: int = 1) -> None:
        self._connection, theirs = Pipe()
        path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))
        environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": str(threads)}
        command = [sys.executable, "-m", "compare.worker", str(theirs.fileno())]
        with theirs:
            self._process = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], env=environment, stdin=subprocess.DEVNULL
            )

    def load(self, spec: Spec) -> float:
        """Open the module there; seconds it took."""
        return float(self._ask("load", spec))

    def outcomes(self, calls: Sequence[Call]) -> list[tuple[Outcome, Sample]]:
        """Results of a sequence of calls on a fresh instance."""
        answered: list[tuple[Outcome, Sample]] = self._ask("outcomes", list(calls))
        return answered

    def prepare(self, calls: Sequence[Call]) -> None:
        """Get ready to time the last of these calls."""
        self._ask("prepare", list(calls))

    def sample(self, loops: int) -> Sample:
        """Time so many calls."""
        taken: Sample = self._ask("sample", loops)
        return taken

    def profile(self, sampler: Path, library: Path, microseconds: int, seconds: float) -> dict[int, int]:
        """How often the prepared call was seen at which address of its library."""
        counts: dict[int, int] = self._ask("profile", sampler, library, microseconds, seconds)
        return counts

    def memory(self) -> int:
        """Peak bytes above the empty worker's."""
        return int(self._ask("memory"))

    def close(self) -> None:
        """End the process."""
        self._connection.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=10)
            return
        self._process.kill()
        self._process.wait()

    def _ask(self, name: str, *arguments: Any) -> Any:
        try:
            self._connection.send((name, *arguments))
            kind, value = self._connection.recv()
        except (EOFError, OSError):
            code = self._process.wait()
            raise Unavailable(f"the process ended with {_ending(code)}") from None
        if kind != "ok":
            raise Unavailable(value)
        return value


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
