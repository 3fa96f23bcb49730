"""Removes parameters that always receive the same value.

    ^1(%p: i64):  reached by br ^1(%x) and br ^1(%p)        ^1:  with %x in place of %p
"""

from __future__ import annotations

from transpile.ir.nodes import Block, Edge, Function, Value


def run(fn: Function) -> bool:
    """True if any parameter was removed."""
    incoming: dict[Block, list[Edge]] = {block: [] for block in fn.blocks}
    for edge in fn.edges():
        incoming[edge.target].append(edge)
    replaced: dict[Value, Value] = {}
    changed = True
    while changed:
        changed = False
        for block in fn.blocks[1:]:
            for position in reversed(range(len(block.params))):
                param = block.params[position]
                source = _only_source(param, [_final(e.args[position], replaced) for e in incoming[block]])
                if source is not None:
                    replaced[param] = source
                    del block.params[position]
                    for edge in incoming[block]:
                        del edge.args[position]
                    changed = True
    fn.replace(replaced)
    return bool(replaced)


def _final(value: Value, replaced: dict[Value, Value]) -> Value:
    while value in replaced:
        value = replaced[value]
    return value


def _only_source(param: Value, args: list[Value]) -> Value | None:
    """The one value other than itself that the parameter receives, if there is just one of the same type."""
    sources = {arg for arg in args if arg is not param}
    if len(sources) != 1:
        return None
    source = sources.pop()
    return source if source.type == param.type else None
