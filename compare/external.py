"""Any command as a leg: `--external NAME='cmd {module} {inputs} {outputs}'`.

`{inputs}` becomes the paths of `.npy` files, one an argument, `{function}` the function's name, and `{outputs}` a
folder into which the command writes `0.npy`, `1.npy`, …, its results.  A command that does not mention `{outputs}` is
timed without being compared.  Its time is that of the whole process.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from compare.command import Finished, run
from compare.engines import Unavailable
from compare.leg import Facts
from compare.values import Call, Outcome, Sample


class ExternalLeg:
    """A command."""

    exact = False
    per_call_seconds = 0.0

    def __init__(self, name: str, command: Sequence[str], module: Path) -> None:
        self.name = name
        self.facts = Facts(notes=["the time of a whole process"])
        self._command = command
        self._module = module.absolute()
        self._call: Call | None = None

    def start(self) -> None:
        """Nothing runs between samples."""

    def outcomes(self, calls: Sequence[Call]) -> list[tuple[Outcome, Sample]]:
        if len(calls) > 1:
            raise Unavailable("a command cannot make several calls on one instance")
        with tempfile.TemporaryDirectory(prefix="compare-") as name:
            done = self._run(calls[0], Path(name))
            paths = sorted(Path(name, "outputs").glob("*.npy"), key=lambda path: path.stem.zfill(9))
            outcome = Outcome(tuple(np.load(path) for path in paths))
        if self.facts.first_seconds is None:
            self.facts.load_seconds, self.facts.first_seconds = 0.0, done.sample.wall
        return [(outcome, done.sample)] if self._writes else []

    def prepare(self, calls: Sequence[Call]) -> None:
        self._call = calls[-1]

    def sample(self, loops: int) -> Sample:
        assert self._call is not None
        with tempfile.TemporaryDirectory(prefix="compare-") as name:
            samples = [self._run(self._call, Path(name)).sample for _ in range(loops)]
        return Sample(sum(s.cpu for s in samples) / loops, sum(s.wall for s in samples) / loops)

    def finish(self) -> None:
        """Nothing is left."""

    @property
    def _writes(self) -> bool:
        return any("{outputs}" in word for word in self._command)

    def _run(self, call: Call, folder: Path) -> Finished:
        outputs = folder / "outputs"
        outputs.mkdir(exist_ok=True)
        inputs = [folder / f"in{index}.npy" for index in range(len(call.arguments))]
        for path, value in zip(inputs, call.arguments, strict=True):
            np.save(path, np.asarray(value))
        done = run(list(self._words(call, inputs, outputs)), folder)
        self.facts.peak_bytes = max(self.facts.peak_bytes or 0, done.peak)
        if done.code:
            raise Unavailable(f"the command ended with {done.code}: {done.errors.strip()[:300]}")
        return done

    def _words(self, call: Call, inputs: Sequence[Path], outputs: Path) -> list[str]:
        words: list[str] = []
        for word in self._command:
            if word == "{inputs}":
                words += map(str, inputs)
                continue
            for name, text in (("module", self._module), ("function", call.function), ("outputs", outputs)):
                word = word.replace(f"{{{name}}}", str(text))
            words.append(word)
        return words
