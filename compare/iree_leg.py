"""IREE's command line tools as a leg, for modules that its Python interface cannot load (the inline ones)."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from compare.command import Finished, run
from compare.engines import Unavailable
from compare.engines.iree import status_named
from compare.iree_tools import tool
from compare.leg import Facts
from compare.values import Call, Outcome, Sample, Value

_NOTE = "measured by iree-benchmark-module, or as a whole process where one sample is all"
_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}


class IreeToolLeg:
    """`iree-run-module` for outputs, `iree-benchmark-module` for time."""

    exact = True

    def __init__(
        self, name: str, module: Path, results: dict[str, str], *, flags: Sequence[str] = (), threads: int = 1
    ) -> None:
        self.name = name
        self.facts = Facts(threads=threads, notes=[_NOTE])
        self._module = module.absolute()
        self._results = results
        self._flags = tuple(flags)
        self._call: Call | None = None

    @property
    def per_call_seconds(self) -> float:
        """A process is started for each sample and reads the module; the first run told how long that takes."""
        return self.facts.load_seconds or 0.0

    def start(self) -> None:
        if tool("iree-run-module") is None or tool("iree-benchmark-module") is None:
            raise Unavailable("iree-run-module is not installed")

    def outcomes(self, calls: Sequence[Call]) -> list[tuple[Outcome, Sample]]:
        """Of the first call only: each run of the tool is a fresh instance."""
        with tempfile.TemporaryDirectory(prefix="compare-") as name:
            folder = Path(name)
            outputs = [f"out{index}.npy" for index, _ in enumerate(self._results[calls[0].function])]
            saved = [f"--output=@{output}" for output in outputs]
            done = self._run("iree-run-module", calls[0], folder, *saved)
            if self.facts.first_seconds is None:
                self.facts.load_seconds, self.facts.first_seconds = 0.0, done.sample.wall
            outcome = self._outcome(done, [folder / output for output in outputs])
            return [(outcome, done.sample)]

    def prepare(self, calls: Sequence[Call]) -> None:
        if len(calls) > 1:
            raise Unavailable("the tools cannot make several calls on one instance")
        self._call = calls[0]

    def sample(self, loops: int) -> Sample:
        assert self._call is not None
        flags = ("--benchmark_format=json", f"--benchmark_min_time={loops}x")
        with tempfile.TemporaryDirectory(prefix="compare-") as name:
            done = self._run("iree-benchmark-module", self._call, Path(name), *flags)
        return _benchmark_sample(done)

    def finish(self) -> None:
        """Every run was a process of its own."""

    def _run(self, name: str, call: Call, folder: Path, *flags: str) -> Finished:
        inputs = [input_flag(value, index, folder) for index, value in enumerate(call.arguments)]
        command = [str(tool(name)), f"--module={self._module}", f"--function={call.function}"]
        done = run([*command, *self._flags, *inputs, *flags], folder)
        self.facts.peak_bytes = max(self.facts.peak_bytes or 0, done.peak)
        return done

    def _outcome(self, done: Finished, outputs: Sequence[Path]) -> Outcome:
        if done.code < 0:
            raise Unavailable(f"iree-run-module ended with signal {-done.code}")
        if done.code:
            return Outcome(failure=status_named(done.errors))
        return Outcome(tuple(map(_read, outputs)))


def input_flag(value: Any, index: int, folder: Path) -> str:
    """The flag that gives an argument to the tools; arrays go through a file, which keeps their bits."""
    if isinstance(value, np.ndarray):
        np.save(folder / f"in{index}.npy", value)
        return f"--input=@in{index}.npy"
    if isinstance(value, (bytes, bytearray)):
        raise Unavailable("plain buffers cannot be passed to the tools")
    return f"--input={value!r}"


def _read(path: Path) -> Value:
    try:
        return np.load(path)
    except (OSError, ValueError) as problem:
        raise Unavailable(f"a result was not written: {problem}") from None


def _benchmark_sample(done: Finished) -> Sample:
    try:
        row = json.loads(done.output)["benchmarks"][0]
        unit = _SECONDS[row["time_unit"]]
        return Sample(row["cpu_time"] * unit, row["real_time"] * unit)
    except (ValueError, LookupError):
        raise Unavailable(f"iree-benchmark-module failed: {done.errors.strip()[:300]}") from None
