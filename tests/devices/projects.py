"""Projects of `emit --static --main=DEVICE` as users build them: what they compute, and what they take of a board."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from transpile import loader
from transpile.emit import EmitOptions, Output, emit
from transpile.emit.files import Optimize
from transpile.emit.interface import Array, Entry
from transpile.ship.boards import Board
from transpile.ship.mains import MAINS
from transpile.ship.programs import main_files

SECONDS = 300
_MEASURED = re.compile(r": (\d+) instructions, (\d+) bytes of stack$", re.MULTILINE)


@dataclass(frozen=True)
class Found:
    """What a call gave and took; sizes in bytes, instructions within a tick of the board's clock."""

    results: list[bytes]
    printed: str
    flash: int
    constants: int
    ram: int
    arena: int
    stack: int
    instructions: int

    @property
    def code(self) -> int:
        """Of the flash, what is no constant: the start-up and the program around the model too."""
        return self.flash - self.constants


def write(module: Path, board: Board, optimize: Optimize, folder: Path) -> Output:
    """The project in the folder."""
    row = MAINS[board.name]
    target = board.processor if optimize == "speed" else None
    output = emit(loader.read(module), EmitOptions("m", static=True, optimize=optimize, target=target))
    for name, content in {**output.files, **main_files(output, row)}.items():
        (folder / name).write_text(str(content))
    return output


def run(module: Path, board: Board, optimize: Optimize, inputs: Sequence[np.ndarray[Any, Any]], folder: Path) -> Found:
    """Builds a module's project, without a warning, and calls its functions one after another where instructions count:
    their inputs and results in this order, the instructions of all, the largest stack."""
    output = write(module, board, optimize, folder)
    assert output.interface
    entries = output.interface.entries
    for name, value in zip(_files(entries, lambda entry: entry.inputs), inputs, strict=True):
        (folder / name).write_bytes(value.tobytes())
    make(folder)
    printed = make(folder, "measure")
    measured = [(int(instructions), int(stack)) for instructions, stack in _MEASURED.findall(printed)]
    assert len(measured) == len(entries), printed
    sections = sizes(board, folder / "m.elf")
    flash = sum(size for name, size in sections.items() if name in (".vectors", ".text", ".ARM.exidx", ".data"))
    results = [(folder / name).read_bytes() for name in _files(entries, lambda entry: entry.outputs)]
    ram = sections.get(".data", 0) + sections.get(".bss", 0)
    interface = output.interface
    stack, instructions = max(stack for _, stack in measured), sum(count for count, _ in measured)
    return Found(results, printed, flash, interface.constant_bytes, ram, interface.arena_bytes, stack, instructions)


def _files(entries: Sequence[Entry], arrays: Callable[[Entry], Sequence[Array]]) -> list[str]:
    """Names of the files of all functions' arrays."""
    several = len(entries) > 1
    return [f"{f'{entry.mangled}.' if several else ''}{array.name}.bin" for entry in entries for array in arrays(entry)]


def make(folder: Path, *targets: str) -> str:
    """What `make` prints. Accesses that are not aligned trap where the code is for a core without them: for others,
    compilers make such ones of several bytes, and so does `memcpy`."""
    trap = " -DTRAP_UNALIGNED" if "-mcpu=cortex-m0plus" in (folder / "Makefile").read_text() else ""
    command = ["make", "-C", str(folder), f"EXTRA=-Werror{trap}", *targets]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def sizes(board: Board, program: Path) -> dict[str, int]:
    """Bytes of the sections."""
    listed = subprocess.run([f"{board.tools}size", "-A", program], capture_output=True, text=True, check=True).stdout
    return {name: int(size) for name, size in re.findall(r"^(\.\S+)\s+(\d+)", listed, re.MULTILINE)}


def needed(board: Board) -> tuple[str, ...]:
    """Tools that a project needs."""
    return ("make", *board.needed)


def missing(board: Board) -> str:
    """Those that are not there."""
    return ", ".join(tool for tool in needed(board) if not shutil.which(tool))
