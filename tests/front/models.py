"""Small ONNX models for tests; importing this needs onnx."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Shape = Sequence[int | str | None] | None


def value(name: str, shape: Shape, kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def save(
    path: Path,
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto],
    weights: Sequence[onnx.TensorProto] = (),
    *,
    opset: int = 17,
    domains: Sequence[str] = (),
) -> Path:
    graph = helper.make_graph(list(nodes), "predict", list(inputs), list(outputs), list(weights))
    sets = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    onnx.save(helper.make_model(graph, opset_imports=sets, ir_version=8), str(path))
    return path


def weight(name: str, *shape: int) -> onnx.TensorProto:
    values = np.random.default_rng(len(name)).standard_normal(shape).astype(np.float32)
    return numpy_helper.from_array(values, name)


def dense(path: Path, batch: int | str | None = 1) -> Path:
    """Rows of 8 to probabilities of 3."""
    nodes = [
        helper.make_node("Gemm", ["image", "weights", "bias"], ["raw"], name="/dense"),
        helper.make_node("Softmax", ["raw"], ["probabilities"], name="/softmax", axis=1),
    ]
    made = [weight("weights", 8, 3), weight("bias", 3)]
    return save(path, nodes, [value("image", [batch, 8])], [value("probabilities", [batch, 3])], made)


def flattening(path: Path) -> Path:
    """`x.reshape(x.shape[0], -1)` as exporters write it: five nodes of arithmetic on a shape."""
    zero = numpy_helper.from_array(np.array(0, np.int64), "zero")
    rest = numpy_helper.from_array(np.array([-1], np.int64), "rest")
    axis = numpy_helper.from_array(np.array([0], np.int64), "axis")
    nodes = [
        helper.make_node("Shape", ["x"], ["shape"]),
        helper.make_node("Gather", ["shape", "zero"], ["rows"], axis=0),
        helper.make_node("Unsqueeze", ["rows", "axis"], ["rows1"]),
        helper.make_node("Concat", ["rows1", "rest"], ["wanted"], axis=0),
        helper.make_node("Reshape", ["x", "wanted"], ["flat"]),
        helper.make_node("Relu", ["flat"], ["y"]),
    ]
    inputs, outputs = [value("x", ["batch", 2, 3])], [value("y", ["batch", "features"])]
    return save(path, nodes, inputs, outputs, [zero, rest, axis])
