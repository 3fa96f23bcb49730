"""The ONNX model a module was made from, in ONNX Runtime."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compare.engines.base import Engine
from compare.values import Call, Outcome, normal


@dataclass(frozen=True)
class OnnxRuntime:
    """The `.onnx` file a module was made from, in ONNX Runtime."""

    model: Path
    threads: int = 1

    def open(self) -> Engine:
        return _OnnxRuntimeEngine(self)


class _OnnxRuntimeEngine:
    def __init__(self, spec: OnnxRuntime) -> None:
        ort: Any = importlib.import_module("onnxruntime")  # typed only where it is installed

        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = spec.threads
        self._session = ort.InferenceSession(str(spec.model), options, providers=["CPUExecutionProvider"])
        self._names = [item.name for item in self._session.get_inputs()]

    def reset(self) -> None:
        """There is no state."""

    def call(self, call: Call) -> Outcome:
        outputs = self._session.run(None, dict(zip(self._names, call.arguments, strict=True)))
        return Outcome(tuple(normal(value) for value in outputs))

    def prepare(self, call: Call) -> Callable[[], None]:
        feed = dict(zip(self._names, call.arguments, strict=True))
        run = self._session.run
        return lambda: run(None, feed)
