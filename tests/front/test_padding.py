"""Padding that IREE refuses is written in another way, with the same results; sizes that exporters leave open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx")
pytest.importorskip("iree.compiler")

import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

import transpile
from tests.front import models
from transpile.errors import UsageError
from transpile.front import ModelOptions
from transpile.front.graph import prepare


def random(*shape: int) -> Any:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def prepared(path: Path, options: ModelOptions | None = None) -> onnx.ModelProto:
    return prepare(onnx.load(str(path)), options or ModelOptions(), lambda text: None)


def padded(path: Path, shape: Sequence[int | str], pads: Sequence[int], mode: str) -> Path:
    node = helper.make_node("Pad", ["x", "pads"], ["y"], mode=mode, name="/pad")
    widths = numpy_helper.from_array(np.array(pads, np.int64), "pads")
    outputs = [models.value("y", [None] * len(shape))]
    return models.save(path, [node], [models.value("x", shape)], outputs, [widths], opset=19)


@pytest.mark.parametrize("mode", ["reflect", "edge", "wrap"])
@pytest.mark.parametrize(("shape", "pads"), [([1, 5], [0, 0, 0, 3]), ([2, 4, 5], [0, 1, 2, 0, 3, 1])], ids=str)
def test_repeated_elements_are_selected(tmp_path: Path, mode: str, shape: list[int], pads: list[int]) -> None:
    path, x = padded(tmp_path / "pad.onnx", shape, pads, mode), random(*shape)
    made = prepared(path)
    assert {node.op_type for node in made.graph.node} == {"Gather"}
    before, behind = pads[: len(shape)], pads[len(shape) :]
    expected = np.pad(x, list(zip(before, behind, strict=True)), mode=mode)  # type: ignore[call-overload]
    assert np.array_equal(ReferenceEvaluator(made).run(None, {"x": x})[0], expected)


def test_a_reflected_signal_runs(tmp_path: Path) -> None:
    x = random(1, 5)
    found = transpile.load(padded(tmp_path / "pad.onnx", [1, 5], [0, 0, 0, 3], "reflect")).predict(x)
    assert np.array_equal(found, np.pad(x, [(0, 0), (0, 3)], mode="reflect"))


@pytest.mark.parametrize(
    ("shape", "pads", "mode"),
    [([1, 5], [0, 0, 0, 3], "constant"), ([1, "n"], [0, 0, 0, 3], "reflect"), ([1, 5], [0, 2, 0, -1], "edge")],
)
def test_other_padding_stays(tmp_path: Path, shape: list[int | str], pads: list[int], mode: str) -> None:
    assert [n.op_type for n in prepared(padded(tmp_path / "pad.onnx", shape, pads, mode)).graph.node] == ["Pad"]


def convolution(path: Path, size: int, strides: Sequence[int] = (2,)) -> Path:
    nodes = [helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=[3], strides=strides, pads=[1, 1])]
    return models.save(path, nodes, [models.value("x", [1, 4, size])], [models.value("y", [1, 2, None])], [
        models.weight("w", 2, 4, 3)
    ])  # fmt: skip


def test_a_window_that_does_not_reach_the_end(tmp_path: Path) -> None:
    path, x = convolution(tmp_path / "conv.onnx", 2), random(1, 4, 2)
    expected = ReferenceEvaluator(onnx.load(str(path))).run(None, {"x": x})[0]
    found = transpile.load(path).predict(x)
    assert found.shape == (1, 2, 1)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize(("size", "pads"), [(2, [1, 0]), (1, [1, 1]), (4, [1, 1]), (3, [1, 1])])
def test_only_what_one_window_leaves_unread_is_trimmed(tmp_path: Path, size: int, pads: list[int]) -> None:
    (node,) = prepared(convolution(tmp_path / "conv.onnx", size)).graph.node
    assert next(list(each.ints) for each in node.attribute if each.name == "pads") == pads


@pytest.mark.parametrize("open_size", ["?", -1])
def test_a_size_that_is_written_as_open(tmp_path: Path, open_size: int | str) -> None:
    """Paddle's exporter writes `?` for every dimension without a name, or -1."""
    nodes = [helper.make_node("Relu", ["x"], ["y"])]
    sizes = [open_size, open_size, 3]
    path = models.save(tmp_path / "open.onnx", nodes, [models.value("x", sizes)], [models.value("y", sizes)])
    x = random(2, 4, 3)
    assert np.array_equal(transpile.load(path, shapes={"x": (2, 4, 3)}).predict(x), np.maximum(x, 0))
    assert transpile.load(path).predict(x).shape == (2, 4, 3)
    with pytest.raises(UsageError, match="there is no dimension"):
        prepared(path, ModelOptions(dims={"?": 4}))
