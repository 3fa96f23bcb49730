"""Parallel assignments in an order that C can execute.

The parameters of a block all change at once; an assignment may come only when no later one still reads its target.
A cycle is opened by saving one target in a temporary.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from transpile.emit.values import Values
from transpile.ir.nodes import Value


@dataclass
class Moves:
    """`steps` in order; a step's target may be in `saved`: its old value must be kept under that name first."""

    steps: list[tuple[Value, Value]] = field(default_factory=list)
    saved: list[tuple[int, Value]] = field(default_factory=list)  # before step n, keep this target's old value


def sequence(pairs: list[tuple[Value, Value]], values: Values) -> Moves:
    """Orders the pairs (target, value)."""
    moves = Moves()
    reads = {target: {leaf for leaf in values.leaves(value) if leaf is not target} for target, value in pairs}
    pending = dict(pairs)
    kept: set[Value] = set()
    while pending:
        target = next((t for t in pending if not _is_read(t, pending, reads, kept)), None)
        if target is None:
            target = next(iter(pending))
            kept.add(target)
            moves.saved.append((len(moves.steps), target))
        moves.steps.append((target, pending.pop(target)))
    return moves


def _is_read(
    target: Value, pending: dict[Value, Value], reads: dict[Value, set[Value]], kept: set[Value]
) -> bool:
    return target not in kept and any(target in reads[other] for other in pending if other is not target)
