"""Nested modules: the kernels of a program, translated together with it and called through a table."""

from __future__ import annotations

from typing import Any

from transpile.emit.calls import Calls
from transpile.imports import Use
from transpile.ir.derived import RODATA_SPAN
from transpile.ir.nodes import Function, Op, Value
from transpile.isa.kinds import IMPORT_BIT
from transpile.isa.operations import Operation
from transpile.nested import declared_counts


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
