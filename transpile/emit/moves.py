"""Parallel assignments in an order that C can execute.

The parameters of a block all change at once; an assignment may come only when no later one still reads its target.
A cycle is opened by saving one target in a temporary.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from heapq import heappop, heappush

from transpile.emit.values import Values
from transpile.ir.nodes import Value


@dataclass
class Moves:
    """`steps` in order; before those in `saved`, the old value of the step's target must be kept."""

    steps: list[tuple[Value, Value]] = field(default_factory=list)
    saved: set[int] = field(default_factory=set)


def sequence(pairs: list[tuple[Value, Value]], values: Values) -> Moves:
    """Orders the pairs (target, value): always the first one whose target no other still reads."""
    moves = Moves()
    place = {target: n for n, (target, _) in enumerate(pairs)}
    reads = [_targets(target, value, place, values) for target, value in pairs]
    readers = Counter(leaf for leaves in reads for leaf in leaves)
    ready = [n for n, (target, _) in enumerate(pairs) if not readers[target]]
    pending = dict.fromkeys(range(len(pairs)))
    while pending:
        number = heappop(ready) if ready else next(iter(pending))
        if number not in pending:
            continue
        target = pairs[number][0]
        if readers[target]:  # a cycle
            readers[target] = 0
            moves.saved.add(len(moves.steps))
        del pending[number]
        moves.steps.append(pairs[number])
        for leaf in reads[number]:
            readers[leaf] -= 1
            if readers[leaf] == 0 and place[leaf] in pending:
                heappush(ready, place[leaf])
    return moves


def _targets(target: Value, value: Value, place: dict[Value, int], values: Values) -> set[Value]:
    """Other targets that the value of one is computed with."""
    return {leaf for leaf in values.leaves(value) if leaf is not target and leaf in place}
