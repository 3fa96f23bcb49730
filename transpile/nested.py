"""Modules in a module's constants: the kernels of a program, verified, and lowered to functions over spans."""

from __future__ import annotations

from transpile.container import Module, load
from transpile.errors import Diagnostic, Status, UnsupportedError
from transpile.imports import EXECUTABLES
from transpile.ir.nodes import Function
from transpile.passes import CLEANUP, kernel
from transpile.passes.kernel import Get
from transpile.verify import check


def nested_modules(module: Module) -> dict[int, Module]:
    """The modules among the constants, verified, by segment; only programs that make executables have any."""
    if not any(item.full_name in EXECUTABLES for item in module.imports):
        return {}
    found = {}
    for number, segment in enumerate(module.rodata):
        if segment.is_module:
            found[number] = load(segment.data, name=f"{module.source}, executable in segment {number}")
            check(found[number])
            _check_exports(found[number])
    return found


def _check_exports(module: Module) -> None:
    """The loader of IREE takes nothing else either."""
    problems = [
        Diagnostic(Status.INVALID_ARGUMENT, f"export {export.name!r} has no convention of a kernel", module.source)
        for export in module.exports
        if _convention(module, export.ordinal) != kernel.CONVENTION and not export.name.startswith("__")
    ]
    if problems:
        raise UnsupportedError(*problems)


def _convention(module: Module, ordinal: int) -> str:
    signature = module.signatures[ordinal]
    return signature.calling_convention if signature else ""


def lower(module: Module, functions: list[Function]) -> dict[int, list[Get]]:
    """Rewrites what qualifies as plain functions over spans; the bindings that each takes, by the function's index."""
    for fn in functions:
        for step in CLEANUP:
            step(fn)
    called = {op.attrs["callee"] for fn in functions for op in fn.ops() if "callee" in op.attrs}
    found: dict[int, list[Get]] = {}
    for fn in functions:
        if fn.index in called:
            continue
        words = max(declared_counts(module, fn.index)[1], 0)
        gets = kernel.run(fn, lambda number: module.types[number] == "!vm.buffer", words)
        if gets is not None:
            found[fn.index] = gets
    return found


def declared_counts(module: Module, ordinal: int) -> tuple[int, int]:
    """How many bindings and constants a kernel has, -1 where the compiler did not note it."""
    signature = module.signatures[ordinal]
    attributes = signature.attrs if signature else {}
    counts = [attributes.get(name, "") for name in ("binding_count", "constant_count")]
    # A count of 0 is not written down; before August 2024 none was.
    absent = 0 if any(counts) else -1
    bindings, constants = (int(text) if text.isdecimal() else absent for text in counts)
    return bindings, constants
