"""Emitted programs on the boards that qemu emulates, with the start-up that users get."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.csupport.support import WARNINGS
from tests.csupport.support import run as ran
from transpile import container
from transpile.c.render import render
from transpile.emit import EmitOptions, emit
from transpile.native.toolchain import EXACT
from transpile.resources import CSUPPORT
from transpile.ship.boards import BY_CPU, Board
from transpile.verify import check

RUNTIME = tuple(sorted(CSUPPORT.glob("*.c")))
SMALL = ("-Os", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections")
SECONDS = 120
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Device:
    """A board, for programs with the runtime."""

    board: Board

    @property
    def name(self) -> str:
        return self.board.cpu

    def build(self, folder: Path, *flags: str, runtime: Sequence[Path] = RUNTIME) -> Path:
        """All C files in the folder, the runtime and the start-up, linked without a warning."""
        for name in ("device.c", "device.h", "device.ld"):
            (folder / name).write_text(render(f"device/{name}.j2", board=self.board))
        (folder / "start.c").write_text(render(self.board.start, board=self.board))
        sources = [*sorted(folder.glob("*.c")), *runtime]
        linked = [
            "--specs=nosys.specs",
            "-nostartfiles",
            "-T",
            folder / "device.ld",
            "-o",
            folder / "program.elf",
            "-lm",
        ]
        ran(self.board.compiler, *self._flags(folder), "-DTRAP_UNALIGNED", *flags, *sources, *linked)
        return folder / "program.elf"

    def library(self, folder: Path, *flags: str) -> Path:
        """The runtime as a static library in the folder."""
        command = [self.board.compiler, *self._flags(folder), *flags, "-c", *RUNTIME]
        ran("sh", "-c", f"cd {folder} && {' '.join(map(str, command))} && {self.board.tools}ar rcs libruntime.a *.o")
        return folder / "libruntime.a"

    def _flags(self, folder: Path) -> list[object]:
        return [*WARNINGS, *EXACT, *self.board.flags, "-I", folder, "-I", CSUPPORT, "-I", HERE]

    def run(self, program: Path) -> list[int]:
        """The words that the program prints."""
        command = [*self.board.emulator, "-kernel", str(program)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return words(ended.stdout)


M0, M4, M7 = (Device(BY_CPU[cpu]) for cpu in ("cortex-m0plus", "cortex-m4", "cortex-m7"))


def words(text: str) -> list[int]:
    """Of the lines that `main_file` prints."""
    return [int(line) for line in text.split()]


def need(*tools: str) -> None:
    """Skips the test where one is missing, with a word."""
    if missing := [tool for tool in tools if not shutil.which(tool)]:
        pytest.skip(f"{', '.join(missing)} not installed")


def write_module(path: Path, folder: Path, options: EmitOptions) -> None:
    """The emitted files of a module."""
    module = container.load(path)
    check(module)
    for name, content in emit(module, options).files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else bytes(content))


_MAIN = """
#include <string.h>
#include "arena.h"
#include "model.h"
#include "device.h"

{arrays}
static float result[{count}];

int main(void) {{
  vm_options options = {{.allocator = &arena_allocator}};
  vm_instance* vm = NULL;
  vm_status status = model_create(&options, &vm);
  if (!status) status = model_{function}_arrays(vm, {names}, (void*)result);
  for (unsigned i = 0; !status && i < {count}; i++) {{
    uint32_t bits;
    memcpy(&bits, &result[i], sizeof bits);
    device_print_unsigned(bits);
    device_print("\\n");
  }}
  model_destroy(vm);
  return status;
}}
"""


def main_file(function: str, inputs: Sequence[np.ndarray[Any, Any]], count: int) -> str:
    """A program that prints the bits of a function's one result of `count` floats."""
    arrays = []
    for number, value in enumerate(inputs):
        elements = ", ".join(f"{float(one).hex()}f" for one in value.flat)
        arrays.append(f"static const float input{number}[] = {{{elements}}};")
    names = ", ".join(f"(void*)input{number}" for number in range(len(inputs)))
    return _MAIN.format(arrays="\n".join(arrays), count=count, function=function, names=names)
