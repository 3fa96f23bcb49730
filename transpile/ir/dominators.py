"""Immediate dominators by the algorithm of Lengauer and Tarjan, over the numbers of a depth-first search.

(The iterative one of Cooper, Harvey and Kennedy walks the whole chain for each way into a common end.)
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

N = TypeVar("N", bound=Hashable)


def dominators(entry: N, predecessors: dict[N, list[N]]) -> dict[N, N]:
    """The immediate dominator of each node that is reachable from `entry`, whose own is itself."""
    return _Dominators(entry, predecessors).run()


class _Dominators(Generic[N]):
    def __init__(self, entry: N, predecessors: dict[N, list[N]]) -> None:
        self.predecessors = predecessors
        self.nodes: list[N] = []
        self.parent: list[int] = []
        self.number: dict[N, int] = {}
        self._search(entry)
        count = len(self.nodes)
        self.semi = list(range(count))
        self.best = list(range(count))  # of the way up to the root of the forest: the node with the least `semi`
        self.above: list[int | None] = [None] * count

    def _search(self, entry: N) -> None:
        stack = [(entry, 0)]
        while stack:
            node, parent = stack.pop()
            if node not in self.number:
                self.number[node] = len(self.nodes)
                self.nodes.append(node)
                self.parent.append(parent)
                successors = node.successors()  # type: ignore[attr-defined]
                stack.extend((s, self.number[node]) for s in reversed(successors))

    def run(self) -> dict[N, N]:
        count = len(self.nodes)
        idom = [0] * count
        waiting: list[list[int]] = [[] for _ in range(count)]
        for node in range(count - 1, 0, -1):
            ways = (self.number[p] for p in self.predecessors[self.nodes[node]])
            self.semi[node] = min(self.semi[self._least(way)] for way in ways)
            waiting[self.semi[node]].append(node)
            self.above[node] = parent = self.parent[node]
            for other in waiting[parent]:
                least = self._least(other)
                idom[other] = least if self.semi[least] < parent else parent
            waiting[parent].clear()
        for node in range(1, count):
            if idom[node] != self.semi[node]:
                idom[node] = idom[idom[node]]
        return {node: self.nodes[i] for node, i in zip(self.nodes, idom, strict=True)}

    def _least(self, node: int) -> int:
        """The node with the least `semi` on the way up from here; the way gets short."""
        way: list[int] = []
        at = node
        while (above := self.above[at]) is not None:
            way.append(at)
            at = above
        for below in reversed(way[:-1]):
            above = self.above[below]
            assert above is not None
            if self.semi[self.best[above]] < self.semi[self.best[below]]:
                self.best[below] = self.best[above]
            self.above[below] = self.above[above]
        return self.best[node]
