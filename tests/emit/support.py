"""What the tests of emitted C share: writing it to a folder, compiling it, hostile modules."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.container.writer import Table, attr, i32, signature, u32
from tests.support.modules import build_module, function, imported, ref
from transpile import container
from transpile.container import Module
from transpile.emit import EmitOptions, Output, emit
from transpile.native.build import write_files
from transpile.resources import CSUPPORT
from transpile.verify import check

WARNINGS = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-ffp-contract=off"]
COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]

HOSTILE = (
    '"quoted"',
    "*/ int main(void) { return 1; } /*",
    "//\n#error no",
    "back\\slash\\",
    "??/\n??)",
    "%s%n",
    "naïve λ 語",
    "for",
    "x",
    "_x41_",
    "a_x41_",
    "aA",
    "a__x",
    "_",
    "",
    "a.b$c",
    "a_b_c",
    "module",
    "create",
    "destroy",
    "__init__",
    "long" * 90,
    "long" * 90 + "er",
    "\x01\x7f",
)


def loaded(image: bytes) -> Module:
    module = container.load(image)
    check(module)
    return module


def hostile() -> Module:
    """A module in which everything that has a name has one that C does not like."""
    names = [name for name in HOSTILE if name]
    declared = 'sync func @f(%int: i32, %vm: i32, %*/x: i32, %status: i32, %"a": i32, %for: i32) -> (%x: i32)'
    functions = []
    for name in names:
        code: list[str | tuple[Any, ...]] = ["entry", ("fail", 0, name.encode()), "next", ("trace", name.encode(), ())]
        code += [("call", imported(0), (0,), (1,)), ("add.i32", 0, 1, 2), ("add.i32", 2, 5, 2), ("return", (2,))]
        functions.append(function(*code, convention="0iiiiii_i"))
    types = ["!vm.buffer", "!host.*/type", '!host."']
    functions.append(function("entry", ("cast.any.ref", ref(0), 1, ref(1)), ("return", ()), convention="0r_v"))
    image = build_module(
        functions,
        name='m"*/??/\n',
        types=["!vm.buffer"],
        rodata=[b'??/"*/'],
        slots={
            4: [Table({0: name}) for name in types],
            6: [Table({0: 'host.*/"\n', 1: signature("0i_i"), 2: u32(2)})],
            7: [Table({0: name, 1: i32(k)}) for k, name in enumerate(names)],
            8: [
                *(signature("0iiiiii_i", attr("iree.abi.declaration", declared), attr('"*/', "??/")) for _ in names),
                signature("0r_v"),
            ],
        },
    )
    return loaded(image)


def written(module: Module, folder: Path, options: EmitOptions | None = None) -> Output:
    """Emitted C in a folder."""
    output = emit(module, options)
    write_files(output.files, folder)
    return output


def compile_c(command: list[str], folder: Path, *arguments: object) -> None:
    """Runs a compiler in a folder; what it says is the assertion's message."""
    line = [*command, f"-I{folder}", f"-I{CSUPPORT}", *map(str, arguments)]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(line)}\n{done.stderr[:4000]}"
