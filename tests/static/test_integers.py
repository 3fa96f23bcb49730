"""Networks of int8 (QDQ): a residual network with int8 weights and activations."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.static.support import made
from tests.static.test_bits import check
from transpile import loader
from transpile.host.join import joined
from transpile.host.narrow import narrowed
from transpile.host.program import schedules
from transpile.host.schedule import Copy, Run, Step, touched
from transpile.host.split import split
from transpile.host.values import Storage, whole
from transpile.nests.plan.target import CORTEX_M4, HELIUM, SCALAR, Target
from transpile.pipeline import lower

DATA = Path(__file__).parent / "data"
FLOWS = ["vmvx", "inline"]
TARGETS: list[int | Target] = [0, 16, 64, SCALAR, CORTEX_M4, HELIUM]


@pytest.mark.parametrize("name", ["residual_int8", "channels_int8"])
@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name if isinstance(target, Target) else target)
def test_the_interpreter_s_bits(target: int | Target, flow: str, name: str, tmp_path: Path) -> None:
    check(DATA / f"{name}_{flow}.vmfb", tmp_path, target)


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("target", [0, CORTEX_M4], ids=["plain", "cortex-m4"])
def test_sums_become_bytes_before_they_are_stored(target: int | Target, flow: str) -> None:
    """No image of sums is in memory, not even in front of the pooling, where bytes would be made of it on the way."""
    programs, _, _ = made(DATA / f"residual_int8_{flow}.vmfb", target)
    runs = [step for step in programs[0].schedule.steps if isinstance(step, Run)]
    sums = [run.arrays["out"] for run in runs if run.arrays["out"].element == "i32"]
    assert not [walked for walked in sums if walked.storage.size > 100]


def steps_of(flow: str) -> list[Step]:
    """The steps of the network on tensors, workgroups joined."""
    module = lower(loader.read(DATA / f"residual_int8_{flow}.vmfb"))
    return joined(split(joined(schedules(module, {"residual": {}})[0].steps)))


def pooled(steps: list[Step]) -> tuple[int, Storage]:
    """The step that makes bytes on its way, with the sums that it makes them of."""
    made = narrowed(steps)
    at = next(number for number, (old, new) in enumerate(zip(steps, made, strict=False)) if old is not new)
    pool = steps[at]
    assert isinstance(pool, Run)
    assert is_same(made, [*steps[:at], *made[at : at + 2], *steps[at + 1 :]])
    (sums,) = (walked.storage for walked in pool.arrays.values() if walked.element == "i32")
    return at, sums


def is_same(first: list[Step], second: list[Step]) -> bool:
    """Whether these are the very same steps."""
    return list(map(id, first)) == list(map(id, second))


@pytest.mark.parametrize("flow", FLOWS)
def test_bytes_on_the_way_are_a_step_of_their_own(flow: str) -> None:
    """The new step reads each sum once and writes bytes; the old one reads these in its place."""
    steps = steps_of(flow)
    at, sums = pooled(steps)
    made = narrowed(steps)
    old, making, using = steps[at], made[at], made[at + 1]
    assert isinstance(old, Run) and isinstance(making, Run) and isinstance(using, Run)
    image = making.arrays["out"]
    (read,) = (walked for walked in using.arrays.values() if walked.storage is image.storage)
    assert image.element == read.element == "i8" and image.storage.size * 4 == sums.size
    assert sums in touched(making) and sums not in touched(using)
    assert using.arrays["out"] == old.arrays["out"]
    assert is_same(narrowed(made), made)


@pytest.mark.parametrize("flow", FLOWS)
def test_sums_that_stay_in_memory_are_read_as_they_are(flow: str) -> None:
    """An image of bytes beside that of the sums would take more memory: where another step reads the sums, before or
    behind; where they do not begin with a constant; where what they are sums of is overwritten before their end."""
    steps = steps_of(flow)
    at, sums = pooled(steps)
    begin, adding = (number for number, step in enumerate(steps[:at]) if sums in touched(step))
    seen = Copy(whole(Storage("output", sums.size)), whole(sums))
    source = next(storage for storage in touched(steps[adding]) if storage.kind == "transient" and storage is not sums)
    another = Copy(whole(source), whole(Storage("input", source.size)))
    for kept in (
        [*steps, seen],
        [*steps[:at], seen, *steps[at:]],
        [*steps[:begin], *steps[begin + 1 :]],
        [*steps[:at], another, *steps[at:]],
    ):
        assert is_same(narrowed(kept), kept)
