"""Which memory a reference may be to: sets of origins that flow along edges until nothing changes.

    %l = list.alloc …                         %l: {Made 1}
    list.set.ref %l, %k, %argument     =>     contents of Made 1: {Argument 0}
    %x = list.get.ref %l, %k                  %x: {Argument 0}

Insensitive to the order of operations and to who calls a function: what may hold anywhere holds everywhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import NamedTuple


class Argument(NamedTuple):
    """What the caller passes to a function from outside; `element` is a place in it where it is a list."""

    function: int
    position: int
    element: int | None = None


class Made(NamedTuple):
    """What the operation of this number makes each time it runs."""

    number: int


class Constant(NamedTuple):
    """A segment of constants."""

    segment: int


class Foreign(NamedTuple):
    """Memory of an archive, or what an import of the embedder's gives: nobody knows whose."""


Origin = Argument | Made | Constant | Foreign


class Contents(NamedTuple):
    """The node of the references that are in an object: elements of a list, buffers of a command buffer."""

    origin: Origin


Node = Hashable


class Points:
    """The origins of every node; nodes are SSA values, globals, results of functions, contents of origins."""

    def __init__(self) -> None:
        self._origins: defaultdict[Node, set[Origin]] = defaultdict(set)
        self._edges: defaultdict[Node, set[Node]] = defaultdict(set)
        self._watchers: defaultdict[Node, list[Callable[[Origin], None]]] = defaultdict(list)
        self._work: list[tuple[Node, Origin]] = []

    def __getitem__(self, node: Node) -> frozenset[Origin]:
        return frozenset(self._origins.get(node, ()))

    def add(self, node: Node, origin: Origin) -> None:
        """The node may be of this memory."""
        if origin not in self._origins[node]:
            self._origins[node].add(origin)
            self._work.append((node, origin))

    def flow(self, source: Node, target: Node) -> None:
        """What the source may be, the target may be."""
        if target in self._edges[source] or source == target:
            return
        self._edges[source].add(target)
        for origin in tuple(self._origins[source]):
            self.add(target, origin)

    def store(self, container: Node, value: Node) -> None:
        """The value is put into what the container may be."""
        self._watch(container, lambda origin: self.flow(value, Contents(origin)))

    def load(self, container: Node, result: Node, element: int | None) -> None:
        """The result is taken out of what the container may be."""
        self._watch(container, lambda origin: self._take(origin, result, element))

    def _take(self, origin: Origin, result: Node, element: int | None) -> None:
        self.flow(Contents(origin), result)
        if isinstance(origin, Argument):
            self.add(result, origin if origin.element is not None else origin._replace(element=element))
        elif isinstance(origin, Foreign):
            self.add(result, origin)

    def _watch(self, node: Node, watcher: Callable[[Origin], None]) -> None:
        self._watchers[node].append(watcher)
        for origin in tuple(self._origins[node]):
            watcher(origin)

    def solve(self) -> None:
        """Let everything flow."""
        while self._work:
            node, origin = self._work.pop()
            for target in tuple(self._edges[node]):
                self.add(target, origin)
            for watcher in tuple(self._watchers[node]):
                watcher(origin)

    def reachable(self, nodes: Iterable[Node]) -> set[Origin]:
        """The origins of these nodes, what is in them, and so on."""
        found: set[Origin] = set()
        work = [origin for node in nodes for origin in self[node]]
        while work:
            origin = work.pop()
            if origin not in found:
                found.add(origin)
                work.extend(self[Contents(origin)])
        return found
