"""Padding that repeats elements, written as a selection of elements.

Pad(x, [0, 2, 0, 1], mode="reflect") -> Gather(x, [2, 1, 0, 1, ..., n - 1, n - 2], axis=1)

IREE 3.13 refuses most of what is padded by reflection, and some of the other modes.  A selection moves the same bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from transpile.front.fold import constants, shapes

_Arrays = Mapping[str, np.ndarray[Any, Any]]
_Shapes = Mapping[str, tuple[int, ...]]
_MODES = ("reflect", "edge", "wrap")
"""As ONNX and numpy call them."""


def select_padding(model: onnx.ModelProto) -> bool:
    """Replace pads of known widths, along axes of known sizes, that fill with elements of their operand; whether there
    were any."""
    known, sizes = constants(model.graph), shapes(model.graph)
    nodes = [each for node in model.graph.node for each in _selected(node, known, sizes, model.graph)]
    found = nodes != list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return found


def _selected(node: onnx.NodeProto, known: _Arrays, sizes: _Shapes, graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """The node itself, or what it becomes."""
    mode: Any = next((a.s.decode() for a in node.attribute if a.name == "mode"), "constant")
    widths = _widths(node, known, sizes) if node.op_type == "Pad" and mode in _MODES else {}
    if not widths:
        yield node
        return
    value, (last, *_) = node.input[0], reversed(widths)
    for axis, width in widths.items():
        name = f"{node.output[0]}/{axis}"
        chosen = np.pad(np.arange(sizes[node.input[0]][axis]), width, mode=mode)
        graph.initializer.append(numpy_helper.from_array(chosen, f"{name}/elements"))
        result = node.output[0] if axis == last else name
        yield helper.make_node("Gather", [value, f"{name}/elements"], [result], name=f"{node.name}/{axis}", axis=axis)
        value = result


def _widths(node: onnx.NodeProto, known: _Arrays, sizes: _Shapes) -> dict[int, tuple[int, int]]:
    """How much is added before and behind each axis that is padded; empty where something is not known or cut off."""
    value, pads, _, axes = [*node.input, "", "", ""][:4]
    if value not in sizes or pads not in known or (axes and axes not in known):
        return {}
    rank = len(sizes[value])
    before, behind = np.split(known[pads].astype(int), 2)
    listed = known[axes].tolist() if axes else range(rank)
    found = {axis % rank: (int(a), int(b)) for axis, a, b in zip(listed, before, behind, strict=True) if a or b}
    return found if all(min(width) >= 0 for width in found.values()) else {}
