"""What is known of one thing from what is known of others, however long the way down to the first ones is."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


def evaluate(thing: K, inputs: Callable[[K], Iterable[K]], compute: Callable[[K], T], known: dict[K, T]) -> T:
    """`compute` of a thing; it is called once for each thing, behind those of its `inputs`, and finds them in `known`.
    Nothing depends on itself."""
    stack = [(thing, iter(inputs(thing)))]
    while thing not in known:
        top, rest = stack[-1]
        below = next((item for item in rest if item not in known), None)
        if below is not None:
            stack.append((below, iter(inputs(below))))
        else:
            known[top] = compute(top)
            stack.pop()
    return known[thing]
