"""Removes parameters that always receive the same value.

    ^1(%p: i64):  reached by br ^1(%x) and br ^1(%p)        ^1:  with %x in place of %p
"""

from __future__ import annotations

from transpile.ir.nodes import Block, Edge, Function, Value
from transpile.ir.roots import Roots


def run(fn: Function) -> bool:
    """True if any parameter was removed."""
    incoming: dict[Block, list[Edge]] = {block: [] for block in fn.blocks}
    for edge in fn.edges():
        incoming[edge.target].append(edge)
    replaced: dict[Value, Value] = {}
    final = Roots(replaced).of
    places = {p: (block, n) for block in fn.blocks[1:] for n, p in enumerate(block.params)}
    feeds = _feeds(fn)
    work = [p for block in reversed(fn.blocks[1:]) for p in block.params]  # the last one is looked at first
    queued = set(work)
    while work:
        param = work.pop()
        queued.discard(param)
        if param in replaced:
            continue
        block, position = places[param]
        source = _only_source(param, [final(edge.args[position]) for edge in incoming[block]])
        if source is not None:
            replaced[param] = source
            fed = feeds.setdefault(source, [])
            again = [p for p in feeds.get(param, ()) if p not in queued and p in places]
            fed += feeds.pop(param, ())
            work += again
            queued.update(again)
    _drop(fn, replaced)
    fn.replace(replaced)
    return bool(replaced)


def _feeds(fn: Function) -> dict[Value, list[Value]]:
    """The parameters that each value is handed to."""
    feeds: dict[Value, list[Value]] = {}
    for edge in fn.edges():
        for param, arg in zip(edge.target.params, edge.args, strict=True):
            feeds.setdefault(arg, []).append(param)
    return feeds


def _drop(fn: Function, gone: dict[Value, Value]) -> None:
    for edge in fn.edges():
        edge.args = [a for a, p in zip(edge.args, edge.target.params, strict=True) if p not in gone]
    for block in fn.blocks:
        block.params = [p for p in block.params if p not in gone]


def _only_source(param: Value, args: list[Value]) -> Value | None:
    """The one value other than itself that the parameter receives, if there is just one of the same type."""
    sources = {arg for arg in args if arg is not param}
    if len(sources) != 1:
        return None
    source = sources.pop()
    return source if source.type == param.type else None
