"""Multiply-adds of a program, from its source: what a matrix product or a convolution computes follows from its types.

Only these are counted, two operations each; a program's other arithmetic is not, so that figures are comparable with
the peaks of a machine.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SHAPED = re.compile(r"tensor<(?:\[([\d,]*)\],|((?:\d+x)*))([su]?[if]\d+|bf16)[^>]*>")
_OPERATION = re.compile(r'"onnx\.(Conv|Gemm|MatMul)"|\blinalg\.(\w*matmul\w*|conv_\w+|depthwise_conv_\w+)')
_MAP = re.compile(r"affine_map<[^>]*->[^>]*>")
_JOINED = 8
"""Lines of one statement."""


@dataclass(frozen=True)
class Work:
    """What one operation of the source does."""

    location: str
    """`file:line:column`."""
    name: str
    flops: int
    bytes: int
    """Of its operands and its result, each touched once."""


@dataclass(frozen=True)
class _Tensor:
    shape: tuple[int, ...]
    bits: int

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        return self.size * self.bits // 8


def count(source: Path) -> list[Work]:
    """The work of each operation of a source that can be counted; dynamic shapes cannot."""
    return list(_count(source.name, source.read_text(encoding="utf-8", errors="replace").splitlines()))


def _count(file: str, lines: list[str]) -> Iterator[Work]:
    for number, line in enumerate(lines):
        match = _OPERATION.search(line) if len(line) < 10_000 else None
        if match is None:
            continue
        name = match[1] or match[2]
        tensors = _tensors(" ".join(lines[number : number + _JOINED])[match.start() :])
        if not tensors:
            continue
        *operands, result = tensors
        column = len(line) - len(line.lstrip()) + 1
        start = line.find("=") + 2 if "=" in line[: match.start()] else column
        flops = 2 * result.size * _depth(name, operands[0], operands[1], result)
        touched = sum(tensor.bytes for tensor in (operands[0], operands[1], result))
        yield Work(f"{file}:{number + 1}:{start + 1}", name, flops, touched)


def _tensors(statement: str) -> list[_Tensor]:
    """The operands' types and the result's, which follows the first arrow behind them."""
    before, arrow, after = _MAP.sub("", statement).partition("->")
    if not arrow:
        return []
    found = [_tensor(match) for match in _SHAPED.finditer(before)]
    result = _SHAPED.search(after)
    return [*found, _tensor(result)] if result and len(found) >= 2 else []


def _tensor(match: re.Match[str]) -> _Tensor:
    dims = match[1].split(",") if match[1] else (match[2] or "").split("x")
    bits = int(re.sub(r"\D", "", match[3]))
    return _Tensor(tuple(int(dim) for dim in dims if dim), bits)


def _depth(name: str, a: _Tensor, b: _Tensor, result: _Tensor) -> int:
    """How many products are added up for one element of the result."""
    if name == "Conv":
        return math.prod(b.shape[1:])
    if name == "Gemm":
        return a.size // result.shape[0]
    if "matmul" in name.lower():
        return a.shape[-2] if name.endswith("transpose_a") else a.shape[-1]
    if "depthwise" in name:
        return math.prod(b.shape[:2])
    return math.prod(b.shape[1:] if name.endswith(("fchw", "fhwc")) else b.shape[:-1])
