"""The bytecode interpreter: runs a verified module as it is, without generating or compiling C for it.

    program = open_interpreter(load_module("model.vmfb"))
    program.mm(a, b)

The interpreter itself is C, compiled once and then taken from the cache; its cases follow from the instruction table
and call the functions of `csupport/ops.h`, as emitted C does.  A module is decoded once: `lower` turns bytecode into
blocks of forms, `encode` lays these out as records, `library` describes the result to C.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from transpile.container import Module
from transpile.interp.library import InterpretedLibrary, compile_interpreter, open_module
from transpile.loader import check_bound
from transpile.native.build import Options
from transpile.native.toolchain import Optimize
from transpile.program import Program
from transpile.signatures import declarations

if TYPE_CHECKING:
    from transpile.program.parameters import Archives

__all__ = ["InterpretedLibrary", "compile_interpreter", "load", "open_interpreter", "open_module"]


def open_interpreter(
    module: Module,
    *,
    optimize: Optimize = "speed",
    target_cpu: str = "native",
    imports: Mapping[str, Callable[..., Any]] | None = None,
    parameters: Archives | None = None,
    threads: int | None = None,
    devices: int = 1,
    options: Options | None = None,
    made_by: Callable[[], Program] | None = None,
) -> Program:
    """A fresh instance of a verified module, run by the interpreter.

    `optimize` and `target_cpu` say how the interpreter is compiled; `options` replaces both.  The rest is as in
    `transpile.load`.
    """
    check_bound(module, imports or ())
    library = open_module(module, options or Options(optimize=optimize, target_cpu=target_cpu))
    settings: dict[str, Any] = {"parameters": parameters or {}, "threads": threads}
    settings |= {"devices": devices, "made_by": made_by}
    return Program(library, declarations(module), imports or {}, **settings)


def load(module: Module, options: Options | None = None) -> tuple[InterpretedLibrary, Program]:
    """The decoded module and an instance of it, for callers that supply no imports."""
    library = open_module(module, options)
    return library, Program(library, declarations(module))
