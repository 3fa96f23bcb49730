"""What became of the loops in each function of a program's C, as `transpile explain` tells it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from transpile.container import Module
from transpile.explain import Explained, Loop, explain
from transpile.nests.plan.target import Target


@dataclass(frozen=True)
class Told:
    """How the loops of a C function run, and why not better."""

    plan: str
    """Kinds of plans: tile, map, strip or literal."""
    reason: str
    """Why a loop was not raised, or has no register tile; "" where there is nothing to say."""


class Reasons:
    """What is told of each C function of a module and of those nested in it."""

    def __init__(self, module: Module, target: Target) -> None:
        self._names: dict[str, str] = {}
        loops: dict[str, list[Loop]] = {}
        for function in explain(module, target):
            self._names[function.symbol] = function.function
            for symbol, loop in _pairs(function):
                loops.setdefault(symbol, []).append(loop)
        self._told = {symbol: _told(found) for symbol, found in loops.items()}

    def of(self, function: str) -> Told:
        """What is told of a C function; one that was split off another is told as that."""
        return next((self._told[name] for name in _origins(function) if name in self._told), Told("", ""))

    def name(self, function: str) -> str:
        """The function of the module that a C function is; "" for loops and for the runtime."""
        return next((self._names[name] for name in _origins(function) if name in self._names), "")


def _origins(function: str) -> tuple[str, str]:
    return function, function.rpartition("_")[0]


def _pairs(function: Explained) -> Iterator[tuple[str, Loop]]:
    """A raised loop is in functions of its own, any other in that of the function around it."""
    for loop in function.loops:
        for symbol in loop.symbols or (function.symbol,):
            yield symbol, loop


def _told(loops: Sequence[Loop]) -> Told:
    kinds = dict.fromkeys(loop.kind for loop in loops)
    reasons = dict.fromkeys(reason for loop in loops for reason in loop.reasons)
    return Told(", ".join(kinds), "; ".join(reasons))
