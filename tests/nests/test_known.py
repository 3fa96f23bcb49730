"""The fixed cases, one module for all."""

from __future__ import annotations

import pytest

from tests.nests.engines import Answer, Interpreter, Literal, Raised, answers
from tests.nests.known import suite
from tests.nests.suite import Call

MADE = suite()
Answers = dict[tuple[str, Call], Answer]


@pytest.fixture(scope="module")
def literal() -> Answers:
    return answers(Literal(MADE.image(), MADE.conventions), MADE)


@pytest.fixture(scope="module", params=[16, 64])
def raised(request: pytest.FixtureRequest) -> Answers:
    return answers(Raised(MADE.image(), MADE.conventions, request.param), MADE)


@pytest.mark.parametrize("case", MADE.cases, ids=lambda case: case.family)
def test_raised(case: object, literal: Answers, raised: Answers) -> None:
    name = case.kernel.name  # type: ignore[attr-defined]
    assert {k: v for k, v in raised.items() if k[0] == name} == {k: v for k, v in literal.items() if k[0] == name}


def test_interpreter(literal: Answers) -> None:
    exact = {key: answer for key, answer in literal.items() if key[1].exact}
    for case in MADE.cases:
        object.__setattr__(case, "calls", tuple(c for c in case.calls if c.exact))
    assert answers(Interpreter(MADE.image(), MADE.conventions), MADE) == exact
