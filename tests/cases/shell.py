"""Commands as a user types them, run in a copy of a case's folder."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).parents[2]
DATA = Path(__file__).parent / "data"
_PATIENCE = 1200
_PROGRAMS = {"python": [sys.executable], "transpile": [sys.executable, "-m", "transpile"]}


class Step(NamedTuple):
    """One command, what is right, and what it gave."""

    command: str
    expected: str
    seen: str

    @property
    def right(self) -> bool:
        return self.expected == self.seen


class Shell:
    """Runs in a folder of its own with the case's files; what a given folder has not comes from `data/`."""

    def __init__(self, name: str, source: Path, folder: Path) -> None:
        self.folder = folder
        for origin in (DATA / name, source / name):
            if origin.is_dir():
                for path in origin.iterdir():
                    shutil.copyfile(path, folder / path.name)
        search = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        self._environment = os.environ | {"PATH": search, "PYTHONPATH": str(ROOT)}

    def run(self, command: str) -> tuple[str, int]:
        """What it prints, errors too, and its exit code."""
        both = subprocess.STDOUT
        arguments = self._arguments(command)
        done = subprocess.run(
            arguments, cwd=self.folder, env=self._environment, stdout=subprocess.PIPE, stderr=both, timeout=_PATIENCE
        )
        return done.stdout.decode(errors="replace").strip(), done.returncode

    def make(self, command: str) -> None:
        """A command that prepares something and must work."""
        said, code = self.run(command)
        if code:
            raise RuntimeError(f"{command}\n{said}")

    def ends(self, command: str, expected: str, *, last: int | None = None) -> Step:
        """A command that works and prints this; of long output the last lines."""
        said, code = self.run(command)
        lines = said.splitlines()[-last:] if last else said.splitlines()
        return Step(command, expected, "\n".join([*lines, *([f"exit code {code}"] if code else [])]))

    def agrees(self, command: str, witness: str) -> Step:
        """A command that gives what another gives, which is right."""
        said, code = self.run(witness)
        return self.ends(command, "\n".join([said, *([f"exit code {code}"] if code else [])]))

    def as_iree(self, module: str, function: str, *inputs: str, options: str = "", devices: int = 1) -> Step:
        """A call through `transpile run` that gives what `iree-run-module` gives."""
        device = " ".join(["--device=local-sync"] * devices)
        values = " ".join(f"--input={shlex.quote(value)}" for value in inputs)
        return self.agrees(
            f"transpile run {module} {device} --function={function} {values} {options}".strip(),
            f"iree-run-module --module={module} {device} --function={function} {values}",
        )

    def arrays(self, *shapes: tuple[int, ...]) -> list[str]:
        """Inputs of f32 in files, the same every time."""
        random = np.random.default_rng(13)
        for k, shape in enumerate(shapes):
            np.save(self.folder / f"in{k}.npy", random.standard_normal(shape).astype(np.float32))
        return [f"@in{k}.npy" for k in range(len(shapes))]

    def bits_of_iree(self, module: str, function: str, *inputs: str, results: int = 1, options: str = "") -> Step:
        """The same with results as files, whose bits count."""
        call = f"--module={module} --device=local-sync --function={function}"
        values = " ".join(f"--input={value}" for value in inputs)
        command = f"transpile run {module} {call.partition(' ')[2]} {values} {options}".strip()
        seen = self._bits(command, "ours", results)
        return Step(command, self._bits(f"iree-run-module {call} {values}", "iree", results), seen)

    def _bits(self, command: str, name: str, results: int) -> str:
        files = [self.folder / f"{name}{k}.bin" for k in range(results)]
        said, code = self.run(" ".join([command, *(f"--output=@{path.name}" for path in files)]))
        if code:
            return f"{said}, exit code {code}"
        return ", ".join(f"sha256 {hashlib.sha256(path.read_bytes()).hexdigest()[:16]}" for path in files)

    def interrupted(self, command: str, begins: str) -> Step:
        """A command that prints this, is interrupted, and ends by that."""
        arguments = self._arguments(command)
        with subprocess.Popen(
            arguments, cwd=self.folder, env=self._environment, stdout=subprocess.PIPE, bufsize=0
        ) as process:
            assert process.stdout is not None
            said = process.stdout.readline().decode().strip()
            process.send_signal(signal.SIGINT)
            try:
                process.wait(_PATIENCE / 10)
            except subprocess.TimeoutExpired:
                process.kill()
        code = process.returncode
        ended = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return Step(f"{command}, Ctrl-C", f"{begins}, ended by SIGINT", f"{said}, ended by {ended}")

    def _arguments(self, command: str) -> list[str]:
        program, *arguments = shlex.split(command)
        return [*_PROGRAMS.get(program, [program]), *arguments]
