"""A place in one arena for every buffer that only lives during a call.

Two buffers whose lives overlap have no byte in common.  Finding the least arena is NP-hard (it is dynamic storage
allocation); several orders of placement are tried, and the best of them is taken, which mostly is the lower bound: the
most bytes that are alive at once.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from transpile.host.schedule import Step, touched
from transpile.host.values import Storage

ALIGNMENT = 16
"""Of every buffer: what vectors of plain loads want."""
_TRIES = 200
"""Orders that are tried besides those that are good in general."""


@dataclass(frozen=True)
class Life:
    """A buffer from the first step that touches it to the last one."""

    storage: Storage
    first: int
    last: int

    @property
    def size(self) -> int:
        return -(-self.storage.size // ALIGNMENT) * ALIGNMENT

    def meets(self, other: Life) -> bool:
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Arena:
    """Where each buffer is; `bound` is what no plan can do with less than, `peak` the step where that much is alive."""

    offsets: dict[Storage, int]
    bytes: int
    bound: int
    peak: int
    lives: tuple[Life, ...]

    def alive(self, step: int) -> list[Life]:
        """The buffers that are needed at a step, the largest first."""
        return sorted((life for life in self.lives if life.first <= step <= life.last), key=lambda life: -life.size)


def arena(steps: Sequence[Step]) -> Arena:
    """The plan for the transient buffers of a schedule."""
    lives = tuple(lives_of(steps))
    sums = [sum(life.size for life in lives if life.first <= at <= life.last) for at in range(len(steps))]
    bound = max(sums, default=0)
    best = min(_placements(lives, bound), key=lambda offsets: _end(lives, offsets))
    return Arena(best, _end(lives, best), bound, sums.index(bound) if sums else 0, lives)


def lives_of(steps: Sequence[Step]) -> list[Life]:
    """When each transient buffer is alive; in a loop of the schedule, as long as that runs."""
    found: dict[Storage, tuple[int, int]] = {}
    for number, step in enumerate(steps):
        for storage in touched(step):
            if storage.kind == "transient" and storage.size:
                found[storage] = found.get(storage, (number, number))[0], number
    return [Life(storage, first, last) for storage, (first, last) in found.items()]


def _end(lives: Sequence[Life], offsets: dict[Storage, int]) -> int:
    return max((offsets[life.storage] + life.size for life in lives), default=0)


def _placements(lives: Sequence[Life], bound: int) -> list[dict[Storage, int]]:
    """Plans by several orders, until one is as small as can be."""
    orders = [
        sorted(lives, key=lambda life: (-life.size, life.first)),
        sorted(lives, key=lambda life: (life.first, -life.size)),
        sorted(lives, key=lambda life: (life.first - life.last, -life.size)),
        sorted(lives, key=lambda life: (-life.size * (life.last - life.first + 1), life.first)),
    ]
    made = []
    for order in orders:
        made.append(_placed(order))
        if _end(lives, made[-1]) == bound:
            return made
    shuffled, choice = list(orders[0]), random.Random(0)
    best, least = shuffled, _end(lives, made[0])
    for _ in range(_TRIES if len(lives) > 2 else 0):
        shuffled = list(best)
        a, b = choice.randrange(len(lives)), choice.randrange(len(lives))
        shuffled[a], shuffled[b] = shuffled[b], shuffled[a]
        made.append(_placed(shuffled))
        if (end := _end(lives, made[-1])) <= least:
            best, least = shuffled, end
        if end == bound:
            break
    return made


def _placed(order: Sequence[Life]) -> dict[Storage, int]:
    """Each in turn in the lowest gap that is large enough."""
    offsets: dict[Storage, int] = {}
    done: list[Life] = []
    for life in order:
        near = sorted((offsets[o.storage], offsets[o.storage] + o.size) for o in done if o.meets(life))
        at = 0
        for low, high in near:
            if at + life.size <= low:
                break
            at = max(at, high)
        offsets[life.storage] = at
        done.append(life)
    return offsets
