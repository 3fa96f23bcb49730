"""The ways to execute a module inside a worker process, one a file.

A spec describes one; it is sent to the worker and opened there.
"""

from __future__ import annotations

from compare.engines.base import Engine, Unavailable
from compare.engines.by_hand import ByHand
from compare.engines.iree import Iree
from compare.engines.onnx import OnnxRuntime
from compare.engines.programs import Compiled, Interpreted
from compare.engines.static import StaticForm

Spec = Compiled | Interpreted | Iree | ByHand | OnnxRuntime | StaticForm

__all__ = ["ByHand", "Compiled", "Engine", "Interpreted", "Iree", "OnnxRuntime", "Spec", "StaticForm", "Unavailable"]
