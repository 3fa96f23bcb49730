"""A process that executes one leg and nothing else: its memory is the leg's, and its crash is not the comparison's.

Started with the number of an open socket.  A request is a tuple of a name and arguments, an answer `("ok", value)` or
`("unavailable" | "error", message)`.
"""

from __future__ import annotations

import gc
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from compare.engines import Engine, Spec, Unavailable
from compare.memory import peak_bytes
from compare.values import Call, Outcome, Sample


class _Worker:
    def __init__(self) -> None:
        self._engine: Engine | None = None
        self._prepared: Callable[[], None] | None = None
        self._idle_bytes = 0

    @property
    def engine(self) -> Engine:
        if self._engine is None:
            raise Unavailable("nothing is loaded")
        return self._engine

    def load(self, spec: Spec) -> float:
        """Open the module; seconds it took."""
        self._idle_bytes = peak_bytes()
        started = time.perf_counter()
        self._engine = spec.open()
        return time.perf_counter() - started

    def outcomes(self, calls: Sequence[Call]) -> list[tuple[Outcome, Sample]]:
        """Results of a sequence of calls on a fresh instance, and what each took."""
        self._prepared = None
        self.engine.reset()
        return [self._one(call) for call in calls]

    def _one(self, call: Call) -> tuple[Outcome, Sample]:
        cpu, wall = time.thread_time(), time.perf_counter()
        outcome = self.engine.call(call)
        return outcome, Sample(time.thread_time() - cpu, time.perf_counter() - wall)

    def prepare(self, calls: Sequence[Call]) -> None:
        """A fresh instance on which all calls but the last are made; the last is the one to time."""
        self._prepared = None
        self.engine.reset()
        for call in calls[:-1]:
            self.engine.call(call)
        self._prepared = self.engine.prepare(calls[-1])

    def sample(self, loops: int) -> Sample:
        """Seconds for one call."""
        run = self._prepared
        assert run is not None
        gc.collect()
        gc.disable()
        try:
            cpu, wall = time.thread_time(), time.perf_counter()
            for _ in range(loops):
                run()
            return Sample((time.thread_time() - cpu) / loops, (time.perf_counter() - wall) / loops)
        finally:
            gc.enable()

    def profile(self, sampler: Path, library: Path, microseconds: int, seconds: float) -> dict[int, int]:
        """Where the prepared call spends its time."""
        from compare.profiler import profile

        assert self._prepared is not None
        return profile(self._prepared, sampler, library, microseconds, seconds)

    def memory(self) -> int:
        """Bytes at the peak above what the process had before the module was opened."""
        return max(0, peak_bytes() - self._idle_bytes)


def serve(connection: Connection) -> None:
    """Answer requests until the other side closes."""
    worker = _Worker()
    while True:
        try:
            name, *arguments = connection.recv()
            connection.send(_answer(worker, name, arguments))
        except (EOFError, BrokenPipeError):
            return


def _answer(worker: _Worker, name: str, arguments: list[Any]) -> tuple[str, Any]:
    try:
        return "ok", getattr(worker, name)(*arguments)
    except Unavailable as reason:
        return "unavailable", str(reason)
    except Exception as problem:
        return "error", "".join(traceback.format_exception_only(problem)).strip()


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
