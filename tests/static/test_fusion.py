"""Steps that become one: what is left of a network with convolutions of all kinds and a residual block."""

from __future__ import annotations

import math
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import transpile
from tests.static.support import arguments, compiled, made, same
from transpile import loader
from transpile.host.fuse import fused
from transpile.host.join import joined
from transpile.host.program import schedules
from transpile.host.schedule import Fill, Repeat, Run, Step, Walked
from transpile.host.split import split
from transpile.host.static import Static
from transpile.nests.loops.check import check
from transpile.nests.loops.evaluate import Memory, Terms, evaluate
from transpile.nests.loops.nodes import Allocate, If, Work, statements
from transpile.nests.loops.spell import is_loaded
from transpile.nests.loops.text import format_work, parse
from transpile.nests.loops.tidy import tidied
from transpile.nests.loops.tree import functions
from transpile.nests.nest import element_bytes
from transpile.nests.plan.plans import Plans
from transpile.nests.plan.target import Caches, row_of
from transpile.pipeline import lower

DATA = Path(__file__).parent / "data"
PADDED = 4 * 4 * 10 * 10
"""Bytes of an image of 4 channels with its border."""
FLOWS = ["vmvx", "inline"]


def steps_of(flow: str) -> list[Step]:
    return list(schedules(lower(loader.read(DATA / f"residual_{flow}.vmfb")), {"residual": {}})[0].steps)


def whole_nests(flow: str, *, converts: bool = False) -> list[Run]:
    """The nests with a beginning and an end of their own that are made of the network, as they stand."""
    steps = fused(split(joined(steps_of(flow))), converts=converts)
    return [step for step in steps if isinstance(step, Run) and step.nest is not None and step.nest.finish is not None]


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("width", [0, 16])
@pytest.mark.parametrize("name", ["residual", "parts"])
def test_bits(name: str, flow: str, width: int, tmp_path: Path) -> None:
    path = DATA / f"{name}_{flow}.vmfb"
    program = compiled(path, tmp_path, width)
    reference = transpile.load(path, engine="interpreter")
    for seed in (1, 2, 3):
        inputs = arguments(program.programs[0].schedule, seed)
        inputs[0][0, :, 0, :] = -0.0
        assert same(reference[name](inputs[0]), program.call(name, inputs)[0])


@pytest.mark.parametrize("flow", FLOWS)
def test_what_workgroups_cut_apart_is_one_step(flow: str) -> None:
    """Tiles of 64 by 64, of which the last ones are smaller: every layer is one nest over all of its tensor."""
    programs, _, _ = made(DATA / f"parts_{flow}.vmfb", 0)
    steps = programs[0].schedule.steps
    assert all(isinstance(step, Run) for step in steps) and len(steps) == 5
    turns = [step.arrays["out"].turns for step in steps if isinstance(step, Run)]
    assert turns[:3] == [(66, 69, 74, 2, 2, 2), (66, 34, 36, 3, 3), (72, 34 * 36, 66)]


@pytest.mark.parametrize("flow", FLOWS)
def test_a_residual_block_needs_two_images(flow: str) -> None:
    """The sum is written where one of its terms was, border and all; nothing else of that size is alive."""
    programs, _, _ = made(DATA / f"residual_{flow}.vmfb", 0)
    assert programs[0].arena.bytes == programs[0].arena.bound == 2 * PADDED
    planned, _, _ = made(DATA / f"residual_{flow}.vmfb", 16)
    assert planned[0].arena.bound < 3 * PADDED  # and places that are looked up


@pytest.mark.parametrize("flow", FLOWS)
def test_a_convolution_is_one_step(flow: str) -> None:
    programs, _, source = made(DATA / f"residual_{flow}.vmfb", 0)
    steps = programs[0].schedule.steps
    convolutions = [step for step in steps if isinstance(step, Run) and len(step.arrays["out"].turns) > 4]
    assert len(convolutions) == 5 and not any(isinstance(step, Repeat) for step in steps)
    assert source.count("memset") == sum(isinstance(step, Fill) for step in steps) == 4


def test_without_it_each_takes_three() -> None:
    apart = split(steps_of("vmvx"))
    assert len(fused(apart)) <= len(apart) - 2 * 5
    names = [step.place.function for step in fused(apart) if isinstance(step, Run)]
    assert len(set(names)) == len({step.place.function for step in apart if isinstance(step, Run)})


@pytest.mark.parametrize("flow", FLOWS)
def test_the_c_is_the_same_again(flow: str) -> None:
    for width in (0, 16):
        first, second = (made(DATA / f"residual_{flow}.vmfb", width)[1:] for _ in range(2))
        assert first == second


def test_no_function_of_the_runtime_is_called(tmp_path: Path) -> None:
    """The object needs the C library's functions for memory, and mathematics where it has any."""
    compiled(DATA / "residual_vmvx.vmfb", tmp_path, 0)
    subprocess.run(["gcc", "-std=c99", "-Os", "-c", "m.c", "-o", "m.o"], cwd=tmp_path, check=True)
    listed = subprocess.run(["nm", "m.o"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    undefined = {line.split()[-1] for line in listed.splitlines() if " U " in line}
    writable = {line.split()[-1] for line in listed.splitlines() if line.split()[-2] in "bBdD"}
    assert undefined <= {"memset", "memcpy", "memmove", "__stack_chk_fail", "_GLOBAL_OFFSET_TABLE_"} and not writable


def left_by(work: Work, run: Run, terms: Terms) -> dict[int, object]:
    """The terms in the array that is written; memory begins as what it is called."""
    memory = {}
    for name, walked in run.arrays.items():
        low, high = (end // element_bytes(walked.element) for end in walked.extent)
        memory[name] = Memory({place: (name, place) for place in range(low, high)})
    evaluate(work, memory, {}, {}, terms)
    return memory["out"].elements


@pytest.mark.parametrize("flow", ["vmvx", "int8_vmvx"])
@pytest.mark.parametrize("target", ["sse2", "avx2", "cortex-m4"])
def test_plans_keep_every_term(target: str, flow: str) -> None:
    """What is done at the end is part of the nest from the first rewrite to the last one."""
    runs = whole_nests(flow, converts=True)
    assert len(runs) > 5
    plans, small = Plans((row_of(target),)), 0
    for run in runs:
        assert run.nest is not None
        (plan,) = plans.of(run.nest)
        turns = math.prod(run.arrays["out"].turns)
        if turns > 3000:
            continue
        terms = Terms()
        expected, made = left_by(plan.literal.work, run, terms), tidied(plan.literal.work)
        assert not any(isinstance(s, If) for s in statements(plan.work.main.body)) or turns > 100
        for step in plan.steps if turns < 100 else ():
            made = step.apply(made)
            check(made)
            assert parse(format_work(made)) == made
            assert left_by(made, run, terms) == expected, step
            small += 1
        assert left_by(plan.work, run, terms) == expected
        own = [s.array for f in functions(plan.work) for s in statements(f.body) if isinstance(s, Allocate)]
        assert all(array.size is not None and (array.size.known or 0) <= 256 for array in own)
    assert small > 3


def test_running_values_that_wait_in_memory_are_seen() -> None:
    """Between chunks of a reduction they are where the result will be: nothing else may be there meanwhile."""
    chunked = 0
    for panel in (256, 24 << 10):
        target = replace(row_of("avx2"), caches=Caches(panel=panel, block=4 * panel))
        for run in whole_nests("vmvx"):
            assert run.nest is not None
            (plan,) = Plans((target,)).of(run.nest, threads=False)
            in_chunks = plan.schedule.tile is not None and plan.schedule.tile.chunk is not None
            assert is_loaded(plan.work, "out") == in_chunks
            chunked += in_chunks
    assert chunked


def test_constants_are_in_the_order_of_lanes(tmp_path: Path) -> None:
    """The matrix of the last layer is multiplied by a vector: its lanes are rows, which begin to lie side by side."""
    path = DATA / "parts_vmvx.vmfb"
    plain, planned = (made(path, width)[0][0] for width in (0, 16))

    def matrices(program: Static) -> list[Walked]:
        runs = [step for step in program.schedule.steps if isinstance(step, Run)]
        return [w for run in runs for w in run.arrays.values() if w.storage.kind == "constant" and w.turns == (5, 72)]

    before, after = matrices(plain), matrices(planned)
    assert [w.strides for w in before] == [(72, 1), (1, 0)] and [w.strides for w in after] == [(1, 5), (1, 0)]
    old, new = (np.frombuffer(each[0].storage.data, np.float32)[_elements(each[0])] for each in (before, after))
    assert np.array_equal(old.reshape(5, 72), new.reshape(72, 5).T)
    assert np.array_equal(np.sort(old), np.sort(new)) and before[0].storage.size == after[0].storage.size


def _elements(walked: Walked) -> slice:
    first = (walked.offset.known or 0) // element_bytes(walked.element)
    return slice(first, first + 5 * 72)
