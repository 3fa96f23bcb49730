"""A program around a module: `main.c` and what builds it."""

from __future__ import annotations

from transpile.c.render import render
from transpile.emit.files import Output


def main_files(output: Output, target_cpu: str = "", release: str = "0.0.0") -> dict[str, str]:
    """`main.c`, which calls one of the module's functions on arrays in files, and a `CMakeLists.txt`, whose default CPU
    is the given one; what it installs is of version `release`."""
    blobs = [name for name in output.files if name.endswith(".rodata") and name != output.constants]
    included = [(name.removesuffix(".rodata") + ".c", name) for name in blobs]
    return {
        "main.c": render("main/main.c.j2", prefix=output.prefix, constants=output.constants),
        "CMakeLists.txt": render(
            "main/CMakeLists.txt.j2",
            prefix=output.prefix,
            sources=output.sources,
            included=included,
            target_cpu=target_cpu,
            constants=output.constants,
            release=release,
        ),
    }
