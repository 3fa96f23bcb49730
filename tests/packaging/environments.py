"""Virtual environments and distributions for the tests of packaging."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Environment:
    """A virtual environment without anything of this one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder, with_pip=True, symlinks=True)
        self.bin = folder / ("Scripts" if os.name == "nt" else "bin")

    def install(self, *packages: str) -> None:
        self.run("python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages, cwd=self.folder)

    def run(self, program: str, *arguments: str, cwd: Path, **variables: str) -> str:
        """What a program of the environment prints; AssertionError with its words when it fails."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        path = f"{self.bin}{os.pathsep}{inherited.get('PATH', '')}"
        environment = {**inherited, "PATH": path, **variables}
        command = [str(self.bin / program), *arguments]
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
        return done.stdout


def build_distribution(kind: str, root: Path, folder: Path) -> Path:
    """Build a "wheel" or an "sdist" of a checkout."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return built
