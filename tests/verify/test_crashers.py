"""What takes IREE 3.13.0 down is refused by a rule, or ends with the same status in every engine."""

from __future__ import annotations

import pytest

from tests.verify.crashers import Crasher, crashers, ours

ALL = list(crashers())


@pytest.mark.parametrize("crasher", ALL, ids=lambda crasher: crasher.name.replace(" ", "-"))
def test_refused_or_defined(crasher: Crasher) -> None:
    assert set(ours(crasher).values()) == {crasher.expected}


def test_the_classes_are_all_there() -> None:
    expected = {str(crasher.expected) for crasher in ALL}
    assert {"V13", "V15", "V16", "V29", "V30", "V31", "V32", "V35", "V37", "V39", "V44", "V45"} < expected
    assert {"OUT_OF_RANGE", "UNKNOWN", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"} < expected
