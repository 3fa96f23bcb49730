"""Files of programs around a module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transpile.c.render import render
from transpile.emit import Output
from transpile.errors import Diagnostic, Status, UsageError
from transpile.resources import CSUPPORT
from transpile.ship.mains import DESKTOP, MAINS, Main


def main_files(output: Output, main: Main = DESKTOP, target_cpu: str = "", release: str = "0.0.0") -> dict[str, str]:
    """The files of a program around a module, by name.

    `target_cpu` is the default CPU of its CMake file, `release` the version of what that installs.  Raises UsageError
    if there is no such program around a module of this kind.
    """
    if output.interface:
        told = main.told(output.interface)
        files = _written(main, main.static, "with", output, release=release, **told)
        return files | {f"csupport/{name}": (CSUPPORT / name).read_text(encoding="utf-8") for name in main.csupport}
    blobs = [name for name in output.files if name.endswith(".rodata") and name != output.constants]
    included = [(name.removesuffix(".rodata") + ".c", name) for name in blobs]
    return _written(main, main.runtime, "without", output, included=included, target_cpu=target_cpu, release=release)


def _written(main: Main, templates: Mapping[str, str], how: str, output: Output, **context: Any) -> dict[str, str]:
    if not templates:
        others = ", ".join(row.name for row in MAINS.values() if (row.static if output.interface else row.runtime))
        message = f"--main={main.name} is not to be had {how} --static"
        raise UsageError(Diagnostic(Status.INVALID_ARGUMENT, message, hint=f"{how} it there are: {others}"))
    context |= {"main": main, "board": main.board, "prefix": output.prefix, "interface": output.interface}
    context |= {"is_small": output.optimize != "speed"}
    context |= {"sources": output.sources, "constants": output.constants}
    return {name.format(prefix=output.prefix): render(template, **context) for name, template in templates.items()}
