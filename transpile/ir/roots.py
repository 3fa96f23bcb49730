"""Things that go on to others."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass
class Roots(Generic[K]):
    """`next` says where each thing goes on to; `of` where it ends.  Ways are made short as they are walked."""

    next: dict[K, K]

    def of(self, thing: K) -> K:
        way = []
        while thing in self.next:
            way.append(thing)
            thing = self.next[thing]
        for passed in way[:-1]:
            self.next[passed] = thing
        return thing
