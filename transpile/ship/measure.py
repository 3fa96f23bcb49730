"""What static programs take of a device: what a compiler makes of them, and what an emulated board executes."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from transpile.c.render import render
from transpile.emit.static import StaticFiles
from transpile.errors import BuildError, Diagnostic, Status
from transpile.native.toolchain import EXACT
from transpile.ship.boards import Board

WATCH = "static_step_done"
"""The C function that counts: what `emit_static` is to call behind each step."""
_SECONDS = 600
_DEVICE = ("device.c", "device.h", "device.ld")


@dataclass(frozen=True)
class Compiled:
    """What a C compiler makes of a program, in bytes."""

    code: int
    stack: int


@dataclass(frozen=True)
class Counted:
    """What a call of a function takes: bytes of stack, and instructions by step, within a tick of the board's clock."""

    stack: int
    instructions: tuple[int, ...]


def compiled(command: Sequence[str], files: Mapping[str, str]) -> Compiled:
    """Code without constants, and the worst stack: a function, a nest that it calls, a tile that this calls.

    Raises BuildError if the compiler is missing or fails.
    """
    flags = [] if any(flag.startswith("-O") for flag in command) else ["-Os"]
    with tempfile.TemporaryDirectory() as name:
        folder, source = _written(Path(name), files), next(file for file in files if file.endswith(".c"))
        _run([*command, *flags, *EXACT, "-fstack-usage", "-c", source, "-o", "model.o"], folder)
        listed = _run([_beside(command[0], "size"), "-A", "model.o"], folder)
        used = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.su"))
    sections = dict(re.findall(r"^(\S+)\s+(\d+)\s", listed, re.MULTILINE))
    code = sum(int(count) for section, count in sections.items() if section.startswith(".text"))
    frames: dict[str, int] = {}
    for function, count in re.findall(r":(\w+)\t(\d+)\t", used):
        kind = function.partition("_")[0] if function.startswith(("nest_", "tile_")) else "function"
        frames[kind] = max(frames.get(kind, 0), int(count))
    return Compiled(code, sum(frames.values()))


def can_count(board: Board) -> bool:
    """Whether the board's emulator is installed."""
    return shutil.which(board.emulator[0]) is not None


def counted(board: Board, level: str, prefix: str, written: StaticFiles, steps: Sequence[int]) -> list[Counted]:
    """What each function takes on an emulated board; `steps` is how many steps each has.

    `written` calls WATCH; `level` is the compiler's, such as -Os.  Raises BuildError if it cannot be built or run.
    """
    main = render(
        "device/steps.c.j2", board=board, prefix=prefix, interface=written.interface, steps=steps, watch=WATCH
    )
    device = {name: render(f"device/{name}.j2", board=board) for name in _DEVICE}
    with tempfile.TemporaryDirectory() as name:
        start = {"start.c": render(board.start, board=board)}
        folder = _written(Path(name), {**written.files, **device, **start, "main.c": main})
        sources = ("main.c", f"{prefix}.c", "device.c", "start.c")
        sections = ("-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections")
        linked = ("-nostartfiles", "-T", "device.ld", *sources, "-o", "program.elf", "-lm")
        _run([board.compiler, *board.flags, level, *EXACT, *sections, *linked], folder)
        printed = _run([*board.emulator, "-icount", "shift=0", "-kernel", "program.elf"], folder)
    lines = [list(map(int, line.split())) for line in printed.splitlines()]
    return [Counted(stack, tuple(instructions)) for stack, *instructions in lines]


def _written(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _beside(compiler: str, tool: str) -> str:
    """A tool of the same set: arm-none-eabi-size for arm-none-eabi-gcc."""
    prefix, dash, _ = compiler.rpartition("-")
    return f"{prefix}{dash}{tool}" if dash else tool


def _run(command: list[str], folder: Path) -> str:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, stdin=subprocess.DEVNULL, check=False
        )
    except OSError as problem:
        hint = "install it, or name another compiler with --cc"
        raise BuildError(Diagnostic(Status.NOT_FOUND, f"{command[0]}: {problem.strerror}", command[0], hint)) from None
    except subprocess.TimeoutExpired:
        message = f"no end within {_SECONDS} seconds"
        raise BuildError(Diagnostic(Status.DEADLINE_EXCEEDED, message, shlex.join(command))) from None
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or "failed").split("\n")
        raise BuildError(Diagnostic(Status.INTERNAL, lines[0], shlex.join(command)))
    return done.stdout
