"""Control-flow graph facts: order, predecessors, dominators, loops.  Works on anything with `successors()`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from transpile.ir.dominators import dominators
from transpile.ir.roots import Roots


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


@dataclass(eq=False)
class Loop(Generic[N]):
    """A natural loop: header, sources of its back edges, the loop around it and those inside.

    `own` are the blocks of no loop further in, so that all loops together have each block once: loops that stand inside
    each other share most of their blocks, and sets of these would grow with the square of the nesting.
    """

    header: N
    latches: list[N]
    innermost: dict[N, Loop[N]]  # of every block of the function that is in a loop
    parent: Loop[N] | None = None
    depth: int = 1
    own: list[N] = field(default_factory=list)
    inner: list[Loop[N]] = field(default_factory=list)
    span: tuple[int, int] = (0, 0)  # numbers of the first and last loop in here, itself the first

    def __contains__(self, node: N) -> bool:
        found = self.innermost.get(node)
        return found is not None and self.span[0] <= found.span[0] <= self.span[1]

    def blocks(self) -> Iterator[N]:
        """The blocks of this loop and of those inside."""
        work = [self]
        while work:
            loop = work.pop()
            yield from loop.own
            work.extend(loop.inner)

    def left_by(self, source: N, target: N) -> Iterator[Loop[N]]:
        """This loop and those around it which an edge between these nodes leaves; the source is in this one."""
        loop: Loop[N] | None = self
        while loop is not None and target not in loop:
            yield loop
            loop = loop.parent


@dataclass
class Graph(Generic[N]):
    """Reverse postorder, predecessors, immediate dominators and loops of the nodes reachable from the entry."""

    order: list[N]
    predecessors: dict[N, list[N]]
    idom: dict[N, N]
    children: dict[N, list[N]]
    position: dict[N, int]

    def dominates(self, a: N, b: N) -> bool:
        """Whether every way from the entry to `b` passes `a`."""
        first, last = self._spans[a]
        return first <= self._spans[b][0] <= last

    @cached_property
    def _spans(self) -> dict[N, tuple[int, int]]:
        return _numbered([self.order[0]], self.children.__getitem__)

    def tree(self) -> list[N]:
        """The dominator tree, each node before those that it dominates."""
        return list(self._spans)

    def backwards(self) -> list[N]:
        """An order in which to go around for what flows against the edges: few rounds are enough.

        Facts come out of inner loops where each node comes behind its successors.  They go into inner loops where the
        nodes of outer loops come first, twice because of the way around.
        """
        order = self.order[::-1]
        of_loop: dict[int, list[N]] = {}
        for node in order:
            loop = self.innermost.get(node)
            of_loop.setdefault(loop.span[0] if loop is not None else -1, []).append(node)
        return [*order, *(node for number in sorted(of_loop) for node in of_loop[number] * 2)]

    def frontiers(self) -> dict[N, dict[N, None]]:
        """Dominance frontiers (Cooper, Harvey and Kennedy), in a fixed order."""
        result: dict[N, dict[N, None]] = {node: {} for node in self.order}
        for node in self.order:
            if len(self.predecessors[node]) < 2:
                continue
            for runner in self.predecessors[node]:
                while runner != self.idom[node] and node not in result[runner]:  # if so, then all above have it
                    result[runner][node] = None
                    runner = self.idom[runner]
        return result

    @cached_property
    def loops(self) -> dict[N, Loop[N]]:
        """Natural loops by header, outer before inner; the back edges of one header share a loop."""
        return {node: self._loops[node] for node in self.order if node in self._loops}

    @cached_property
    def innermost(self) -> dict[N, Loop[N]]:
        """The innermost loop of every node that is in one."""
        return next((loop.innermost for loop in self.loops.values()), {})

    @cached_property
    def _loops(self) -> dict[N, Loop[N]]:
        """From the inside out: what a loop finds in its body is a node without a loop, or the whole of a loop."""
        loops: dict[N, Loop[N]] = {}
        innermost: dict[N, Loop[N]] = {}
        outermost = Roots[Loop[N]]({})
        for header in reversed(self.order):
            latches = [p for p in self.predecessors[header] if self.dominates(header, p)]
            if latches:
                loops[header] = innermost[header] = Loop(header, latches, innermost)
                self._fill(loops[header], outermost)
        for node in self.order:
            if node in innermost:
                innermost[node].own.append(node)
            if node in loops and (parent := loops[node].parent) is not None:
                loops[node].depth = parent.depth + 1
                parent.inner.append(loops[node])
        roots = [loop for loop in loops.values() if loop.parent is None]
        for loop, span in _numbered(roots, lambda item: item.inner).items():
            loop.span = span
        return loops

    def _fill(self, loop: Loop[N], outermost: Roots[Loop[N]]) -> None:
        """Gives the loop its blocks, backwards from where it goes around."""
        work = list(loop.latches)
        while work:
            node = work.pop()
            known = loop.innermost.get(node)
            if known is None:
                loop.innermost[node] = loop
                work.extend(self.predecessors[node])
            elif (inner := outermost.of(known)) is not loop:
                inner.parent = loop
                outermost.next[inner] = loop
                work.extend(self.predecessors[inner.header])


def _numbered(roots: list[N], children: Callable[[N], list[N]]) -> dict[N, tuple[int, int]]:
    """The nodes of trees in preorder, with their number and the last one below."""
    spans: dict[N, tuple[int, int]] = {}
    stack = [(root, False) for root in reversed(roots)]
    while stack:
        node, done = stack.pop()
        if done:
            spans[node] = (spans[node][0], len(spans) - 1)
            continue
        spans[node] = (len(spans), len(spans))
        stack.append((node, True))
        stack.extend((child, False) for child in reversed(children(node)))
    return spans


def analyse(entry: N) -> Graph[N]:
    """The facts of the graph below `entry`.  An entry with predecessors is allowed (it dominates them)."""
    order = postorder(entry)[::-1]
    position = {node: i for i, node in enumerate(order)}
    predecessors: dict[N, list[N]] = {node: [] for node in order}
    for node in order:
        for successor in node.successors():  # type: ignore[attr-defined]
            predecessors[successor].append(node)
    idom = dominators(entry, predecessors)
    children: dict[N, list[N]] = {node: [] for node in order}
    for node in order[1:]:
        children[idom[node]].append(node)
    return Graph(order, predecessors, idom, children, position)
