"""All suites of instructions, and which test runs what of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.behaviour import calls, flow, ours, pure, state
from tests.behaviour.suite import Probe, Suite

SUITES: dict[str, Callable[[], Suite]] = {
    "pure": pure.suite,
    "state": state.suite,
    "flow": flow.suite,
    "calls": calls.suite,
}
OURS: tuple[Callable[[], Suite], ...] = (ours.suite, ours.version_15)
"""What the interpreter cannot be asked."""

_FILE = "tests/behaviour/test_behaviour.py"


def tests_of_differences() -> dict[str, str]:
    """For each row of the table of differences the test that has calls of it."""
    found: dict[str, str] = {}
    for test, makers in (
        ("test_what_the_interpreter_cannot_be_asked", OURS),
        ("test_same_as_the_interpreter", SUITES.values()),
    ):
        probes = (probe for make in makers for probe in make().probes)
        found |= {row: f"{_FILE}::{test}" for probe in probes for row in _rows(probe)}
    return found


def _rows(probe: Probe) -> Iterator[str]:
    yield from (case.difference for case in probe.special)
    yield from probe.relaxed
