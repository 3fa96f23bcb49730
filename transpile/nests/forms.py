"""What a nest's body is made of, as far as C can be written for it: expressions, vectors, counters as values."""

from __future__ import annotations

from transpile.ir.nodes import Op
from transpile.isa.table import Trait
from transpile.nests.nest import WIDENED, Nest, element_kind, is_load

VECTOR_TYPES = ("f32", "f64", "i32", "i64")


def has_expressions(nest: Nest) -> bool:
    """Whether every operation of the body is pure arithmetic that C has an expression for."""
    return all(
        is_load(op) or (Trait.PURE in op.row.traits and not any(f.kind.group == "list" for f in op.row.operands))
        for op in nest.body
    )


def uses_counters(nest: Nest) -> bool:
    """Whether the body computes with a counter, besides finding elements by it."""
    counters = {c.value for c in nest.loops}
    used = {v for op in nest.body if not is_load(op) for v in op.operands}
    return bool(counters & {*used, *(store.op.operands[2] for store in nest.stores)})


def is_vectorisable(nest: Nest) -> bool:
    """Whether the body is arithmetic of the stored type that C's vector operators express."""
    return without_vector_form(nest) is None


def without_vector_form(nest: Nest) -> str | None:
    """The first instruction on the way to the stored value that has no vector form."""
    kind = element_kind(nest.store.op)
    if kind not in VECTOR_TYPES or nest.store.op.operands[2].op not in nest.body:
        return nest.store.op.mnemonic
    for op in nest.body:
        if not (_is_loaded_as(op, kind) if is_load(op) else bool(op.row.vector) and op.result.type == kind):
            return op.mnemonic
    return None


def _is_loaded_as(op: Op, kind: str) -> bool:
    return element_kind(op) == kind or (kind == "i32" and element_kind(op) in WIDENED)
