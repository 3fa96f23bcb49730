"""Which passes run on a function, in order."""

from __future__ import annotations

from collections.abc import Callable

from transpile.ir.nodes import Function
from transpile.passes import cfg, cse, dce, extensions, ownership, params, spans, words

Pass = Callable[[Function], bool | None]
"""Rewrites a function in place; says whether it changed anything, or nothing."""

CLEANUP: tuple[Pass, ...] = (
    cfg.run, params.run, words.run, params.run, dce.run, cse.run, extensions.run, params.run, cfg.run, dce.run,
)  # fmt: skip
LOWER: tuple[Pass, ...] = (ownership.run, spans.run)

PASSES: tuple[Pass, ...] = (*CLEANUP, *LOWER)
"""The same at every level: levels differ in what is raised, and in what the C compiler is told."""


def optimise(fn: Function, after: Callable[[Pass, Function], None] | None = None) -> None:
    """Runs all passes; `after` is called behind each (the tests check the IR there)."""
    for step in PASSES:
        step(fn)
        if after is not None:
            after(step, fn)
