"""Programs around a module that `emit --main` knows: a row for each device, and the files that it gets.

A device is added by a row and its templates, which are told what `transpile/ship/programs.py` says.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Main:
    """A kind of program.

    `runtime` are its files around a module with the runtime, `static` those around a static program: names, in which
    {prefix} is the module's, and the templates that they are made from; one that is empty is not to be had.
    `steps` are the commands that build it, with {folder} and {prefix}.
    `processor` is the row of `transpile/nests/plan/target.py` that loops are planned for, unless another one is said.
    `compiler`, `flags` and `emulator` are what templates build and run with.
    """

    name: str
    about: str
    steps: tuple[tuple[str, ...], ...]
    runtime: Mapping[str, str] = field(default_factory=dict)
    static: Mapping[str, str] = field(default_factory=dict)
    processor: str | None = None
    compiler: str = "cc"
    flags: tuple[str, ...] = ()
    emulator: tuple[str, ...] = ()

    def commands(self, folder: str, prefix: str) -> list[str]:
        """What builds the program in a folder, as text for a shell."""
        return [shlex.join(word.format(folder=folder, prefix=prefix) for word in step) for step in self.steps]


_CMAKE = (("cmake", "-S", "{folder}", "-B", "{folder}/build"), ("cmake", "--build", "{folder}/build"))

DESKTOP = Main(
    "desktop",
    "a command that reads inputs from files",
    _CMAKE,
    runtime={"main.c": "main/main.c.j2", "CMakeLists.txt": "main/CMakeLists.txt.j2"},
)

MAINS = {row.name: row for row in (DESKTOP,)}
