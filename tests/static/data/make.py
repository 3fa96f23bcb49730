"""Writes the modules of this folder anew: python -m tests.static.data.make (needs the extra `compiler`; onnxruntime).

residual: a padded convolution, a residual block, a strided one, a depthwise one, pooling, a dense layer and softmax.
residual_int8, channels_int8: with int8 weights and activations, as QuantizeLinear and DequantizeLinear (QDQ).
parts: layers of sizes that are no multiples of the tiles that the compiler makes workgroups of.
numbers: functions that take and give numbers beside arrays.
counters: functions that keep numbers in globals.
packed, cells: functions that keep tensors in globals, which share a buffer at first; toggled, decided: with
numbers that change together with them.
exchanged: functions that exchange tensors in globals, and compute them from what they were.
updated: functions that write a tensor in place, which shares a buffer at first.
merged: functions that make one tensor of two that lie apart at first.
initial: an initialisation that computes with floats and integers (in the flow vmvx, the only one that takes it).
products: sums of bytes that become bytes again, by way of scales that round up, down and to even.
channels: layers that go channel by channel, with borders: depthwise convolutions one behind another, pooling.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import transpile
from tests.devices.networks import quantised
from transpile.front import Flow

FOLDER = Path(__file__).parent


class Net:
    """A network with one input that grows by a layer a call."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(7)
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def weight(self, *shape: int) -> str:
        name = f"w{len(self.weights)}"
        values = self.random.standard_normal(shape).astype(np.float32) / 3
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"x{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def conv(self, x: str, inputs: int, outputs: int, stride: int = 1, groups: int = 1) -> str:
        weights, bias = self.weight(outputs, inputs // groups, 3, 3), self.weight(outputs)
        return self.add("Conv", x, weights, bias, pads=[1, 1, 1, 1], strides=[stride, stride], group=groups)

    def model(self, result: str, name: str, shape: list[int], result_shape: list[int]) -> onnx.ModelProto:
        self.nodes.append(helper.make_node("Identity", [result], ["scores"]))
        image = helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)
        scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, result_shape)
        graph = helper.make_graph(self.nodes, name, [image], [scores], self.weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def residual() -> onnx.ModelProto:
    """8x8 images of 3 channels."""
    net = Net()
    x = net.add("Relu", net.conv("image", 3, 4))
    y = net.conv(net.add("Relu", net.conv(x, 4, 4)), 4, 4)
    x = net.add("Relu", net.add("Add", x, y))
    x = net.add("Relu", net.conv(x, 4, 8, stride=2))
    x = net.add("Relu", net.conv(x, 8, 8, groups=8))
    x = net.add("Flatten", net.add("GlobalAveragePool", x))
    x = net.add("Softmax", net.add("Gemm", x, net.weight(5, 8), net.weight(5), transB=1), axis=1)
    return net.model(x, "residual", [1, 3, 8, 8], [1, 5])


def parts() -> onnx.ModelProto:
    """70x75 images of 2 channels."""
    net = Net()
    x = net.add("Relu", net.add("Conv", "image", net.weight(66, 2, 2, 2), net.weight(66)))
    x = net.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
    x = net.add("Relu", net.add("Conv", x, net.weight(72, 66, 1, 1), net.weight(72)))
    x = net.add("Flatten", net.add("GlobalAveragePool", x))
    return net.model(net.add("Gemm", x, net.weight(5, 72), net.weight(5), transB=1), "parts", [1, 2, 70, 75], [1, 5])


def channels() -> onnx.ModelProto:
    """12x10 images of 2 channels."""
    net = Net()
    x = net.add("Relu", net.add("Conv", "image", net.weight(6, 2, 1, 1), net.weight(6)))
    x = net.add("Relu", net.conv(x, 6, 6, groups=6))
    x = net.conv(x, 6, 6, groups=6, stride=2)
    x = net.add("MaxPool", x, kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1])
    x = net.conv(net.add("Conv", x, net.weight(5, 6, 1, 1), net.weight(5)), 5, 5, groups=5)
    return net.model(x, "channels", [1, 2, 12, 10], [1, 5, 6, 5])


def products() -> onnx.ModelProto:
    """All products of two bytes, and a little more, made bytes by way of several scales: the image has 256 rows of two
    numbers, which are rounded to bytes first."""
    net = Net()
    for name, value in (("zero", np.int8(0)), ("one", np.float32(1))):
        net.weights.append(numpy_helper.from_array(np.asarray(value), name))

    def rounded(x: str, scale: str) -> str:
        return net.add("DequantizeLinear", net.add("QuantizeLinear", x, scale, "zero"), scale, "zero")

    image = rounded("image", "one")
    parts = []
    for number, scale in enumerate((2.0, 64.0, 0.3, 128.5, 97.3, 0.001)):
        factors = np.stack([np.arange(-128, 128), np.arange(256) % (11 + number)]).astype(np.int8)
        for name, values in ((f"factors{number}", factors), (f"scale{number}", np.float32(scale))):
            net.weights.append(numpy_helper.from_array(np.asarray(values), name))
        x = net.add("MatMul", image, net.add("DequantizeLinear", f"factors{number}", "one", "zero"))
        x = rounded(x, f"scale{number}")
        parts.append(rounded(net.add("Relu", x), f"scale{number}") if number % 2 else x)
    return net.model(net.add("Concat", *parts, axis=0), "products", [256, 2], [6 * 256, 256])


def compile_all(source: Path, flows: Sequence[Flow] = ("vmvx", "inline-static")) -> None:
    """A module in each flow."""
    for flow in flows:
        path = FOLDER / f"{source.stem}_{flow.partition('-')[0]}.vmfb"
        transpile.compile(source, path, flow=flow)


if __name__ == "__main__":
    for made in (residual(), parts(), channels(), products()):
        source = FOLDER / f"{made.graph.name}.onnx"
        onnx.save(made, source)
        compile_all(source)
        source.unlink()
    for made in (residual(), channels()):
        source = FOLDER / f"{made.graph.name}.onnx"
        onnx.save(made, source)
        compile_all(quantised(lambda _, source=source: source)(FOLDER))
    for source in FOLDER.glob("*.onnx"):
        source.unlink()
    for name in ("numbers", "counters", "packed", "cells", "exchanged", "updated", "merged"):
        compile_all(FOLDER / f"{name}.mlir")
    for name in ("initial", "toggled", "decided"):
        compile_all(FOLDER / f"{name}.mlir", ["vmvx"])
