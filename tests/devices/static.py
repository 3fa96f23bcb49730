"""Static programs on boards in qemu: what they compute, and what they take of flash, memory, stack and instructions."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.devices.boards import SMALL, Board
from transpile import loader
from transpile.c.names import mangle
from transpile.emit.static import emit_static
from transpile.host.schedule import Schedule
from transpile.host.static import static
from transpile.nests.plan.target import Target
from transpile.pipeline import lower
from transpile.signatures import declarations

_MAIN = """\
#include <stdint.h>
#include <string.h>
#include "m.h"
#include "start.h"

#define PAINTED 32768
#define SYSTICK ((volatile uint32_t*)0xE000E010)

{arrays}
static union {{
  unsigned char bytes[M_ARENA_BYTES + 1];
  double aligned[2];
}} arena;
static unsigned char result[{bytes}];

int main(void) {{
  volatile unsigned char here = 0;
  volatile unsigned char* low = (volatile unsigned char*)((uintptr_t)&here - PAINTED);
  uint32_t at, begun, ended;
#if defined(__ARM_FP)
  *(volatile uint32_t*)0xE000ED88 |= 0xFu << 20; /* CPACR: the floating-point unit is on */
  __asm__ volatile("dsb");
  __asm__ volatile("isb");
#endif
  for (at = 0; at < PAINTED - 256; at++) low[at] = 0xA5;
  SYSTICK[1] = 0xFFFFFF, SYSTICK[2] = 0, SYSTICK[0] = 5;
  begun = SYSTICK[2];
  m_{function}(&arena, {inputs}, (void*)result);
  ended = SYSTICK[2];
  for (at = 0; at < PAINTED - 256 && low[at] == 0xA5; at++) continue;
  print_bits((begun - ended) & 0xFFFFFF);
  print_bits(PAINTED - at);
  for (at = 0; at < sizeof result; at += 4) {{
    uint32_t bits;
    memcpy(&bits, result + at, sizeof bits);
    print_bits(bits);
  }}
  return 0;
}}
"""
FLOATS = {"cortex-m4": ("-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")}
"""What makes code for the floating-point unit of a processor that has one."""
INSTRUCTIONS = 40
"""In a tick of the boards' clock, 25 MHz, where an instruction takes a nanosecond."""


@dataclass(frozen=True)
class Found:
    """What a call gave and took; sizes in bytes, instructions within a clock's tick."""

    bits: list[int]
    code: int
    constants: int
    arena: int
    stack: int
    instructions: int


def run(board: Board, path: Path, target: Target | None, inputs: Sequence[np.ndarray[Any, Any]], folder: Path) -> Found:
    """Calls the only export of a module, whose one result is of 4-byte elements."""
    module = loader.read(path)
    declared = declarations(module)
    (program,) = static(lower(module), target, None, declared)
    files = emit_static([program], "m", module.name, declared, vectors=bool(target and target.vectors)).files
    for name, text in files.items():
        (folder / name).write_text(text)
    (folder / "main.c").write_text(_main(program.schedule, inputs))
    flags = ["-O2" if target else "-Os", *SMALL[1:], *FLOATS.get(board.cpu, ())]
    built = board.build(folder, *flags, runtime=())
    ticks, stack, *bits = (int(line, 16) for line in board.run(built, counting=True))
    size = subprocess.run(["arm-none-eabi-size", "-A", built], capture_output=True, text=True, check=True).stdout
    text = int(re.findall(r"^\.text\s+(\d+)", size, re.MULTILINE)[0])
    given = sum(view.range.storage.size for view in program.schedule.inputs)
    constants = sum(storage.size for storage in program.constants)
    return Found(bits, text - constants - given, constants, program.arena.bytes, stack, ticks * INSTRUCTIONS)


def _main(schedule: Schedule, inputs: Sequence[np.ndarray[Any, Any]]) -> str:
    arrays = []
    for number, value in enumerate(inputs):
        words = np.ascontiguousarray(value).view(np.uint32).ravel()
        arrays.append(f"static const uint32_t input{number}[] = {{{', '.join(f'{word:#x}u' for word in words)}}};")
    (output,) = schedule.outputs
    return _MAIN.format(
        arrays="\n".join(arrays),
        bytes=output.range.storage.size,
        function=mangle(schedule.name),
        inputs=", ".join(f"(const void*)input{number}" for number in range(len(inputs))),
    )
