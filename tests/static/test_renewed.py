"""Tensors that live from call to call are written where they are computed, if nobody needs what was there before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.static.support import ROOT, arguments, compiled, written
from transpile.host.renewed import renewed
from transpile.host.schedule import Copy, Fill, Repeat, Run, Schedule, Step
from transpile.host.static import Static
from transpile.host.values import Range, Storage, whole
from transpile.nests.loops.index import index

DATA = ROOT / "tests" / "static" / "data"


def schedule_of(programs: Sequence[Static], name: str) -> Schedule:
    return next(each.schedule for each in programs if each.schedule.name == name)


def copies_to_state(schedule: Schedule) -> int:
    return sum(isinstance(step, Copy) and step.target.storage.kind == "state" for step in schedule.steps)


@pytest.fixture(scope="module", params=[0, 16], ids=["plain", "vectors"])
def programs(request: pytest.FixtureRequest) -> list[Static]:
    return written(DATA / "exchanged_vmvx.vmfb", request.param)[0]


@pytest.mark.parametrize(
    ("name", "count"), [("add", 0), ("fade", 0), ("swap", 2), ("set", 2), ("turn", 1), ("spread", 1)]
)
def test_how_many_copies(programs: list[Static], name: str, count: int) -> None:
    """None where each element is read for itself, one where others are."""
    schedule = schedule_of(programs, name)
    assert copies_to_state(schedule) == count
    runs = [step for step in schedule.steps if isinstance(step, Run)]
    if name in ("add", "fade"):
        assert [run.arrays["out"].storage.kind for run in runs] == ["state"]
        assert next(each.arena.bytes for each in programs if each.schedule is schedule) == 0


def test_recurrent_cells() -> None:
    """Of four tensors, one is needed until its new value is known."""
    programs = written(DATA / "cells_vmvx.vmfb", 0)[0]
    assert copies_to_state(schedule_of(programs, "step")) == 1
    reset = schedule_of(programs, "reset").steps
    assert len(reset) == 4 and all(isinstance(step, Fill) for step in reset)


@pytest.mark.parametrize("flow", ["vmvx", "inline"])
def test_exchanges(flow: str, tmp_path: Path) -> None:
    """After every second one all is as it was."""
    program = compiled(DATA / f"exchanged_{flow}.vmfb", tmp_path)
    state = program.state()
    one, two = arguments(schedule_of(program.programs, "set"), 1)
    program.call("set", [one, two], state=state)
    for turn in range(1, 8):
        program.call("swap", [], state=state)
        left, right = program.call("both", [], state=state)
        expected = (two, one) if turn % 2 else (one, two)
        assert (left.tobytes(), right.tobytes()) == (expected[0].tobytes(), expected[1].tobytes())


# ---- what stays as it is ---------------------------------------------------------------------------------------------


def copy(target: Storage, source: Storage) -> Copy:
    return Copy(whole(target), whole(source))


def buffers() -> tuple[Storage, Storage, Storage, Storage]:
    """The state, a buffer, an input and an output of 16 bytes."""
    return Storage("state", 16), Storage("transient", 16), Storage("input", 16), Storage("output", 16)


def same(found: Sequence[Step], expected: Sequence[tuple[Range, Range]]) -> bool:
    return [(step.target, step.source) for step in found if isinstance(step, Copy)] == list(expected)


def test_a_copy_of_a_copy() -> None:
    state, buffer, given, _ = buffers()
    steps = [copy(buffer, given), copy(state, buffer)]
    assert same(renewed(steps), [(whole(state), whole(given))])


def test_what_was_there_is_read_meanwhile() -> None:
    state, buffer, _, output = buffers()
    steps: list[Step] = [Fill(whole(buffer), b"\1"), copy(output, state), copy(state, buffer)]
    assert renewed(steps) == steps
    assert renewed([steps[1], steps[0], steps[2]])[1:] != steps[1:]


def test_what_was_there_is_copied_first() -> None:
    state, buffer, _, output = buffers()
    steps: list[Step] = [copy(buffer, state), Fill(whole(state), b"\1"), copy(output, buffer)]
    assert renewed(steps) == steps


def test_zeros_that_nobody_writes() -> None:
    """A buffer holds zeros where it is not written; the state does not."""
    state, buffer, _, _ = buffers()
    steps: list[Step] = [Fill(Range(buffer, index(0), 8), b"\1"), copy(state, buffer)]
    assert renewed(steps) == steps


def test_a_buffer_that_is_written_later() -> None:
    state, buffer, _, output = buffers()
    begin, again = Fill(whole(buffer), b"\1"), Fill(Range(buffer, index(4), 4), b"\2")
    steps: list[Step] = [begin, copy(state, buffer), again, copy(output, buffer)]
    assert renewed(steps) == steps


def test_a_buffer_that_is_read_after_the_state_changes() -> None:
    state, buffer, given, output = buffers()
    steps: list[Step] = [Fill(whole(buffer), b"\1"), copy(state, buffer), copy(state, given), copy(output, buffer)]
    assert renewed(steps) == steps


def test_a_buffer_of_each_turn() -> None:
    """What is made anew in each turn of a loop is no memory of the state's."""
    state, _, given, _ = buffers()
    buffer = Storage("transient", 16, home="r0")
    steps: list[Step] = [Repeat("r0", 2, (copy(buffer, given), copy(state, buffer)))]
    assert renewed(steps) == steps
