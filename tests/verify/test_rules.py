"""Every rule: a module that breaks it is refused with that rule, at that place; its neighbour passes; so does IREE."""

from __future__ import annotations

import pytest

from tests.support.oracle import VERSION, loads
from tests.verify.cases import ALL, FUNCTION, LOADS, MODULE, REFUSES, Case
from transpile.container import load
from transpile.errors import VerifyError
from transpile.verify import RULES, check, verify

each = pytest.mark.parametrize("case", ALL, ids=[case.label for case in ALL])


@each
def test_the_breach_is_found(case: Case) -> None:
    report = verify(load(case.bad))
    assert {finding.rule for finding in report.findings} == {case.rule}, str(report)
    assert len(report.findings) == 1, str(report)
    finding = report.findings[0]
    assert finding.status.name == case.status
    if case.at == MODULE:
        assert finding.function is None
    else:
        assert finding.function == 0
        assert finding.offset == (None if case.at == FUNCTION else case.at)
    with pytest.raises(VerifyError, match=case.rule):
        check(load(case.bad))


@each
def test_the_neighbour_passes(case: Case) -> None:
    module = load(case.good)
    assert verify(module).ok, str(verify(module))
    check(module)


@each
def test_iree_agrees(case: Case) -> None:
    if load(case.good).major == VERSION and "imported" not in case.name:
        assert loads(case.good) is True
    if case.iree in (REFUSES, LOADS):
        assert loads(case.bad) == (case.iree == LOADS)


def test_every_rule_is_broken_by_some_case() -> None:
    assert set(RULES) - {case.rule for case in ALL} == {"V1"}, "V1 has tests of its own"
