"""Inputs for functions: random with a seed, or as the user wrote them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from compare.engines import Unavailable
from transpile.container import Module
from transpile.program import Tensor, dtype_of
from transpile.program.dtypes import element_type_named
from transpile.signatures import declarations

SCALAR = 100
"""For a number parameter: what it means is not known either."""


@dataclass(frozen=True)
class Draw:
    """What random inputs are like where their types do not say it."""

    ranges: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Whole numbers from the first to the second, for parameters of these names."""
    open_size: int = 16
    """The size of a dimension that is not known before the call."""


_TENSOR = re.compile(r"tensor<((?:(?:\d+|\?)x)*)([A-Za-z]\w*)(?:,.*)?>$")
_TORCH = re.compile(r"!torch\.vtensor<\[([\d,?]*)\],([su]?[if]\d+|bf16|f16)>")


def random_inputs(
    module: Module, function: str, seed: int, source: Path | None = None, draw: Draw | None = None
) -> tuple[Any, ...]:
    """Arguments of the declared types; `Unavailable` if the module does not say enough."""
    kinds, draw = argument_kinds(module, function), draw or Draw()
    named = _declared(module, function) or [("", mlir) for mlir in _from_source(function, source) or [""] * len(kinds)]
    if len(named) != len(kinds):
        raise Unavailable(f"the types of the parameters of {function} are not known: give --input")
    if unknown := draw.ranges.keys() - {name for name, _ in named}:
        raise Unavailable(f"{function} has no parameter {', '.join(sorted(unknown))}")
    rng = np.random.default_rng(seed)
    return tuple(
        _random(kind, mlir, rng, function, draw.open_size, draw.ranges.get(name))
        for kind, (name, mlir) in zip(kinds, named, strict=True)
    )


def argument_kinds(module: Module, function: str) -> str:
    """The parameters' kinds, as letters of the calling convention."""
    export = module.export_named(function)
    signature = module.signatures[export.ordinal] if export else None
    if signature is None:
        raise Unavailable(f"there is no function {function!r}")
    return re.sub(r"C[^D]*D", "r", signature.calling_convention[1:].partition("_")[0]).replace("v", "")


def given_inputs(specs: Sequence[str], kinds: str) -> tuple[Any, ...]:
    """Arguments in the syntax of `iree-run-module --input`."""
    from transpile.runio import parse_inputs

    return tuple(map(_plain, parse_inputs(specs, kinds)))


def _plain(value: Any) -> Any:
    if isinstance(value, Tensor):
        return np.array(value.data.view(dtype_of(value.element_type)).reshape(value.shape))
    return value


def _declared(module: Module, function: str) -> list[tuple[str, str]]:
    declared = declarations(module).get(function)
    return [(name, mlir) for name, mlir in declared.arguments] if declared else []


def _from_source(function: str, source: Path | None) -> list[str]:
    """The types in the source: modules imported from ONNX do not repeat them."""
    if source is None or not source.exists():
        return []
    with source.open(encoding="utf-8", errors="replace") as lines:
        heads = (f"func.func @{function}(", f'func.func @"{function}"(')
        found = (text.partition(head)[2] for text in lines for head in heads if head in text)
        arguments = next(found, "").partition("->")[0]
    return [f"tensor<{dims.replace(',', 'x')}{'x' if dims else ''}{kind}>" for dims, kind in _TORCH.findall(arguments)]


def _random(
    kind: str, mlir: str, rng: np.random.Generator, function: str, open_size: int, bounds: tuple[int, int] | None
) -> Any:
    if kind in "iI":
        return SCALAR
    if kind in "fF":
        return float(np.float32(rng.standard_normal()))
    match = _TENSOR.fullmatch(mlir)
    element_type = element_type_named(match[2]) if match else None
    if match is None or element_type is None:
        raise Unavailable(f"{function} takes a {mlir or 'reference of unknown type'}: give --input")
    shape = [open_size if dim == "?" else int(dim) for dim in match[1].split("x")[:-1]]
    if bounds is not None:
        return rng.integers(*bounds, shape, endpoint=True).astype(dtype_of(element_type))
    return _random_array(dtype_of(element_type), shape, rng)


def _random_array(dtype: np.dtype[Any], shape: Sequence[int], rng: np.random.Generator) -> Any:
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(dtype)
    if dtype.kind in "iu":
        low = 0 if dtype.kind == "u" else -100
        return rng.integers(low, 100, shape).astype(dtype)
    return rng.standard_normal(shape).astype(dtype)
