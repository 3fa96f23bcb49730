"""Give the `light_*` models of the `onnx` package weights that can detect an indexing error.

The package ships these networks with splat weights, so every channel computes the same value and a compiler that reads
the wrong element still prints the right answer. Every float parameter is replaced by a seeded random one, scaled so
that activations stay finite and varied from the first layer to the last.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import ModelProto, NodeProto, numpy_helper

Array = npt.NDArray[np.float32]
Draw = Callable[[np.random.Generator, tuple[int, ...]], Array]

# Residual sums add up: their branches are damped by a small batch-norm scale. Logits of order one keep softmax varied.
SCALE_RANGE = {"light_resnet50": (0.3, 0.9), "light_shufflenet": (0.4, 1.0)}
LOGIT_GAIN = {"light_inception_v1": 0.3, "light_inception_v2": 0.15, "light_shufflenet": 0.15}


def light_model_path(name: str) -> Path:
    """Where the installed `onnx` package keeps `<name>.onnx`."""
    return Path(onnx.__file__).parent / "backend" / "test" / "data" / "light" / f"{name}.onnx"


def he_normal(gain: float = 1.0) -> Draw:
    """Weights whose fan-in keeps the variance through a ReLU (fan-in: every dimension but the first)."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        fan_in = max(1, int(np.prod(shape[1:])))
        drawn = rng.standard_normal(shape) * gain * float(np.sqrt(2.0 / fan_in))
        return np.asarray(drawn, np.float32)

    return draw


def normal(spread: float) -> Draw:
    """Values around zero: biases and means."""
    return lambda rng, shape: np.asarray(rng.standard_normal(shape) * spread, np.float32)


def uniform(low: float, high: float) -> Draw:
    """Positive values: scales and variances."""
    return lambda rng, shape: rng.uniform(low, high, shape).astype(np.float32)


def draws_for(name: str, op_type: str, last: bool) -> dict[int, Draw]:
    """What each parameter operand of an operator is drawn from, by operand position."""
    weight = he_normal(LOGIT_GAIN.get(name, 1.0) if last else 1.0)
    scale = uniform(*SCALE_RANGE.get(name, (0.7, 1.3)))
    table: dict[str, dict[int, Draw]] = {
        "Conv": {1: weight, 2: normal(0.05)},
        "Gemm": {1: weight, 2: normal(0.05)},
        "BatchNormalization": {1: scale, 2: normal(0.1), 3: normal(0.1), 4: uniform(0.7, 1.3)},
        "Mul": {1: uniform(0.7, 1.3)},
        "Add": {1: normal(0.1)},
    }
    return table.get(op_type, {})


def parameter_shapes(model: ModelProto) -> dict[str, tuple[int, ...]]:
    """Shapes of all float parameters: initializers, and `ConstantOfShape` nodes over a constant shape."""
    constants = {item.name: item for item in model.graph.initializer}
    floats = {name: tuple(item.dims) for name, item in constants.items() if item.data_type == onnx.TensorProto.FLOAT}
    for node in model.graph.node:
        if node.op_type == "ConstantOfShape":
            shape = numpy_helper.to_array(constants[node.input[0]])
            floats[node.output[0]] = tuple(int(extent) for extent in shape)
    return floats


def behind_views(model: ModelProto) -> dict[str, str]:
    """Maps the output of a reshaping node to its input: the parameter may be behind one."""
    views = ("Unsqueeze", "Reshape")
    return {node.output[0]: node.input[0] for node in model.graph.node if node.op_type in views}


def random_parameters(model: ModelProto, name: str, seed: int) -> dict[str, Array]:
    """Draws every parameter once, in graph order, so that a seed always gives the same network."""
    rng = np.random.default_rng(seed)
    shapes, behind = parameter_shapes(model), behind_views(model)
    layers = [node for node in model.graph.node if node.op_type in ("Conv", "Gemm")]
    drawn: dict[str, Array] = {}
    for node in model.graph.node:
        for position, draw in draws_for(name, node.op_type, node is layers[-1]).items():
            operand = node.input[position] if position < len(node.input) else ""
            parameter = behind.get(operand, operand)
            if parameter in shapes and parameter not in drawn:
                drawn[parameter] = draw(rng, shapes[parameter])
    return drawn


def is_replaced(node: NodeProto, drawn: dict[str, Array]) -> bool:
    return node.op_type == "ConstantOfShape" and node.output[0] in drawn


def with_random_weights(name: str, seed: int = 0) -> ModelProto:
    """The light model `name` with random weights as plain initializers."""
    model = onnx.load(light_model_path(name))
    drawn = random_parameters(model, name, seed)
    graph = model.graph
    nodes = [node for node in graph.node if not is_replaced(node, drawn)]
    used = {operand for node in nodes for operand in node.input}
    kept = [item for item in graph.initializer if item.name not in drawn and item.name in used]
    named = {item.name for item in graph.initializer}
    inputs = [item for item in graph.input if item.name not in named]
    for field, items in (("node", nodes), ("initializer", kept), ("input", inputs)):
        graph.ClearField(field)
        getattr(graph, field).extend(items)
    graph.initializer.extend(numpy_helper.from_array(value, key) for key, value in sorted(drawn.items()))
    model.ir_version = 8  # initializers need not be graph inputs from version 4 on
    onnx.checker.check_model(model)
    return model


def input_shape(model: ModelProto) -> tuple[int, ...]:
    """Shape of the only real input."""
    dims = model.graph.input[0].type.tensor_type.shape.dim
    return tuple(dim.dim_value for dim in dims)
