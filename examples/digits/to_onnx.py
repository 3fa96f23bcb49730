"""The network of `digits.mlir` as an ONNX model for any number of images: `python to_onnx.py` writes `classifier.onnx`.

Needs numpy and onnx. The weights are read out of the MLIR, so both are the same network.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).parent
_CONSTANT = re.compile(r'%(\w+) = arith\.constant dense<"0x([0-9A-F]+)"> : tensor<([0-9x]+)xf32>')


def weights() -> list[onnx.TensorProto]:
    """The constants of the MLIR, by their names."""
    found = _CONSTANT.findall((HERE / "digits.mlir").read_text(encoding="utf-8"))
    arrays = {
        name: np.frombuffer(bytes.fromhex(text), "<f4").reshape([int(size) for size in shape.split("x")])
        for name, text, shape in found
    }
    return [numpy_helper.from_array(array, name) for name, array in arrays.items()]


def main() -> None:
    nodes = [
        helper.make_node("Gemm", ["image", "w1", "b1"], ["sums"], name="/hidden/Gemm"),
        helper.make_node("Relu", ["sums"], ["hidden"], name="/hidden/Relu"),
        helper.make_node("Gemm", ["hidden", "w2", "b2"], ["logits"], name="/out/Gemm"),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 64])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 10])
    graph = helper.make_graph(nodes, "classify", [image], [logits], weights())
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    (HERE / "classifier.onnx").write_bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
