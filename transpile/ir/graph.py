"""Control-flow graph facts: order, predecessors, dominators, loops.  Works on anything with `successors()`."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar


class Node(Protocol, Hashable):
    """A graph node."""

    def successors(self) -> Sequence[Node]: ...


N = TypeVar("N", bound=Hashable)


def postorder(entry: N) -> list[N]:
    """Nodes reachable from `entry`, each after its successors (depth first, without recursion)."""
    order: list[N] = []
    seen = {entry}
    stack = [(entry, iter(entry.successors()))]  # type: ignore[attr-defined]
    while stack:
        node, successors = stack[-1]
        step = next((s for s in successors if s not in seen), None)
        if step is None:
            order.append(node)
            stack.pop()
        else:
            seen.add(step)
            stack.append((step, iter(step.successors())))
    return order


@dataclass
class Loop(Generic[N]):
    """A natural loop: header, its blocks, the sources of its back edges, and the loop around it."""

    header: N
    blocks: set[N]
    latches: list[N]
    parent: Loop[N] | None = None
    depth: int = 1


@dataclass
class Graph(Generic[N]):
    """Reverse postorder, predecessors, immediate dominators and loops of the nodes reachable from the entry."""

    order: list[N]
    predecessors: dict[N, list[N]]
    idom: dict[N, N]
    children: dict[N, list[N]]
    position: dict[N, int]
    _spans: dict[N, tuple[int, int]] = field(default_factory=dict)

    def dominates(self, a: N, b: N) -> bool:
        """Whether every way from the entry to `b` passes `a`."""
        if not self._spans:
            self._number_tree()
        first, last = self._spans[a]
        return first <= self._spans[b][0] <= last

    def _number_tree(self) -> None:
        clock = 0
        stack: list[tuple[N, bool]] = [(self.order[0], False)]
        while stack:
            node, done = stack.pop()
            if done:
                self._spans[node] = (self._spans[node][0], clock - 1)
                continue
            self._spans[node] = (clock, clock)
            clock += 1
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(self.children[node]))

    def frontiers(self) -> dict[N, set[N]]:
        """Dominance frontiers (Cooper, Harvey and Kennedy)."""
        result: dict[N, set[N]] = {node: set() for node in self.order}
        for node in self.order:
            if len(self.predecessors[node]) < 2:
                continue
            for runner in self.predecessors[node]:
                while runner != self.idom[node]:
                    result[runner].add(node)
                    runner = self.idom[runner]
        return result

    def loops(self) -> dict[N, Loop[N]]:
        """Natural loops by header, outer before inner; the back edges of one header share a loop."""
        loops: dict[N, Loop[N]] = {}
        for node in self.order:
            latches = [p for p in self.predecessors[node] if self.dominates(node, p)]
            if latches:
                loops[node] = Loop(node, self._body(node, latches), latches)
        for loop in loops.values():
            self._nest(loop, loops)
        return loops

    def _body(self, header: N, latches: list[N]) -> set[N]:
        body = {header}
        work = list(latches)
        while work:
            node = work.pop()
            if node not in body:
                body.add(node)
                work.extend(self.predecessors[node])
        return body

    def _nest(self, loop: Loop[N], loops: dict[N, Loop[N]]) -> None:
        node = loop.header
        while node != self.order[0]:
            node = self.idom[node]
            outer = loops.get(node)
            if outer is not None and loop.header in outer.blocks:
                loop.parent, loop.depth = outer, outer.depth + 1
                return


def analyse(entry: N) -> Graph[N]:
    """The facts of the graph below `entry`.  An entry with predecessors is allowed (it dominates them)."""
    order = postorder(entry)[::-1]
    position = {node: i for i, node in enumerate(order)}
    predecessors: dict[N, list[N]] = {node: [] for node in order}
    for node in order:
        for successor in node.successors():  # type: ignore[attr-defined]
            predecessors[successor].append(node)
    idom = _dominators(order, predecessors, position)
    children: dict[N, list[N]] = {node: [] for node in order}
    for node in order[1:]:
        children[idom[node]].append(node)
    return Graph(order, predecessors, idom, children, position)


def _dominators(order: list[N], predecessors: dict[N, list[N]], position: dict[N, int]) -> dict[N, N]:
    """Immediate dominators by the iterative algorithm of Cooper, Harvey and Kennedy."""
    idom: dict[N, N] = {order[0]: order[0]}
    changed = True
    while changed:
        changed = False
        for node in order[1:]:
            done = [p for p in predecessors[node] if p in idom]
            best = done[0]
            for other in done[1:]:
                while best != other:
                    while position[best] > position[other]:
                        best = idom[best]
                    while position[other] > position[best]:
                        other = idom[other]
            if idom.get(node) != best:
                idom[node] = best
                changed = True
    return idom
