"""Small networks for devices as ONNX, with seeded random weights: what `python -m tests.devices.show` measures.

Four have the architectures of the MLPerf Tiny tasks: keyword spotting (DS-CNN), image classification (ResNet-8),
anomaly detection (autoencoder), visual wake words (MobileNetV1 0.25).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import quantization

CALIBRATION = 8
"""Random inputs that a quantiser sees."""


class Graph:
    """An ONNX graph that grows by one operator a call."""

    def __init__(self, name: str, seed: int = 0) -> None:
        self.name, self.random = name, np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []
        self.weights: list[onnx.TensorProto] = []

    def input(self, name: str, *shape: int) -> str:
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def constant(self, values: np.ndarray[Any, Any]) -> str:
        name = self._name("w")
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name))
        return name

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = self._name("t")
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def conv(
        self, x: str, inputs: int, outputs: int, kernel: tuple[int, int] = (3, 3), stride: int = 1, **options: Any
    ) -> str:
        """With a bias; options are pads, groups, and whether a ReLU follows: relu."""
        groups, pads = options.get("groups", 1), options.get("pads") or [(k - 1) // 2 for k in kernel]
        weights = self._random(outputs, inputs // groups, *kernel)
        attributes = {"kernel_shape": kernel, "strides": [stride, stride], "pads": [*pads, *pads], "group": groups}
        y = self.op("Conv", x, weights, self._bias(outputs), **attributes)
        return self.op("Relu", y) if options.get("relu", True) else y

    def dense(self, x: str, inputs: int, outputs: int, *, relu: bool = False) -> str:
        y = self.op("Gemm", x, self._random(outputs, inputs), self._bias(outputs), transB=1)
        return self.op("Relu", y) if relu else y

    def output(self, result: str, name: str, *shape: int) -> None:
        self.nodes.append(helper.make_node("Identity", [result], [name]))
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def save(self, folder: Path) -> Path:
        graph = helper.make_graph(self.nodes, self.name, self.inputs, self.outputs, self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(onnx.shape_inference.infer_shapes(model))
        onnx.save(model, folder / f"{self.name}.onnx")
        return folder / f"{self.name}.onnx"

    def _name(self, kind: str) -> str:
        return f"{kind}{len(self.nodes) + len(self.weights) + 1}"

    def _random(self, *shape: int) -> str:
        return self.constant(self.random.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:])))

    def _bias(self, count: int) -> str:
        return self.constant(self.random.standard_normal(count) * 0.1)


def keyword_spotting(folder: Path) -> Path:
    g = Graph("dscnn")
    x = g.conv(g.input("mfcc", 1, 1, 49, 10), 1, 64, (10, 4), 2, pads=[4, 1])
    for _ in range(4):
        x = g.conv(g.conv(x, 64, 64, groups=64), 64, 64, (1, 1))
    x = g.dense(g.op("Flatten", g.op("GlobalAveragePool", x)), 64, 12)
    g.output(g.op("Softmax", x, axis=1), "probabilities", 1, 12)
    return g.save(folder)


def image_classification(folder: Path) -> Path:
    g = Graph("resnet8")
    x, width = g.conv(g.input("image", 1, 3, 32, 32), 3, 16), 16
    for outputs, stride in ((16, 1), (32, 2), (64, 2)):
        y = g.conv(g.conv(x, width, outputs, stride=stride), outputs, outputs, relu=False)
        if stride != 1:
            x = g.conv(x, width, outputs, (1, 1), stride, pads=[0, 0], relu=False)
        x, width = g.op("Relu", g.op("Add", x, y)), outputs
    x = g.dense(g.op("Flatten", g.op("AveragePool", x, kernel_shape=[8, 8])), 64, 10)
    g.output(g.op("Softmax", x, axis=1), "probabilities", 1, 10)
    return g.save(folder)


def anomaly_detection(folder: Path) -> Path:
    g = Graph("autoencoder")
    x, width = g.input("frames", 1, 640), 640
    for outputs in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        x, width = g.dense(x, width, outputs, relu=True), outputs
    g.output(g.dense(x, width, 640), "reconstruction", 1, 640)
    return g.save(folder)


def visual_wake_words(folder: Path) -> Path:
    g = Graph("mobilenet_v1_025")
    x, width = g.conv(g.input("image", 1, 3, 96, 96), 3, 8, stride=2), 8
    steps = [(16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), *[(128, 1)] * 5, (256, 2), (256, 1)]
    for outputs, stride in steps:
        x, width = g.conv(g.conv(x, width, width, stride=stride, groups=width), width, outputs, (1, 1)), outputs
    x = g.dense(g.op("Flatten", g.op("GlobalAveragePool", x)), 256, 2)
    g.output(g.op("Softmax", x, axis=1), "probabilities", 1, 2)
    return g.save(folder)


def lstm_step(folder: Path) -> Path:
    """One step of an LSTM: the next state from an input and the state."""
    g, width, inputs = Graph("lstm_step"), 32, 16
    x, h, c = g.input("x", 1, inputs), g.input("h", 1, width), g.input("c", 1, width)
    gates = g.op("Add", g.dense(x, inputs, 4 * width), g.dense(h, width, 4 * width))
    names = [f"gate{number}" for number in range(4)]
    g.nodes.append(helper.make_node("Split", [gates], names, axis=1))
    i, o, f = (g.op("Sigmoid", name) for name in names[:3])
    cell = g.op("Add", g.op("Mul", f, c), g.op("Mul", i, g.op("Tanh", names[3])))
    g.output(g.op("Mul", o, g.op("Tanh", cell)), "next_h", 1, width)
    g.output(cell, "next_c", 1, width)
    return g.save(folder)


class _Random(quantization.CalibrationDataReader):  # type: ignore[misc]
    """Random inputs of a model."""

    def __init__(self, model: Path) -> None:
        inputs = onnx.load(str(model)).graph.input
        shapes = {each.name: [dim.dim_value for dim in each.type.tensor_type.shape.dim] for each in inputs}
        self._left = iter(_draws(shapes))

    def get_next(self) -> dict[str, np.ndarray[Any, Any]] | None:
        return next(self._left, None)


def _draws(shapes: dict[str, list[int]]) -> Iterator[dict[str, np.ndarray[Any, Any]]]:
    random = np.random.default_rng(1)
    for _ in range(CALIBRATION):
        yield {name: random.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


def quantised(make: Callable[[Path], Path]) -> Callable[[Path], Path]:
    """The network with int8 weights and activations, symmetric, as QuantizeLinear and DequantizeLinear (QDQ)."""

    def made(folder: Path) -> Path:
        model = make(folder)
        target = model.with_name(f"{model.stem}_int8.onnx")
        options = {"ActivationSymmetric": True, "WeightSymmetric": True}
        kinds = {"activation_type": quantization.QuantType.QInt8, "weight_type": quantization.QuantType.QInt8}
        form = quantization.QuantFormat.QDQ
        quantization.quantize_static(model, target, _Random(model), form, extra_options=options, **kinds)
        return target

    return made


FOUR: Sequence[Callable[[Path], Path]] = (keyword_spotting, image_classification, anomaly_detection, visual_wake_words)
NETWORKS: dict[str, Callable[[Path], Path]] = {
    **{make.__name__: make for make in FOUR},
    **{f"{make.__name__}_int8": quantised(make) for make in FOUR},
    "lstm_step": lstm_step,
}
