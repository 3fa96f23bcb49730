"""The call graph: which functions call themselves, directly or not (only those need a guard on the stack)."""

from __future__ import annotations

from collections.abc import Mapping

from transpile.ir.nodes import Function
from transpile.isa.kinds import IMPORT_BIT


def recursive(functions: list[Function]) -> frozenset[int]:
    """Indices of the functions on a cycle of the call graph."""
    calls = {
        fn.index: {
            op.attrs["callee"] for op in fn.ops() if "callee" in op.attrs and not op.attrs["callee"] & IMPORT_BIT
        }
        for fn in functions
    }
    return cyclic(calls)


def cyclic(calls: Mapping[int, set[int]]) -> frozenset[int]:
    """Indices on a cycle of a call graph: caller to callees."""
    return frozenset(index for index in calls if index in _reached(calls, index))


def _reached(calls: Mapping[int, set[int]], start: int) -> set[int]:
    found: set[int] = set()
    work = list(calls[start])
    while work:
        index = work.pop()
        if index not in found:
            found.add(index)
            work.extend(calls.get(index, ()))
    return found
