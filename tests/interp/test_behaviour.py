"""Every instruction, and how they combine, in our interpreter: bit for bit what IREE's gives.

The suites are those that emitted C is tested with.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.behaviour import ours
from tests.behaviour.suite import Suite
from tests.behaviour.test_behaviour import SUITES, _differing, expected, suite
from tests.interp.engines import ENGINES, Engine, Interpreted

LONG = {"state": 1, "flow": 1, "pure": 2}
PAIRS = [
    pytest.param(name, engine, id=f"{name}-{engine.name}", marks=[pytest.mark.slow] * (number >= LONG.get(name, 9)))
    for name in SUITES
    for number, engine in enumerate(ENGINES)
]
"""How many engines the long suites run with, unless --slow is given."""
engines = pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)


@pytest.mark.parametrize(("name", "engine"), PAIRS)
def test_same_as_the_interpreter_of_iree(name: str, engine: Engine) -> None:
    made = suite(name)
    witness = Interpreted(made.image(), made.conventions, engine, made.imports)
    answers = expected(name)
    wrong = {probe.name: found for probe in made.probes if (found := _differing(probe, witness, answers[probe.name]))}
    text = "\n".join(f"{len(found)} differ, first: {found[0]}" for found in wrong.values())
    assert not wrong, f"{sum(map(len, wrong.values()))} calls of {len(wrong)} functions differ\n{text}"


@engines
@pytest.mark.parametrize("make", (ours.suite, ours.version_15))
def test_what_iree_cannot_be_asked(make: Callable[[], Suite], engine: Engine) -> None:
    made = make()
    witness = Interpreted(made.image(), made.conventions, engine, made.imports)
    wrong = [found for probe in made.probes for found in _differing(probe, witness, [])]
    assert not wrong


@engines
def test_optional_imports(engine: Engine) -> None:
    made = ours.optional()
    bound = Interpreted(made.image(), made.conventions, engine, made.imports)
    assert [bound.call("ask", (n,)) for n in (0, 1)] == [(1,), (1,)]
    unbound = Interpreted(made.image(), made.conventions, engine)
    assert [unbound.call("ask", (n,)) for n in (0, 1)] == [(0,), "NOT_FOUND"]
