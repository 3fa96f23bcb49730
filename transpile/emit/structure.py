"""Control-flow graph to nested statements.

Blocks are placed along the dominator tree (after Ramsey, "Beyond Relooper", ICFP 2022): a block with one way in stands
where that way ends; a block where ways meet stands behind its dominator's statement; a block that leaves a loop stands
behind the loop.  A jump becomes nothing (the target comes next), `continue`, `break`, or, where C has no such
statement, a `goto` to a label.  Every block is placed exactly once, whatever the graph; an irreducible one only costs
`goto`s.  So does a deep one: what would stand inside more than `NESTED_LISTS` others stands at the end of the function.
C compilers need not take more, and whatever walks through statements may recurse.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any

from transpile.ir.graph import Graph, Loop
from transpile.ir.nodes import Block, Edge, Op, Terminator, Value
from transpile.limits import NESTED_LISTS


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
    """The loop around a place: `after` is what comes behind it; in a `switch`, `break` means another thing."""

    header: Block
    after: Block | None
    in_switch: bool = False


@dataclass(frozen=True)
class _Place:
    """Where statements go: to the end of `out`, `depth` lists inside the function's own; `follow` comes behind them."""

    out: list[Statement]
    follow: Block | None
    frame: _Frame | None
    depth: int

    def inside(self, out: list[Statement], **changes: Any) -> _Place:
        """The same place in a list of a statement that stands here."""
        return replace(self, out=out, depth=self.depth + 1, **changes)


@dataclass
class Structured:
    """A function's statements, the blocks that need a label, and the loops whose end of body needs one.  `scoped`: no
    jump leads into a list from outside, so that variables may be declared there."""

    body: list[Statement] = field(default_factory=list)
    labels: set[Block] = field(default_factory=set)
    continues: set[Block] = field(default_factory=set)
    scoped: bool = True


def structure(graph: Graph[Block]) -> Structured:
    """Statements for the whole function."""
    return _Structurer(graph).run()


class _Structurer:
    """Places blocks one after another from a stack, which holds what is still to be placed behind the current one."""

    def __init__(self, graph: Graph[Block]) -> None:
        self.graph = graph
        self.loops: dict[Block, Loop[Block]] = graph.loops
        self.forward = {b: self._forward_edges(b) for b in graph.order}
        self.merges: dict[Block, list[Block]] = {b: [] for b in graph.order}
        self.exits: dict[Block, list[Block]] = {b: [] for b in graph.order}
        self.inlined: set[Block] = set()
        self.labelled: set[Block] = set()
        self.stack: list[tuple[Block, _Place]] = []
        self.apart: deque[Block] = deque()  # what would stand too deep, and stands at the end of the function instead
        self.result = Structured()

    def run(self) -> Structured:
        for block in self.graph.order[1:]:
            self._place(block)
        self.result.scoped = all(
            self.graph.position[p] < self.graph.position[b] or self.graph.dominates(b, p)
            for b in self.graph.order
            for p in self.graph.predecessors[b]
        )
        self._all(self.graph.order[0])
        while self.apart:
            self.result.scoped = False
            block = self.apart.popleft()
            self.labelled.add(block)
            self._all(block)
        return self.result

    def _all(self, block: Block) -> None:
        """The block and all that it dominates, at the end of the function."""
        self.stack.append((block, _Place(self.result.body, None, None, 0)))
        while self.stack:
            block, place = self.stack.pop()
            self._tree(block, place)

    def _forward_edges(self, block: Block) -> int:
        """Edges into the block that are no back edges of a loop it heads."""
        sources = self.graph.predecessors[block]
        return sum(1 for p in sources if not self.graph.dominates(block, p))

    def _place(self, block: Block) -> None:
        """Decides where a block stands: behind a loop, behind its dominator, or at the end of its one way in."""
        dominator = self.graph.idom[block]
        loop = self.graph.innermost.get(dominator)
        left = list(loop.left_by(dominator, block)) if loop is not None else []
        if left:
            self.exits[left[-1].header].append(block)
        elif self.forward[block] == 1:
            self.inlined.add(block)
        else:
            self.merges[dominator].append(block)

    def _tree(self, block: Block, place: _Place) -> None:
        """Appends the block, and puts on the stack what it dominates."""
        if block in self.labelled:
            place.out.append(Label(block))
        if block not in self.loops:
            self._node(block, place)
            return
        exits = self.exits[block]
        repeat = Repeat(block, [])
        place.out.append(repeat)
        self._sequence(exits, place)
        frame = _Frame(block, exits[0] if exits else place.follow)
        self._node(block, place.inside(repeat.body, follow=block, frame=frame))

    def _node(self, block: Block, place: _Place) -> None:
        merges = self.merges[block]
        if place.depth >= NESTED_LISTS:
            self.apart.extend(merges)
            merges = []
        place.out.extend(Operation(op) for op in block.ops)
        self._sequence(merges, place)
        self._end(block, replace(place, follow=merges[0]) if merges else place)

    def _sequence(self, blocks: list[Block], place: _Place) -> None:
        """Blocks that follow each other in the text; what is placed first is put on the stack last."""
        self.labelled.update(blocks)
        after = place.follow
        for block in reversed(blocks):
            self.stack.append((block, replace(place, follow=after)))
            after = block

    def _end(self, block: Block, place: _Place) -> None:
        end = block.end
        if end.kind == "cond_br":
            choice = If(end.operands[0], [], [], end.offset)
            place.out.append(choice)
            self._edge(block, end.edges[0], place.inside(choice.then))
            self._edge(block, end.edges[1], place.inside(choice.orelse))
        elif end.kind == "br_table":
            place.out.append(self._switch(block, place))
        else:
            if end.kind != "br":
                place.out.append(Exit(end))
            if end.edges:
                self._edge(block, end.edges[0], place)

    def _switch(self, block: Block, place: _Place) -> Switch:
        end = block.end
        switch = Switch(end.operands[0], [], [], end.offset)
        frame = replace(place.frame, in_switch=True) if place.frame is not None else None
        self._edge(block, end.edges[0], place.inside(switch.default, frame=frame))
        seen: dict[Block, list[int]] = {}
        for number, edge in enumerate(end.edges[1:]):
            if not edge.args and edge.target in seen:
                seen[edge.target].append(number)
                continue
            case: tuple[list[int], list[Statement]] = ([number], [])
            if not edge.args:
                seen[edge.target] = case[0]
            switch.cases.append(case)
            self._edge(block, edge, place.inside(case[1], frame=frame))
        return switch

    def _edge(self, source: Block, edge: Edge, place: _Place) -> None:
        pairs = [(p, a) for p, a in zip(edge.target.params, edge.args, strict=True) if p is not a]
        if pairs:
            place.out.append(Assign(pairs, source.end.offset))
        target = edge.target
        if target in self.inlined and place.depth < NESTED_LISTS:
            self.inlined.discard(target)
            self.stack.append((target, place))
        elif target is not place.follow:
            place.out.append(Jump(self._jump_kind(source, target, place.frame), target))
            if target in self.inlined:
                self.inlined.discard(target)
                self.apart.append(target)

    def _jump_kind(self, source: Block, target: Block, frame: _Frame | None) -> str:
        if frame is not None:
            if frame.header is target:
                return "continue"
            if frame.after is target and not frame.in_switch:
                return "break"
        if self.graph.dominates(target, source):
            self.result.continues.add(target)
            return "next"
        self.result.labels.add(target)
        return "goto"
