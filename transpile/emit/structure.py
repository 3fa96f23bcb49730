"""Control-flow graph to nested statements.

Blocks are placed along the dominator tree (after Ramsey, "Beyond Relooper", ICFP 2022): a block with one way in stands
where that way ends; a block where ways meet stands behind its dominator's statement; a block that leaves a loop stands
behind the loop.  A jump becomes nothing (the target comes next), `continue`, `break`, or, where C has no such
statement, a `goto` to a label.  Every block is placed exactly once, whatever the graph; an irreducible one only costs
`goto`s.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from transpile.ir.graph import Graph, Loop, analyse
from transpile.ir.nodes import Block, Edge, Function, Op, Terminator, Value


@dataclass(eq=False)
class Statement:
    """Base of the statement forms."""


@dataclass(eq=False)
class Operation(Statement):
    """An op."""

    op: Op


@dataclass(eq=False)
class Assign(Statement):
    """Parallel assignment of an edge's arguments to its target's parameters."""

    pairs: list[tuple[Value, Value]]
    offset: int


@dataclass(eq=False)
class If(Statement):
    """`negated` turns the condition around."""

    condition: Value
    then: list[Statement]
    orelse: list[Statement]
    offset: int
    negated: bool = False


@dataclass(eq=False)
class Switch(Statement):
    """Branch table; a case is its numbers and its statements."""

    index: Value
    cases: list[tuple[list[int], list[Statement]]]
    default: list[Statement]
    offset: int


@dataclass(eq=False)
class Repeat(Statement):
    """A loop.  `condition` (None: endless) is tested before each turn; `counter` makes it a `for`."""

    header: Block
    body: list[Statement]
    condition: Value | None = None
    negated: bool = False
    counter: tuple[Value, Value | None, Value] | None = None  # parameter, initial value if set here, next value


@dataclass(eq=False)
class Jump(Statement):
    """`goto`, `break`, `continue`, or `next`: to the end of the body of a loop further out."""

    kind: str
    target: Block


@dataclass(eq=False)
class Label(Statement):
    """Where `goto`s to the block land."""

    block: Block


@dataclass(eq=False)
class Exit(Statement):
    """`return` or `fail`."""

    end: Terminator


@dataclass
class _Frame:
    """A loop around the current place: `after` is what comes behind it; in a `switch`, `break` means another thing."""

    header: Block
    after: Block | None
    in_switch: bool = False


@dataclass
class Structured:
    """A function's statements, the blocks that need a label, and the loops whose end of body needs one."""

    body: list[Statement] = field(default_factory=list)
    labels: set[Block] = field(default_factory=set)
    continues: set[Block] = field(default_factory=set)
    reducible: bool = True


def structure(fn: Function) -> Structured:
    """Statements for the whole function."""
    return _Structurer(fn).run()


@contextmanager
def _deep_recursion(blocks: int) -> Iterator[None]:
    """Room for one nested call chain per block: a long program is a long chain of blocks with one way in."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 10 * blocks + 1000))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


class _Structurer:
    def __init__(self, fn: Function) -> None:
        self.graph: Graph[Block] = analyse(fn.entry)
        self.loops: dict[Block, Loop[Block]] = self.graph.loops()
        self.innermost = self._innermost()
        self.forward = {b: self._forward_edges(b) for b in self.graph.order}
        self.merges: dict[Block, list[Block]] = {b: [] for b in self.graph.order}
        self.exits: dict[Block, list[Block]] = {b: [] for b in self.graph.order}
        self.inlined: set[Block] = set()
        self.frames: list[_Frame] = []
        self.result = Structured()

    def run(self) -> Structured:
        for block in self.graph.order[1:]:
            self._place(block)
        self.result.reducible = all(
            self.graph.position[p] < self.graph.position[b] or self.graph.dominates(b, p)
            for b in self.graph.order
            for p in self.graph.predecessors[b]
        )
        with _deep_recursion(len(self.graph.order)):
            self._tree(self.graph.order[0], None, self.result.body)
        return self.result

    def _innermost(self) -> dict[Block, Loop[Block]]:
        inner: dict[Block, Loop[Block]] = {}
        for loop in sorted(self.loops.values(), key=lambda item: item.depth):
            for block in loop.blocks:
                inner[block] = loop
        return inner

    def _forward_edges(self, block: Block) -> int:
        """Edges into the block that are no back edges of a loop it heads."""
        sources = self.graph.predecessors[block]
        return sum(1 for p in sources if not self.graph.dominates(block, p))

    def _place(self, block: Block) -> None:
        """Decides where a block stands: behind a loop, behind its dominator, or at the end of its one way in."""
        dominator = self.graph.idom[block]
        left = None
        loop = self.innermost.get(dominator)
        while loop is not None:
            if block not in loop.blocks:
                left = loop
            loop = loop.parent
        if left is not None:
            self.exits[left.header].append(block)
        elif self.forward[block] == 1:
            self.inlined.add(block)
        else:
            self.merges[dominator].append(block)

    def _tree(self, block: Block, follow: Block | None, out: list[Statement]) -> None:
        """Appends the block and all that it dominates; `follow` is what comes behind in the text."""
        if block not in self.loops:
            self._node(block, follow, out)
            return
        exits = self.exits[block]
        repeat = Repeat(block, [])
        out.append(repeat)
        self.frames.append(_Frame(block, exits[0] if exits else follow))
        self._node(block, block, repeat.body)
        self.frames.pop()
        self._sequence(exits, follow, out)

    def _node(self, block: Block, follow: Block | None, out: list[Statement]) -> None:
        merges = self.merges[block]
        out.extend(Operation(op) for op in block.ops)
        self._end(block.end, merges[0] if merges else follow, out)
        self._sequence(merges, follow, out)

    def _sequence(self, blocks: list[Block], follow: Block | None, out: list[Statement]) -> None:
        for block, after in zip(blocks, [*blocks[1:], follow], strict=False):
            out.append(Label(block))
            self._tree(block, after, out)

    def _end(self, end: Terminator, follow: Block | None, out: list[Statement]) -> None:
        if end.kind == "cond_br":
            choice = If(end.operands[0], [], [], end.offset)
            self._edge(end.edges[0], follow, end.offset, choice.then)
            self._edge(end.edges[1], follow, end.offset, choice.orelse)
            out.append(choice)
        elif end.kind == "br_table":
            out.append(self._switch(end, follow))
        else:
            if end.kind != "br":
                out.append(Exit(end))
            if end.edges:
                self._edge(end.edges[0], follow, end.offset, out)

    def _switch(self, end: Terminator, follow: Block | None) -> Switch:
        if self.frames:
            self.frames.append(_Frame(self.frames[-1].header, self.frames[-1].after, in_switch=True))
        switch = Switch(end.operands[0], [], [], end.offset)
        self._edge(end.edges[0], follow, end.offset, switch.default)
        seen: dict[Block, list[int]] = {}
        for number, edge in enumerate(end.edges[1:]):
            if not edge.args and edge.target in seen:
                seen[edge.target].append(number)
                continue
            case: tuple[list[int], list[Statement]] = ([number], [])
            if not edge.args:
                seen[edge.target] = case[0]
            switch.cases.append(case)
            self._edge(edge, follow, end.offset, case[1])
        if self.frames:
            self.frames.pop()
        return switch

    def _edge(self, edge: Edge, follow: Block | None, offset: int, out: list[Statement]) -> None:
        pairs = [(p, a) for p, a in zip(edge.target.params, edge.args, strict=True) if p is not a]
        if pairs:
            out.append(Assign(pairs, offset))
        self._jump(edge.target, follow, out)

    def _jump(self, target: Block, follow: Block | None, out: list[Statement]) -> None:
        if target in self.inlined:
            self.inlined.discard(target)
            self._tree(target, follow, out)
        elif target is not follow:
            out.append(Jump(self._jump_kind(target), target))

    def _jump_kind(self, target: Block) -> str:
        if self.frames:
            frame = self.frames[-1]
            if frame.header is target:
                return "continue"
            if frame.after is target and not frame.in_switch:
                return "break"
        if any(frame.header is target for frame in self.frames):
            self.result.continues.add(target)
            return "next"
        self.result.labels.add(target)
        return "goto"
