"""What each leg needs beside the module to run it: the bytes that its runtime loads."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

from compare.engines import Unavailable
from compare.iree_tools import tool
from compare.legs import IREE, NATIVE, ONNX, OURS
from compare.modules import is_inline
from compare.size import BuildSize, sections
from transpile.container import Module
from transpile.errors import TranspileError


def runtime_bytes(leg: str, module: Module, builds: list[BuildSize]) -> int | None:
    """Code, tables and data of the leg's runtime, None where they are not known."""
    built = next((build for build in builds if leg.partition(",")[0] == f"C {build.level}"), None)
    if built is not None:
        return built.linked - built.linked_without_runtime
    try:
        return sum(sum(astuple(sections(path))) for path in _libraries(leg, module)) or None
    except (Unavailable, TranspileError, OSError):
        return None


def _libraries(leg: str, module: Module) -> Iterator[Path]:
    if leg == OURS:
        from transpile.interp import compile_interpreter

        yield compile_interpreter()
    elif leg == IREE and is_inline(module):
        yield from filter(None, [Path(found) if (found := tool("iree-run-module")) else None])
    elif leg in (IREE, NATIVE):
        yield from _beside("iree", "_runtime_libs/_runtime.*.so")
    elif leg == ONNX:
        yield from _beside("onnxruntime", "capi/onnxruntime_pybind11_state*.so")


def _beside(package: str, pattern: str) -> Iterator[Path]:
    spec = importlib.util.find_spec(package)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        yield from Path(place).glob(pattern)
