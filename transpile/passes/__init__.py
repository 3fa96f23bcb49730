"""The pipeline: which passes run, in order, at each optimisation level."""

from __future__ import annotations

from collections.abc import Callable

from transpile.ir.nodes import Function
from transpile.passes import cfg, cse, dce, extensions, ownership, params, spans, words

Pass = Callable[[Function], bool]

CLEANUP: tuple[Pass, ...] = (
    cfg.run, params.run, words.run, params.run, dce.run, cse.run, extensions.run, params.run, cfg.run, dce.run,
)  # fmt: skip
LOWER: tuple[Pass, ...] = (ownership.run, spans.run)

PIPELINE: dict[str, tuple[Pass, ...]] = {
    "none": (*CLEANUP, *LOWER),
    "size": (*CLEANUP, *LOWER),
    "speed": (*CLEANUP, *LOWER),
}


def optimise(fn: Function, level: str, after: Callable[[Pass, Function], None] | None = None) -> None:
    """Runs the passes of a level; `after` is called behind each (the tests check the IR there)."""
    for step in PIPELINE[level]:
        step(fn)
        if after is not None:
            after(step, fn)
