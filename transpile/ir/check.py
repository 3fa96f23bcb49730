"""Checks that a function is well-formed SSA.  Tests run it behind lifting and behind every pass."""

from __future__ import annotations

from collections.abc import Iterator

from transpile.ir.graph import Graph, analyse
from transpile.ir.nodes import Block, Function, Op, Value
from transpile.ir.registers import PRIMITIVE_TYPES

_EDGES = {"br": (1, 1), "cond_br": (2, 2), "br_table": (1, None), "return": (0, 0), "fail": (0, 1)}
_OPERANDS = {"br": 0, "cond_br": 1, "br_table": 1, "fail": 1}


class IRError(Exception):
    """The function is malformed; the message lists everything that was found."""


def check(fn: Function) -> None:
    """Raises IRError with all problems."""
    problems = list(_problems(fn))
    if problems:
        raise IRError(f"@{fn.name}: " + "; ".join(problems))


def _problems(fn: Function) -> Iterator[str]:
    graph = analyse(fn.entry)
    known = set(fn.blocks)
    yield from (f"block at {b.offset:#x} is reachable but not listed" for b in graph.order if b not in known)
    yield from (f"block at {b.offset:#x} is unreachable" for b in fn.blocks if b not in graph.position)
    homes: dict[Value, tuple[Block, int]] = {}
    for block in graph.order:
        for value, position in _definitions(block):
            if value in homes:
                yield f"a {value.type} is defined twice, at {homes[value][0].offset:#x} and {block.offset:#x}"
            homes[value] = (block, position)
    for block in graph.order:
        yield from _uses(block, homes, graph)
        yield from _types(block)
        yield from _end(fn, block)


def _definitions(block: Block) -> Iterator[tuple[Value, int]]:
    yield from ((param, -1) for param in block.params)
    for position, op in enumerate(block.ops):
        yield from ((result, position) for result in op.results)


def _uses(block: Block, homes: dict[Value, tuple[Block, int]], graph: Graph[Block]) -> Iterator[str]:
    last = len(block.ops)
    uses = [(v, i, op.mnemonic) for i, op in enumerate(block.ops) for v in op.operands]
    uses += [(v, last, block.end.kind) for v in block.end.operands]
    uses += [(v, last, "an edge") for edge in block.end.edges for v in edge.args]
    for value, position, user in uses:
        if value not in homes:
            yield f"{user} in the block at {block.offset:#x} uses a {value.type} that is not defined"
            continue
        home, at = homes[value]
        if not (at < position if home is block else graph.dominates(home, block)):
            yield f"{user} in the block at {block.offset:#x} uses a {value.type} before its definition"


def _types(block: Block) -> Iterator[str]:
    for op in block.ops:
        for expected, value in zip(_expected(op), op.operands, strict=False):
            if value.type != expected and (expected, value.type) != ("ref", "span"):
                yield f"{op.mnemonic} at {op.offset:#x} takes {expected}, given {value.type}"
        if any(result.op is not op for result in op.results):
            yield f"a result of {op.mnemonic} at {op.offset:#x} does not point back to it"


def _expected(op: Op) -> list[str]:
    """Types of the operands from the row; lists of calls are not checked here."""
    types: list[str] = []
    for field in op.row.operands:
        if field.kind.group == "register":
            types.append(field.kind.type)
        elif field.kind.group == "list" and field.kind.type != "any":
            types.extend([field.kind.type] * (len(op.operands) - len(types)))
    return types


def _end(fn: Function, block: Block) -> Iterator[str]:
    end = block.end
    least, most = _EDGES[end.kind]
    if len(end.edges) < least or (most is not None and len(end.edges) > most):
        yield f"{end.kind} at {end.offset:#x} has {len(end.edges)} edges"
    if end.kind in _OPERANDS and [v.type for v in end.operands] != ["i32"] * _OPERANDS[end.kind]:
        yield f"{end.kind} at {end.offset:#x} has wrong operands"
    results = [PRIMITIVE_TYPES[r] for r in fn.convention.results]
    if end.kind == "return" and [v.type for v in end.operands] != results:
        yield f"return at {end.offset:#x} gives {[v.type for v in end.operands]}, not {results}"
    for edge in end.edges:
        if [a.type for a in edge.args] != [p.type for p in edge.target.params]:
            yield f"{end.kind} at {end.offset:#x} passes {[a.type for a in edge.args]} to the block at " + (
                f"{edge.target.offset:#x}, which takes {[p.type for p in edge.target.params]}"
            )
