"""What calls take and give, in one form for all legs: numpy arrays with exact types, lists of them, or a failure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Value = Any
"""An array (of rank 0 for a number), None, or a list of values."""

_SCALARS = {"i": np.int32, "I": np.int64, "f": np.float32, "F": np.float64}


@dataclass(frozen=True)
class Call:
    """One call of an exported function; arguments are numbers, arrays or bytes."""

    function: str
    arguments: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.function}({', '.join(map(describe, self.arguments))})"


@dataclass(frozen=True)
class Outcome:
    """Results of a call, or the name of the status it failed with."""

    results: tuple[Value, ...] = ()
    failure: str = ""


@dataclass(frozen=True)
class Sample:
    """Seconds for one call, averaged over the loops of one sample."""

    cpu: float
    wall: float


def normal(result: Any, kind: str = "r") -> Value:
    """A result of the given kind of the calling convention in the common form."""
    if kind in _SCALARS:
        return np.asarray(result, _SCALARS[kind])
    if result is None:
        return None
    if isinstance(result, int):
        return np.asarray(result, np.int64)
    if isinstance(result, Sequence) and not isinstance(result, (bytes, str)):
        return [normal(item) for item in result]
    if isinstance(result, bytes):
        return np.frombuffer(result, np.uint8).copy()
    return np.array(result)


def describe(value: Value) -> str:
    """A value in a few characters."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"{'x'.join(map(str, value.shape))}x{value.dtype}"
    return f"{len(value)} bytes" if isinstance(value, bytes) else str(value)


def as_bits(array: NDArray[Any]) -> NDArray[np.uint8]:
    """An array's bytes, one row an element."""
    flat = np.ascontiguousarray(array).reshape(-1)
    return flat.view(np.uint8).reshape(flat.size, flat.dtype.itemsize)
