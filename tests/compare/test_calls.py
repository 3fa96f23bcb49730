"""What a call from Python costs: `python -m compare calls`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import compare.calls
from compare.calls import FLOWS, Leg, legs_of, measure_calls, tiny_model
from compare.cli import PROBLEM, WRONG
from compare.cli import compare as command
from compare.equality import Verdict

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("iree.compiler")


def test_the_table() -> None:
    result = CliRunner().invoke(command, ["calls", "--rounds=3", "--calls=2"], env={"COLUMNS": "120"})
    assert result.exit_code == 0, result.output
    for name in ("C, hal ", "C, hal, out=", "C, inline ", "C, inline, out=", "ONNX Runtime"):
        (line,) = (line for line in result.output.splitlines() if f" {name}" in line and "called" not in line)
        assert "close" in line if name == "ONNX Runtime" else "equal bits" in line
        assert line.count("µs") >= 1 and line.rstrip(" │").endswith("]")


def test_wrong_outputs_are_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*given: Any) -> Any:
        return lambda: [np.zeros((1, 10), np.float32)]

    monkeypatch.setattr(compare.calls, "_onnx_runtime", wrong)
    result = CliRunner().invoke(command, ["calls", "--rounds=1"])
    assert result.exit_code == WRONG and "WRONG" in result.output and "µs" not in result.output


def test_rounds_are_interleaved() -> None:
    order: list[str] = []
    legs = [Leg(name, lambda name=name: order.append(name), Verdict("equal")) for name in "ab"]  # type: ignore[misc]
    measure_calls(legs, rounds=2, count=1)
    assert order == ["a", "a", "b", "b"] * 2 and [len(leg.samples) for leg in legs] == [2, 2]
    legs[0].samples, legs[1].samples = [1.0, 2.0, 3.0], [2.0, 4.0, 12.0]
    assert legs[0].ratio_to(legs[1]).median == 2.0


def test_every_leg_calls_directly(tmp_path: Path) -> None:
    from tests.program.test_direct import is_direct

    legs = legs_of(tiny_model(tmp_path / "tiny.onnx"))
    assert len(legs) == 2 * len(FLOWS) + 1
    assert all(is_direct(leg.call.func) for leg in legs[:-1])  # type: ignore[attr-defined]


def test_a_model_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"no model")
    result = CliRunner().invoke(command, ["calls", str(path)])
    assert result.exit_code == PROBLEM and result.output.startswith("error: ")
