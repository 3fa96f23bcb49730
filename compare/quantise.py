"""Networks of 8-bit integers, as ONNX Runtime's static quantiser writes them: operators between QuantizeLinear and
DequantizeLinear."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from compare.engines import Unavailable

_SAMPLES = 8
"""Random inputs by which ranges are found."""


def quantised(model: onnx.ModelProto, seed: int = 0) -> onnx.ModelProto:
    """The model with signed 8-bit weights and activations; ranges are those of random inputs with a seed."""
    try:
        tools: Any = importlib.import_module("onnxruntime.quantization")
        preprocess: Any = importlib.import_module("onnxruntime.quantization.shape_inference")
    except ImportError:
        raise Unavailable("networks are quantised by onnxruntime, which is not installed") from None
    inputs = _inputs(model, seed)

    class Reader(tools.CalibrationDataReader):  # type: ignore[misc]
        def get_next(self) -> Any:
            return next(inputs, None)

    with tempfile.TemporaryDirectory(prefix="compare-") as name:
        source, prepared, target = (Path(name, f"{stage}.onnx") for stage in ("float", "prepared", "int8"))
        onnx.save(model, str(source))
        preprocess.quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        kinds = {"activation_type": tools.QuantType.QInt8, "weight_type": tools.QuantType.QInt8}
        tools.quantize_static(str(prepared), str(target), Reader(), quant_format=tools.QuantFormat.QDQ, **kinds)
        return onnx.load(str(target))


def _inputs(model: onnx.ModelProto, seed: int) -> Iterator[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    for _ in range(_SAMPLES):
        yield {
            value.name: rng.standard_normal([dim.dim_value for dim in value.type.tensor_type.shape.dim]).astype(
                np.float32
            )
            for value in model.graph.input
        }
