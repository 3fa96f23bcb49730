"""Arm's MPS2 boards in qemu: emitted programs without an operating system, between a vector table and a C library."""

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
from transpile.emit import EmitOptions, emit
from transpile.native.toolchain import EXACT
from transpile.resources import CSUPPORT
from transpile.verify import check

MPS2 = Path(__file__).parent / "mps2"
RUNTIME = tuple(sorted(CSUPPORT.glob("*.c")))
SMALL = ("-Os", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections")
SECONDS = 60


@dataclass(frozen=True)
class Board:
    """A processor to compile for, and the machine of qemu that runs its code."""

    cpu: str
    machine: str

    def build(self, folder: Path, *flags: str, runtime: Sequence[Path] = RUNTIME) -> Path:
        """All C files in the folder, the runtime and the start-up, linked without a warning."""
        sources = [*sorted(folder.glob("*.c")), MPS2 / "start.c", *runtime]
        linked = ["--specs=nosys.specs", "-nostartfiles", "-T", MPS2 / "mps2.ld", "-o", folder / "program.elf", "-lm"]
        ran("arm-none-eabi-gcc", *self._flags(folder), *flags, *sources, *linked)
        return folder / "program.elf"

    def library(self, folder: Path, *flags: str) -> Path:
        """The runtime as a static library in the folder."""
        command = ["arm-none-eabi-gcc", *self._flags(folder), *flags, "-c", *RUNTIME]
        ran("sh", "-c", f"cd {folder} && {' '.join(map(str, command))} && arm-none-eabi-ar rcs libruntime.a *.o")
        return folder / "libruntime.a"

    def _flags(self, folder: Path) -> list[object]:
        return [*WARNINGS, *EXACT, f"-mcpu={self.cpu}", "-mthumb", "-I", folder, "-I", CSUPPORT, "-I", MPS2]

    def run(self, program: Path, *, counting: bool = False) -> list[str]:
        """The lines that the program prints; with `counting`, an instruction takes a nanosecond of the board's time."""
        command = ["qemu-system-arm", "-M", self.machine, "-nographic", "-semihosting", "-kernel", program]
        command += ["-icount", "shift=0"] if counting else []
        ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
        assert ended.returncode == 0, ended.stderr
        return ended.stderr.split()


M0 = Board("cortex-m0", "mps2-an385")  # an M3's board: qemu's only M0 has 16 kB of memory
M4 = Board("cortex-m4", "mps2-an386")
M7 = Board("cortex-m7", "mps2-an500")


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
#include "start.h"

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
    print_bits(bits);
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
