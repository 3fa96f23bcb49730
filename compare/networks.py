"""Networks of the suite that no package ships, written with the `onnx` helper API; weights are random with a seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from compare.quantise import quantised

OPSET = 17


class _Builder:
    """A graph under construction; each method adds a node and returns the name of its result."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"{kind.lower()}{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, value: Any) -> str:
        name = f"constant{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def weights(self, *shape: int, fan_in: int, gain: float = 1.0) -> str:
        drawn = self._rng.standard_normal(shape) * gain / math.sqrt(fan_in)
        return self.constant(drawn.astype(np.float32))

    def convolution(
        self, x: str, channels: tuple[int, int], kernel: int = 1, stride: int = 1, groups: int = 1, clip: bool = True
    ) -> str:
        before, after = channels
        each = before // groups
        weights = self.weights(after, each, kernel, kernel, fan_in=each * kernel * kernel, gain=math.sqrt(2))
        sizes = {"kernel_shape": [kernel] * 2, "strides": [stride] * 2, "pads": [kernel // 2] * 4, "group": groups}
        made = self.node("Conv", x, weights, self.weights(after, fan_in=100), **sizes)
        return self.node("Clip", made, self.constant(np.float32(0)), self.constant(np.float32(6))) if clip else made

    def linear(self, x: str, before: int, after: int) -> str:
        product = self.node("MatMul", x, self.weights(before, after, fan_in=before))
        return self.node("Add", product, self.weights(after, fan_in=100))

    def reshape(self, x: str, *shape: int) -> str:
        return self.node("Reshape", x, self.constant(np.array(shape, np.int64)))

    def norm(self, x: str, width: int) -> str:
        one, zero = self.constant(np.ones(width, np.float32)), self.constant(np.zeros(width, np.float32))
        return self.node("LayerNormalization", x, one, zero, axis=-1)

    def gelu(self, x: str) -> str:
        root = self.constant(np.float32(math.sqrt(0.5)))
        erf = self.node("Erf", self.node("Mul", x, root))
        half = self.node("Mul", x, self.constant(np.float32(0.5)))
        return self.node("Mul", half, self.node("Add", erf, self.constant(np.float32(1))))

    def model(self, name: str, shape: Sequence[int], result: str, result_shape: Sequence[int]) -> ModelProto:
        inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)]
        outputs = [helper.make_tensor_value_info(result, TensorProto.FLOAT, result_shape)]
        graph = helper.make_graph(self._nodes, name, inputs, outputs, self._constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


_BLOCKS = ((1, 8, 1, 1), (6, 8, 2, 2), (6, 16, 3, 2), (6, 24, 4, 2), (6, 32, 3, 1), (6, 56, 3, 2), (6, 112, 1, 1))
"""MobileNetV2 at width 0.35: expansion, channels, repetitions, first stride."""


def mobilenet(seed: int = 0) -> ModelProto:
    """MobileNetV2 0.35 at 96x96: depthwise convolutions between pointwise ones."""
    graph = _Builder(seed)
    x, channels = graph.convolution("x", (3, 16), kernel=3, stride=2), 16
    for expansion, after, repetitions, first in _BLOCKS:
        for number in range(repetitions):
            x = _inverted_residual(graph, x, (channels, after), expansion, first if number == 0 else 1)
            channels = after
    x = graph.convolution(x, (channels, 1280))
    x = graph.reshape(graph.node("GlobalAveragePool", x), 1, 1280)
    return graph.model("mobilenet", (1, 3, 96, 96), graph.linear(x, 1280, 1000), (1, 1000))


def _inverted_residual(graph: _Builder, x: str, channels: tuple[int, int], expansion: int, stride: int) -> str:
    before, after = channels
    wide = before * expansion
    inside = graph.convolution(x, (before, wide)) if expansion > 1 else x
    inside = graph.convolution(inside, (wide, wide), kernel=3, stride=stride, groups=wide)
    inside = graph.convolution(inside, (wide, after), clip=False)
    return graph.node("Add", x, inside) if stride == 1 and before == after else inside


def encoder(seed: int = 0, layers: int = 4, tokens: int = 128, width: int = 256, heads: int = 4) -> ModelProto:
    """A transformer encoder: attention, layer norm, GELU."""
    graph = _Builder(seed)
    x = "x"
    for _ in range(layers):
        x = graph.node("Add", x, _attention(graph, graph.norm(x, width), tokens, width, heads))
        inside = graph.gelu(graph.linear(graph.norm(x, width), width, 4 * width))
        x = graph.node("Add", x, graph.linear(inside, 4 * width, width))
    return graph.model("encoder", (1, tokens, width), graph.norm(x, width), (1, tokens, width))


def _attention(graph: _Builder, x: str, tokens: int, width: int, heads: int) -> str:
    each = width // heads

    def split(order: Sequence[int]) -> str:
        made = graph.reshape(graph.linear(x, width, width), 1, tokens, heads, each)
        return graph.node("Transpose", made, perm=list(order))

    queries, keys, values = split((0, 2, 1, 3)), split((0, 2, 3, 1)), split((0, 2, 1, 3))
    scores = graph.node("Mul", graph.node("MatMul", queries, keys), graph.constant(np.float32(1 / math.sqrt(each))))
    mixed = graph.node("MatMul", graph.node("Softmax", scores, axis=-1), values)
    joined = graph.reshape(graph.node("Transpose", mixed, perm=[0, 2, 1, 3]), 1, tokens, width)
    return graph.linear(joined, width, width)


def resnet8(seed: int = 0) -> ModelProto:
    """ResNet-8 at 32x32, as in MLPerf Tiny: three pairs of convolutions, each with a way around it."""
    graph = _Builder(seed)
    x, width = graph.node("Relu", graph.convolution("x", (3, 16), 3, clip=False)), 16
    for after, stride in ((16, 1), (32, 2), (64, 2)):
        inside = graph.node("Relu", graph.convolution(x, (width, after), 3, stride, clip=False))
        inside = graph.convolution(inside, (after, after), 3, clip=False)
        around = graph.convolution(x, (width, after), 1, stride, clip=False) if stride > 1 else x
        x, width = graph.node("Relu", graph.node("Add", around, inside)), after
    x = graph.reshape(graph.node("GlobalAveragePool", x), 1, width)
    return graph.model("resnet8", (1, 3, 32, 32), graph.linear(x, width, 10), (1, 10))


def convolution(
    kernel: int, channels: tuple[int, int], size: int, depthwise: bool = False, seed: int = 0
) -> ModelProto:
    """One convolution and its activation, as they are in the middle of a network."""
    graph, (before, after) = _Builder(seed), channels
    made = graph.convolution("x", channels, kernel, groups=before if depthwise else 1)
    return graph.model(f"convolution{kernel}", (1, before, size, size), made, (1, after, size, size))


NETWORKS: dict[str, Callable[[], ModelProto]] = {
    "convolution_1x1": lambda: convolution(1, (256, 64), 56),
    "convolution_3x3": lambda: convolution(3, (64, 64), 56),
    "convolution_depthwise": lambda: convolution(3, (96, 96), 56, depthwise=True),
    "mobilenet": mobilenet,
    "encoder": encoder,
    "resnet8": resnet8,
    "resnet8_int8": lambda: quantised(resnet8()),
}
