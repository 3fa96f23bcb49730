"""What the initialisation computes is a constant: what is computed ahead of time, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from tests.static.support import ROOT
from transpile import loader
from transpile.host import initial
from transpile.host.numbers import compute_bits
from transpile.host.program import schedules
from transpile.host.schedule import reads
from transpile.host.values import NotStatic
from transpile.isa.operations import Operation
from transpile.isa.table import row_of
from transpile.pipeline import Lowered, lower

DATA = ROOT / "tests" / "static" / "data"
ROWS = np.array([[1.0, -2.0, 0.5, 3.0, 7.0], [0.1, 0.2, 0.3, 0.4, -0.0], [1.0e10, 3.0, 1.0, 9.0, 0.0]], np.float32)
SCALE = np.array([[0.3], [1.7], [-2.5]], np.float32)
"""The constants of `initial.mlir`."""


@pytest.fixture
def lowered() -> Lowered:
    return lower(loader.read(DATA / "initial_vmvx.vmfb"))


def test_it_is_nothing_but_constants(lowered: Lowered) -> None:
    """No step computes what the initialisation has computed."""
    scale, count = schedules(lowered, {"scale": {}, "count": {}})
    (scaled,) = {
        walked.storage for step in scale.steps for walked in reads(step) if walked.storage.kind == "constant"
    }
    assert scaled.data is not None
    with np.errstate(divide="ignore"):
        expected = abs((ROWS * SCALE + SCALE) / ROWS).T
    assert np.array_equal(np.frombuffer(scaled.data, np.float32, 15).reshape(5, 3), expected)
    (sums,) = count.state
    assert sums.range.storage.initial is not None
    assert np.frombuffer(sums.range.storage.initial, np.int32).tolist() == [10063, 16423, 80645]


def test_at_most_so_many_elements(lowered: Lowered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(initial, "INITIALISED", 200)
    with pytest.raises(NotStatic, match="the initialisation computes more than 200 elements") as caught:
        schedules(lowered, {"scale": {}})
    assert "_initializer_0_dispatch" in caught.value.where


@pytest.mark.parametrize(
    ("does", "values"),
    [
        (Operation.ADD, (1e-40, 1.0)),
        (Operation.MUL, (1e-20, 1e-20)),
        (Operation.FMA, (1e-20, 1e-20, 1.0)),
        (Operation.DIV, (0.0, 0.0)),
        (Operation.EXP, (1.0,)),
    ],
    ids=lambda value: value.value if isinstance(value, Operation) else "",
)
def test_bits_that_depend_on_the_processor(does: Operation, values: tuple[float, ...]) -> None:
    """Denormals that go in, come out or are between; NaNs; mathematics."""
    bits = [np.array([value], np.float32).view(np.uint32).astype(np.uint64) for value in values]
    assert compute_bits(row_of(does, "f32"), bits) is None


def test_all_elements_have_to_be_known() -> None:
    """One that is not makes all unknown; else each is computed."""
    ones = np.array([1.0, 2.0], np.float32).view(np.uint32).astype(np.uint64)
    made = compute_bits(row_of(Operation.SUB, "f32"), [ones, ones[:1]])
    assert made is not None
    assert made.astype(np.uint32).view(np.float32).tolist() == [0.0, 1.0]
    others = np.array([1.0, 1e-40], np.float32).view(np.uint32).astype(np.uint64)
    assert compute_bits(row_of(Operation.SUB, "f32"), [ones, others]) is None
