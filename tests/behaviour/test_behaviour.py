"""Every instruction, and how they combine: IREE's interpreter and our C at each level, bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from tests.behaviour import ours
from tests.behaviour.differences import DIFFERENCES, PAGE, page
from tests.behaviour.probes import OURS, SUITES, tests_of_differences
from tests.behaviour.suite import Probe, Suite
from tests.behaviour.witnesses import LEVELS, Emitted, Interpreter, Outcome, Witness
from transpile.isa.table import instructions
from transpile.native.toolchain import Optimize


@cache
def suite(name: str) -> Suite:
    return SUITES[name]()


@cache
def expected(name: str) -> dict[str, list[Outcome]]:
    """The interpreter's answers by probe."""
    made = suite(name)
    witness = Interpreter(made.image(), made.conventions, made.imports)
    return {probe.name: _run(witness, probe) for probe in made.probes}


def _run(witness: Witness, probe: Probe) -> list[Outcome]:
    witness.reset()
    return [witness.call(probe.name, arguments) for arguments in probe.calls]


def _differing(probe: Probe, witness: Witness, answers: list[Outcome]) -> list[str]:
    found = []
    for arguments, mine, other in zip(probe.calls, _run(witness, probe), answers, strict=True):
        if not probe.same(arguments, mine, other):
            found.append(f"{probe.name}{arguments}: {mine}, the interpreter gives {other}")
    for case in probe.special:
        witness.reset()
        mine = witness.call(probe.name, case.arguments)
        if mine != case.outcome:
            found.append(f"{probe.name}{case.arguments}: {mine}, expected {case.outcome} ({case.difference})")
    return found


@pytest.mark.parametrize(
    ("name", "level"),
    [
        pytest.param(name, level, marks=[pytest.mark.slow] if name == "state" and level != "speed" else [])
        for name in SUITES
        for level in LEVELS
    ],
)
def test_same_as_the_interpreter(name: str, level: Optimize) -> None:
    made = suite(name)
    witness = Emitted(made.image(), made.conventions, level, made.imports)
    answers = expected(name)
    wrong = {probe.name: found for probe in made.probes if (found := _differing(probe, witness, answers[probe.name]))}
    text = "\n".join(f"{len(found)} differ, first: {found[0]}" for found in wrong.values())
    assert not wrong, f"{sum(map(len, wrong.values()))} calls of {len(wrong)} functions differ\n{text}"


@pytest.mark.parametrize("make", OURS)
@pytest.mark.parametrize("level", LEVELS)
def test_what_the_interpreter_cannot_be_asked(make: Callable[[], Suite], level: Optimize) -> None:
    made = make()
    witness = Emitted(made.image(), made.conventions, level, made.imports)
    wrong = [found for probe in made.probes for found in _differing(probe, witness, [])]
    assert not wrong


@pytest.mark.parametrize("level", LEVELS)
def test_optional_imports(level: Optimize) -> None:
    """Unbound, they say so and fail with NOT_FOUND; IREE as well."""
    made = ours.optional()
    bound = Emitted(made.image(), made.conventions, level, made.imports)
    assert [bound.call("ask", (n,)) for n in (0, 1)] == [(1,), (1,)]
    unbound = Emitted(made.image(), made.conventions, level)
    interpreter = Interpreter(made.image(), made.conventions)
    answers = [unbound.call("ask", (n,)) for n in (0, 1)]
    assert answers == [interpreter.call("ask", (n,)) for n in (0, 1)] == [(0,), "NOT_FOUND"]


def test_no_instruction_is_missing() -> None:
    """All suites together use every row of the table; variadic calls are in `ours.py`."""
    used = {mnemonic for name in SUITES for mnemonic in suite(name).mnemonics()}
    used |= set(ours.suite().mnemonics())
    assert {op.mnemonic for op in instructions()} - used == set()


def test_every_difference_is_tested_and_documented() -> None:
    assert set(tests_of_differences()) == set(DIFFERENCES)
    text = PAGE.read_text(encoding="utf-8")
    assert page(text) == text, "run python -m tests.behaviour.differences"
