"""Nested modules: the kernels of a program, translated together with it and called through a table."""

from __future__ import annotations

from typing import Any

from transpile.container import Module, load
from transpile.emit.calls import Calls
from transpile.errors import Diagnostic, Status, UnsupportedError
from transpile.imports import EXECUTABLES, Use
from transpile.ir.derived import RODATA_SPAN
from transpile.ir.nodes import Function, Op, Value
from transpile.isa.kinds import IMPORT_BIT
from transpile.isa.operations import Operation
from transpile.passes import CLEANUP, kernel
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


def lower(functions: list[Function], calls: Calls) -> None:
    """Rewrites what qualifies as plain functions over spans and notes which these are."""
    for fn in functions:
        for step in CLEANUP:
            step(fn)
    called = {op.attrs["callee"] for fn in functions for op in fn.ops() if "callee" in op.attrs}
    types = calls.module.types
    for fn in functions:
        words = max(declared_counts(calls.module, fn.index)[1], 0)
        gets = None if fn.index in called else kernel.run(fn, lambda number: types[number] == "!vm.buffer", words)
        if gets is not None:
            calls.kernels[fn.index] = gets


def table(functions: list[Function], calls: Calls) -> list[dict[str, Any]]:
    """Template context: one entry for each export."""
    return [_entry(functions[export.ordinal], calls) for export in calls.module.exports]


def _entry(fn: Function, calls: Calls) -> dict[str, Any]:
    bindings, constants = declared_counts(calls.module, fn.index)
    return {
        "function": calls.function(fn.index) if fn.index in calls.kernels else "NULL",
        "bindings": bindings,
        "constants": constants,
        "gets": calls.kernels.get(fn.index, []),
        "symbol": calls.names.own(f"gets{fn.index}"),
        "ordinal": fn.index,
    }


def declared_counts(module: Module, ordinal: int) -> tuple[int, int]:
    """How many bindings and constants a kernel has, -1 where the compiler did not note it."""
    signature = module.signatures[ordinal]
    attributes = signature.attrs if signature else {}
    counts = [attributes.get(name, "") for name in ("binding_count", "constant_count")]
    # A count of 0 is not written down; before August 2024 none was.
    absent = 0 if any(counts) else -1
    bindings, constants = (int(text) if text.isdecimal() else absent for text in counts)
    return bindings, constants


def unread(functions: list[Function], calls: Calls, segments: set[int]) -> frozenset[int]:
    """The segments that are only ever the data of an executable: whoever makes it knows them by their identity, and
    nobody looks at their bytes."""
    values: dict[Value, int] = {}
    read: set[int] = set()
    for fn in functions:
        for op in fn.ops():
            if op.row.does is Operation.RODATA and op.attrs["rodata"] in segments:
                values[op.result] = op.attrs["rodata"]
            elif op.row is RODATA_SPAN:
                read.add(op.attrs["rodata"])
    for fn in functions:
        for op in fn.ops():
            code = _code_of(op, calls)
            read.update(values[v] for n, v in enumerate(op.operands) if v in values and n != code)
        passed = [v for block in fn.blocks for v in block.end.operands]
        passed += [v for edge in fn.edges() for v in edge.args]
        read.update(values[v] for v in passed if v in values)
    return frozenset(segments - read)


def _code_of(op: Op, calls: Calls) -> int | None:
    """Which operand is the code of an executable that a call makes; None for any other op."""
    callee = op.attrs.get("callee", 0)
    native = calls.native(callee & ~IMPORT_BIT) if callee & IMPORT_BIT else None
    return native.uses.index(Use.CODE) if native is not None and Use.CODE in native.uses else None
