"""Convolutions with one window along an axis, padded no further than that window reaches.

Conv(x: 1x64x2, kernel_shape=[3], strides=[2], pads=[1, 1]) -> Conv(x, kernel_shape=[3], strides=[2], pads=[1, 0])

The last element is never read, and IREE 3.13 refuses such an operator: it drops the loop over windows, and then expects
a kernel as long as what it is applied to.
"""

from __future__ import annotations

import onnx

from transpile.front.fold import shapes


def trim_padding(model: onnx.ModelProto) -> None:
    """Shorten the padding at the ends of such axes, where all sizes are known."""
    sizes = shapes(model.graph)
    for node in model.graph.node:
        if node.op_type == "Conv" and node.input[0] in sizes and node.input[1] in sizes:
            _trim(node, sizes[node.input[0]][2:], sizes[node.input[1]][2:])


def _trim(node: onnx.NodeProto, image: tuple[int, ...], kernel: tuple[int, ...]) -> None:
    lists = {attribute.name: attribute.ints for attribute in node.attribute if attribute.ints}
    pads, rank, ones = lists.get("pads"), len(kernel), [1] * len(kernel)
    if pads is None:
        return
    strides, dilations = lists.get("strides", ones), lists.get("dilations", ones)
    for axis in range(rank):
        reach = (kernel[axis] - 1) * dilations[axis] + 1
        unread = pads[axis] + image[axis] + pads[rank + axis] - reach
        if 0 < unread < strides[axis]:
            pads[rank + axis] -= min(unread, pads[rank + axis])
