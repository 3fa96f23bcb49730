"""The rewrites of nests, step by step, as edits of the loop IR's text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transpile.explorer.data import Edit, History
from transpile.nests.loops.text import format_work
from transpile.nests.loops.tidy import Tidier
from transpile.nests.plan.plans import Plan


class Rewrites:
    """The histories of all plans; nests that do the same share theirs."""

    def __init__(self) -> None:
        self.found: list[History] = []
        self._plans: dict[int, tuple[int, Plan]] = {}  # by the identity of the work, which stays alive

    def of(self, plan: Plan) -> int:
        """The number of a plan's history."""
        if id(plan.work) not in self._plans:
            self._plans[id(plan.work)] = len(self.found), plan
            self.found.append(_history(plan))
        return self._plans[id(plan.work)][0]


def _history(plan: Plan) -> History:
    """Every step once more, from the literal loops on."""
    tidier = Tidier()
    work = tidier.tidied(plan.literal.work)
    first = _lines(format_work(work))
    texts = []
    for step in plan.steps:
        work = step.apply(work, tidier)
        texts.append((str(step), _lines(format_work(work))))
    return history(first, texts)


def _lines(text: str) -> list[str]:
    return text.rstrip("\n").split("\n")


def history(first: list[str], texts: Sequence[tuple[str, list[str]]]) -> History:
    """A first text, and those that come of it, each under the name of its step."""
    return History(first, list(_edits(first, texts)))


def _edits(before: list[str], texts: Sequence[tuple[str, list[str]]]) -> Iterator[Edit]:
    for name, after in texts:
        same = _common(before, after)
        rest = min(len(before), len(after)) - same
        tail = min(_common(before[::-1], after[::-1]), rest)
        yield Edit(name, same, len(before) - tail - same, after[same : len(after) - tail])
        before = after


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    """How many lines are the same from the start."""
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
