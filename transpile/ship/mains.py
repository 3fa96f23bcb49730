"""Programs around a module that `emit --main` knows: a row for each device, and the files that it gets.

A device is added by a row and its templates, which are told what `transpile/ship/programs.py` says.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from transpile.ship.boards import BOARDS, Board
from transpile.ship.wasm import wasm_context

if TYPE_CHECKING:
    from transpile.emit.interface import Interface


@dataclass(frozen=True)
class Main:
    """A kind of program.

    `runtime` are its files around a module with the runtime, `static` those around a static program: names, in which
    {prefix} is the module's, and the templates that they are made from; one that is empty is not to be had.
    `csupport` are files of the runtime that a program around a static program needs.
    `sources` is where the model's own files are, with a slash.
    `steps` are the commands that build it, with {folder} and {prefix}.
    `processor` is the row of `transpile/nests/plan/target.py` that loops are planned for, unless another one is said.
    `compiler` and `flags` are what templates build with, `told` what else they are told of a static program, `board`
    what a device without an operating system has.
    """

    name: str
    about: str
    steps: tuple[tuple[str, ...], ...]
    runtime: Mapping[str, str] = field(default_factory=dict)
    static: Mapping[str, str] = field(default_factory=dict)
    csupport: tuple[str, ...] = ()
    sources: str = ""
    processor: str | None = None
    compiler: str = "cc"
    flags: tuple[str, ...] = ()
    board: Board | None = None
    told: Callable[[Interface], Mapping[str, Any]] = lambda interface: {}

    def commands(self, folder: str, prefix: str) -> list[str]:
        """What builds the program in a folder, as text for a shell."""
        return [shlex.join(word.format(folder=folder, prefix=prefix) for word in step) for step in self.steps]


_CMAKE = (("cmake", "-S", "{folder}", "-B", "{folder}/build"), ("cmake", "--build", "{folder}/build"))

_VALUES = {"values.h": "main/values.h.j2", "values.c": "main/values.c.j2"}
_ARRAYS = (
    *("alloc.c", "buffer.c", "error.c", "hal_buffer.c", "hal_format.c", "hal_npy.c", "hal_parse.c", "hal_view.c"),
    *("ref.c", "status.c", "text.c", "hal.h", "hal_float.h", "hal_npy.h", "internal.h", "ops.h", "vm.h", "vm_policy.h"),
)
"""What reads and prints arrays."""

DESKTOP = Main(
    "desktop",
    "a command that reads inputs from files",
    _CMAKE,
    runtime={"main.c": "main/main.c.j2", "CMakeLists.txt": "main/CMakeLists.txt.j2", **_VALUES},
    static={"main.c": "main/static.c.j2", "CMakeLists.txt": "main/static.cmake.j2", **_VALUES},
    csupport=_ARRAYS,
)

WASM = Main(
    "wasm",
    "a WebAssembly program that browsers run, and a module that calls it",
    (("make", "-C", "{folder}"),),
    static={
        "Makefile": "wasm/Makefile.j2",
        "package.json": "wasm/package.json.j2",
        "{prefix}.js": "wasm/model.js.j2",
        "{prefix}.d.ts": "wasm/model.d.ts.j2",
        "freestanding/math.h": "wasm/math.h",
        "freestanding/string.h": "wasm/string.h",
    },
    processor="wasm-simd128",
    compiler="clang",
    flags=("-O2",),
    told=wasm_context,
)

ZEPHYR = Main(
    "zephyr",
    "a module for Zephyr",
    (("west", "build", "-b", "BOARD", "APPLICATION", "--", "-DZEPHYR_EXTRA_MODULES={folder}"),),
    static={"zephyr/module.yml": "zephyr/module.yml.j2", "CMakeLists.txt": "zephyr/CMakeLists.txt.j2"},
)
ARDUINO = Main(
    "arduino",
    "a library for Arduino with an example",
    (("arduino-cli", "compile", "-b", "BOARD", "--library", "{folder}", "{folder}/examples/{prefix}"),),
    static={
        "library.properties": "arduino/library.properties.j2",
        "examples/{prefix}/{prefix}.ino": "arduino/example.ino.j2",
    },
    sources="src/",
)


def _on(board: Board) -> Main:
    """The program of a board."""
    files = ("main.c", "device.c", "device.h", "device.ld", "Makefile", "CMakeLists.txt")
    return Main(
        board.name,
        board.about,
        (("make", "-C", "{folder}"), ("make", "-C", "{folder}", "run")),
        static={**{name: f"device/{name}.j2" for name in files}, "start.c": board.start},
        processor=board.processor,
        board=board,
    )


MAINS = {row.name: row for row in (DESKTOP, WASM, *map(_on, BOARDS), ZEPHYR, ARDUINO)}
