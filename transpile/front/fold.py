"""Arithmetic on shapes, done before the model is compiled.

Exporters write `Reshape(x, Concat(Gather(Shape(x), 0), ...))`.  Where the shape is known so is all of that, and IREE
compiles `Reshape(x, [1, 64])` to better code, or compiles it at all.  Only operators whose result is the same
everywhere are computed, and only small ones: no weight of a network changes a bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

ELEMENTS = 4096
"""Of a result that is computed here, at most."""
_EXACT = frozenset(
    "Add And Cast Ceil Concat ConstantOfShape Div Equal Expand Flatten Floor Gather Greater GreaterOrEqual Identity "
    "Less LessOrEqual Max Min Mod Mul Neg Not Or Range ReduceProd Reshape Size Slice Split Squeeze Sub Tile Transpose "
    "Unsqueeze Where".split()
)
_STANDARD = ("", "ai.onnx")


def fold(model: onnx.ModelProto) -> bool:
    """Replace nodes of the main graph whose results are known by constants; whether there were any."""
    known = constants(model.graph)
    sizes = shapes(model.graph)
    results = {value.name for value in model.graph.output}
    kept, found = [], False
    for node in model.graph.node:
        values = None if results.intersection(node.output) else _evaluated(node, known, sizes, model)
        if values is None:
            kept.append(node)
            continue
        found = True
        for name, value in values.items():
            known[name] = value
            model.graph.initializer.append(numpy_helper.from_array(value, name))
    if found:
        del model.graph.node[:]
        model.graph.node.extend(kept)
        _drop_unused(model.graph)
    return found


def constants(graph: onnx.GraphProto) -> dict[str, np.ndarray[Any, Any]]:
    """Small tensors that are in the file, by name."""
    inputs = {value.name for value in graph.input}
    small = [tensor for tensor in graph.initializer if np.prod(tensor.dims, dtype=np.int64) <= ELEMENTS]
    known = {tensor.name: _array(tensor) for tensor in small if tensor.name not in inputs}
    for node in graph.node:
        if node.op_type == "Constant" and len(node.attribute) == 1 and node.attribute[0].HasField("t"):
            tensor = node.attribute[0].t
            if np.prod(tensor.dims, dtype=np.int64) <= ELEMENTS:
                known[node.output[0]] = _array(tensor)
    return {name: value for name, value in known.items() if value is not None}


def _array(tensor: onnx.TensorProto) -> Any:
    try:
        return numpy_helper.to_array(tensor)
    except (ValueError, TypeError):  # types that numpy does not have
        return None


def shapes(graph: onnx.GraphProto) -> dict[str, tuple[int, ...]]:
    """Shapes that are known as a whole."""
    found = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for value in (*graph.input, *graph.value_info):
        tensor = value.type.tensor_type
        sizes = [dim.dim_value if dim.HasField("dim_value") else -1 for dim in tensor.shape.dim]
        if tensor.HasField("shape") and min(sizes, default=0) >= 0:
            found[value.name] = tuple(sizes)
    return found


def _evaluated(
    node: onnx.NodeProto, known: dict[str, np.ndarray[Any, Any]], sizes: dict[str, tuple[int, ...]], model: Any
) -> dict[str, np.ndarray[Any, Any]] | None:
    """The results of a node by name; None where they are not known, or not exact, or large."""
    if node.domain not in _STANDARD:
        return None
    if node.op_type == "Shape" and node.input[0] in sizes:
        begin, end = (next((a.i for a in node.attribute if a.name == name), None) for name in ("start", "end"))
        return {node.output[0]: np.array(sizes[node.input[0]][begin:end], np.int64)}
    if node.op_type not in _EXACT or any(name and name not in known for name in node.input) or not node.input:
        return None
    given = {name: known[name] for name in node.input if name}
    try:
        results = ReferenceEvaluator(_alone(node, given, model)).run(None, given)
    except Exception:  # what the evaluator cannot do stays where it was
        return None
    pairs = [(name, np.asarray(value)) for name, value in zip(node.output, results, strict=False) if name]
    small = all(value.size <= ELEMENTS and value.dtype.kind in "biuf" for _, value in pairs)
    return dict(pairs) if small else None


def _alone(node: onnx.NodeProto, given: dict[str, np.ndarray[Any, Any]], model: Any) -> onnx.ModelProto:
    """A model of this node alone."""
    types = {name: onnx.helper.np_dtype_to_tensor_dtype(value.dtype) for name, value in given.items()}
    ins = [onnx.helper.make_tensor_value_info(name, kind, given[name].shape) for name, kind in types.items()]
    outs = [onnx.helper.make_empty_tensor_value_info(name) for name in node.output if name]
    graph = onnx.helper.make_graph([node], "node", ins, outs)
    return onnx.helper.make_model(graph, opset_imports=model.opset_import, ir_version=min(model.ir_version, 10))


def _drop_unused(graph: onnx.GraphProto) -> None:
    """Constants that nothing refers to any more."""
    inner = [a.g for node in graph.node for a in node.attribute if a.HasField("g")]
    if inner:  # subgraphs use names of the graph around them
        return
    used = {name for node in graph.node for name in node.input}
    used |= {value.name for value in (*graph.input, *graph.output)}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
