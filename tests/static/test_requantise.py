"""Sums become bytes with less work where it is known what they can be: the same bits, for all products of two bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import transpile
from tests.static.support import Array, compiled, same
from transpile import loader
from transpile.host.fuse import fused
from transpile.host.join import joined
from transpile.host.numbers import Bits, compute_bits
from transpile.host.program import schedules
from transpile.host.ranges import Between, constant_number, ranges
from transpile.host.requantise import requantised
from transpile.host.schedule import Run
from transpile.host.split import split
from transpile.ir.nodes import Op, Value
from transpile.isa.operations import Operation
from transpile.nests.plan.target import CORTEX_M4, HELIUM, SCALAR, Target
from transpile.pipeline import lower

DATA = Path(__file__).parent / "data"
FLOWS = ["vmvx", "inline"]
TARGETS: list[int | Target] = [0, 16, 64, SCALAR, CORTEX_M4, HELIUM]
ROUNDING = {Operation.ROUND_EVEN, Operation.CMP_NAN, Operation.DIV, Operation.SELECT}
SPARED = ROUNDING - {Operation.DIV}


def images() -> list[Array]:
    """All bytes beside a few others; and numbers that are no bytes: ties, too large ones, none at all."""
    first = np.stack([np.arange(-128, 128), np.arange(256) % 7 - 3], 1).astype(np.float32)
    second = np.random.default_rng(5).choice(
        np.array([-0.5, 0.5, 1.5, -126.5, 127.49, 200, -1e9, 3e38, np.inf, -np.inf, np.nan, 1e-40, -0.0], np.float32),
        (256, 2),
    )
    return [first, second]


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name if isinstance(target, Target) else target)
def test_the_interpreter_s_bits(target: int | Target, flow: str, tmp_path: Path) -> None:
    path = DATA / f"products_{flow}.vmfb"
    reference, program = transpile.load(path, engine="interpreter"), compiled(path, tmp_path, target)
    for image in images():
        assert same(reference.products(image.copy()), program.call("products", [image])[0])


def sums(name: str) -> list[Run]:
    """The steps that sum up products of bytes, with what is made of the sums."""
    module, export = lower(loader.read(DATA / f"{name}.vmfb")), name.partition("_")[0]
    steps = joined(split(joined(schedules(module, {export: {}})[0].steps)))
    steps = joined(fused(split(joined(fused(steps, converts=True))), converts=True))
    return [step for step in steps if isinstance(step, Run) and step.nest is not None and step.nest.finish is not None]


def end(run: Run) -> list[Op]:
    """What is done with the last running values."""
    assert run.nest is not None and run.nest.finish is not None
    return run.nest.finish.body


def left(run: Run) -> set[Operation]:
    """What rounding takes that is done with the last running values."""
    return {op.row.does for op in end(run)} & SPARED


@pytest.mark.parametrize("flow", FLOWS)
def test_nothing_but_a_sum_and_bounds_is_left_of_rounding(flow: str) -> None:
    """Five scales: by them no sum is so large that its last bit counts more than 1; by the sixth some are."""
    runs = sums(f"products_{flow}")
    assert len(runs) == 6 and all(left(run) == SPARED for run in runs)
    made = [run for run in requantised(runs) if isinstance(run, Run)]
    assert [left(run) for run in made].count(set()) == 5
    (large,) = (run for run in made if left(run))
    assert left(large) >= {Operation.ROUND_EVEN} and Operation.CMP_NAN not in left(large)


@pytest.mark.parametrize("flow", FLOWS)
def test_a_byte_of_a_byte_is_bounded(flow: str) -> None:
    """Of a ReLU between two roundings the bound is left: it is where that of bytes was."""
    runs = sums(f"products_{flow}")
    twice = [run for run in runs if [op.row.does for op in end(run)].count(Operation.ROUND_EVEN) == 2]
    assert len(twice) == 3
    for run in requantised(twice)[:2]:
        assert isinstance(run, Run)
        bounds = [op for op in end(run) if op.row.does in (Operation.MIN, Operation.MAX)]
        assert [constant_number(value) for op in bounds for value in op.operands[1:]] == [0, 127]


@pytest.mark.parametrize("name", ["products_vmvx", "residual_int8_inline"])
def test_every_number_is_in_its_range(name: str) -> None:
    """The last running values from end to end of their range, with what is loaded at both ends of its."""
    seen = 0
    for run in sums(name):
        known = ranges(run)
        finish = run.nest.finish if run.nest else None
        assert finish is not None
        if finish.running not in known:
            continue
        last = known[finish.running]
        for edge in ("low", "high"):
            bits = {finish.running: bits_of(np.unique(np.linspace(last.low, last.high, 10001).astype(np.int64)), "i32")}
            for load in finish.loads:
                if load.op.result in known:
                    number = np.full(len(bits[finish.running]), getattr(known[load.op.result], edge))
                    bits[load.op.result] = bits_of(number, load.op.result.type)
            for op in finish.body:
                if all(value in bits or constant_number(value) is not None for value in op.operands):
                    made = compute_bits(op.row, [given(bits, value, finish.running) for value in op.operands])
                    if made is not None and op.operands:
                        bits[op.result] = made
                        seen += op.result in known
                        assert op.result not in known or is_between(made, op.result.type, known[op.result]), op.mnemonic
    assert seen > 50


def bits_of(numbers: Array, kind: str) -> Bits:
    words: Bits = numbers.astype("<f4" if kind == "f32" else "<i4").view("<u4").astype(np.uint64)
    return words


def given(bits: dict[Value, Bits], value: Value, running: Value) -> Bits:
    """The bits of a value, which may be a constant."""
    constant = constant_number(value)
    return bits[value] if constant is None else bits_of(np.full(len(bits[running]), constant), value.type)


def is_between(bits: Bits, kind: str, range_: Between) -> bool:
    numbers = bits.astype("<u4").view("<f4" if kind == "f32" else "<i4").astype(np.float64)
    return bool((numbers >= range_.low).all() and (numbers <= range_.high).all())


def test_where_numbers_can_be_anything_all_stays() -> None:
    """The image is an input: it may be no number."""
    module = lower(loader.read(DATA / "products_vmvx.vmfb"))
    steps = split(joined(schedules(module, {"products": {}})[0].steps))
    first = steps[0]
    assert isinstance(first, Run) and first.nest is not None
    assert {op.row.does for op in first.nest.body} >= SPARED
    assert requantised([first]) == [first]


def test_half_a_step_is_rounded_to_even() -> None:
    """Numbers that 1.5 * 2^23 is added to, up to those that are too large for that."""
    magic, numbers = np.float32(1.5 * 2**23), np.arange(1 - 2**22, 2**22 - 1, 0.5).astype(np.float32)
    assert ((numbers + magic).view(np.int32) - magic.view(np.int32) == np.rint(numbers)).all()
