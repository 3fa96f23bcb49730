"""Works out of random nests, and what they leave in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from tests.nests.suite import Suite
from transpile import container
from transpile.ir import Registers, lift_function
from transpile.nests.find.recognise import find
from transpile.nests.forms import has_expressions
from transpile.nests.loops.evaluate import Memory, Terms, evaluate
from transpile.nests.loops.index import Index
from transpile.nests.loops.nodes import Body, Let, Load, Loop, Store, Work, statements
from transpile.nests.loops.tree import written
from transpile.nests.nest import Nest
from transpile.passes import optimise

TURNS = 1500
"""Of the innermost body: what an evaluator in Python does in a moment."""


def nests(suite: Suite) -> Iterator[Nest]:
    """Those of a module that C can be written for."""
    module = container.load(suite.image())
    registers = Registers(module)
    for index in range(len(module.functions)):
        function = lift_function(module, index, registers)
        optimise(function)
        yield from (nest for nest in find(function).nests.values() if has_expressions(nest))


def touched(work: Work, numbers: Mapping[str, int]) -> dict[str, set[int]] | None:
    """The places in the program's arrays that literal loops touch; None where these are too many, or where the guard
    would not hold: an element is stored twice."""
    loops = [s for s in statements(work.main.body) if isinstance(s, Loop)]
    turns = [each.count.evaluate(numbers, {}) for each in loops]
    total = 1
    for each in turns:
        total *= each
    if not 0 < total <= TURNS:
        return None
    found: dict[str, set[int]] = {array.name: set() for array in work.main.arrays}
    for array, place, around in _accesses(work.main.body, ()):
        counts = [range(each.count.evaluate(numbers, {})) for each in around]
        for turn in product(*counts):
            names = {each.name: t for each, t in zip(around, turn, strict=True)}
            found[array].add(place.evaluate({**numbers, **names}, {}))
    stored = 1
    for each, count in zip(loops, turns, strict=True):
        stored *= count if each.kind == "parallel" else 1
    outs = written(work.main, work.kernels)
    return found if all(len(found[out]) == stored for out in outs) else None


def _accesses(body: Body, around: tuple[Loop, ...]) -> Iterator[tuple[str, Index, tuple[Loop, ...]]]:
    for statement in body:
        match statement:
            case Loop():
                yield from _accesses(statement.body, (*around, statement))
            case Let(_, Load(array, place)) | Store(array, place):
                yield array, place, around


def left(
    work: Work, places: Mapping[str, set[int]], numbers: Mapping[str, int], terms: Terms, threads: int = 1
) -> dict[str, dict[int, object]]:
    """The terms that a work leaves in the arrays that it writes.  Memory begins as what it is called."""
    memory = {name: Memory({place: (name, place) for place in found}) for name, found in places.items()}
    elements = {name: ("value", name) for name, _ in work.main.elements}
    evaluate(work, memory, {**numbers, "threads": threads}, elements, terms)
    return {name: memory[name].elements for name in written(work.main, work.kernels) & memory.keys()}
