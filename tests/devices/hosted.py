"""Static programs with their desktop main on other systems: in qemu's user mode, under wine, with musl."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from transpile import loader
from transpile.emit import EmitOptions, emit
from transpile.emit.files import Optimize
from transpile.native.toolchain import EXACT
from transpile.ship.programs import main_files

SECONDS = 300


@dataclass(frozen=True)
class Host:
    """A system: a C compiler that makes programs for it, what runs them here, and what loops are planned for."""

    name: str
    compiler: tuple[str, ...]
    runner: tuple[str, ...]
    processor: str
    size: str = "size"

    @property
    def missing(self) -> str:
        """Tools that are not there."""
        found = [tool for tool in (self.compiler[0], *self.runner[:1], self.size) if not shutil.which(tool)]
        if "ziglang" in self.compiler and not importlib.util.find_spec("ziglang"):
            found.append("ziglang")
        return ", ".join(found)

    def run(
        self, module: Path, optimize: Optimize, inputs: Sequence[np.ndarray[Any, Any]], folder: Path
    ) -> tuple[list[bytes], int, int]:
        """Results of the module's first function (a process calls one), the bytes of code and constants, and those of
        the arena."""
        target = self.processor if optimize == "speed" else None
        output = emit(loader.read(module), EmitOptions("m", static=True, optimize=optimize, target=target))
        for name, content in {**output.files, **main_files(output)}.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(str(content))
        self._build(folder, "-O2" if target else "-Os")
        assert output.interface
        entry = output.interface.entries[0]
        for array, value in zip(entry.inputs, inputs, strict=False):
            (folder / f"{array.name}.bin").write_bytes(value.tobytes())
        given = [f"--input={array.shape}=@{array.name}.bin" for array in entry.inputs]
        wanted = [f"--output=@{array.name}.bin" for array in entry.outputs]
        _ran(folder, *self.runner, "./program.exe", f"--function={entry.name}", *given, *wanted)
        results = [(folder / f"{array.name}.bin").read_bytes() for array in entry.outputs]
        listed = _ran(folder, self.size, "-A", "m.o")
        flash = sum(int(size) for size in re.findall(r"^\.(?:text|rodata|rdata)\S*\s+(\d+)", listed, re.MULTILINE))
        return results, flash, output.interface.arena_bytes

    def _build(self, folder: Path, level: str) -> None:
        flags = ["-std=c99", *EXACT, level]
        _ran(folder, *self.compiler, *flags, "-c", "m.c", "-o", "m.o")
        others = [
            "main.c",
            "values.c",
            *(str(path.relative_to(folder)) for path in sorted(folder.glob("csupport/*.c"))),
        ]
        _ran(folder, *self.compiler, *flags, "-I.", "-Icsupport", *others, "m.o", "-o", "program.exe", "-lm")


def _ran(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _cross(name: str, triple: str, processor: str, *flags: str) -> Host:
    """A compiler of Debian's, and qemu's user mode."""
    compiler = (f"{triple}-gcc", "-static", *flags)
    return Host(name, compiler, (f"qemu-{name}",), processor, f"{triple}-size")


_WINE = shutil.which("wine64") or "/usr/lib/wine/wine64"
"""Where Debian's package wine64 has it."""

HOSTS = (
    _cross("aarch64", "aarch64-linux-gnu", "neon"),
    _cross("arm", "arm-linux-gnueabihf", "cortex-m4", "-mfpu=neon-vfpv4"),
    _cross("riscv64", "riscv64-linux-gnu", "scalar"),
    _cross("ppc64le", "powerpc64le-linux-gnu", "sse2"),
    Host("musl", (sys.executable, "-m", "ziglang", "cc", "-target", "x86_64-linux-musl"), (), "sse2"),
    Host("mingw", ("x86_64-w64-mingw32-gcc",), (_WINE,), "sse2", "x86_64-w64-mingw32-size"),
)
