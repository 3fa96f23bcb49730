"""Arrays of the caller that results are written to: `out=`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .errors import ArgumentMismatch
from .signature import Argument

if TYPE_CHECKING:
    from .function import Function

Targets = tuple[NDArray[Any], ...]
"""An array a result."""


def targets_of(function: Function, out: Any) -> Targets:
    """The arrays of `out=`, one a result; raise `ArgumentMismatch` where a result cannot be written there."""
    found = (out,) if isinstance(out, np.ndarray) else tuple(out) if isinstance(out, (tuple, list)) else None
    wanted = function.outputs
    if not function.takes_out or found is None or len(found) != len(wanted):
        raise ArgumentMismatch(_wrong_count(function, found))
    for item, array in zip(wanted, found, strict=True):
        reason = _unusable(item, array)
        if reason:
            raise ArgumentMismatch(f"out for result {item.name!r} of {function.__name__}: {reason}")
    for one, other in combinations(found, 2):
        if np.may_share_memory(one, other):
            raise ArgumentMismatch(f"out of {function.__name__}: two of the arrays share memory")
    return found


def _wrong_count(function: Function, found: Targets | None) -> str:
    name, count = function.__name__, len(function.outputs)
    others = list(function._shape.without_array())
    if others:
        return f"{name} takes no out: its result {others[0]!r} is not an array"
    if not count:
        return f"{name} takes no out: it has no results"
    what = "a numpy array" if count == 1 else f"a tuple of {count} numpy arrays"
    return f"out of {name} must be {what}" + ("" if found is None else f", got {len(found)}")


def _unusable(item: Argument, array: Any) -> str:
    """Why a result cannot be written to an array; nothing where it can."""
    if not isinstance(array, np.ndarray) or isinstance(array, np.ma.MaskedArray):
        return f"expected a numpy array, got {type(array).__name__}"
    if item.dtype is not None and array.dtype != item.dtype:
        return f"expected dtype {item.dtype}, got {array.dtype}"
    if item.shape is not None and not _fits(item.shape, array.shape):
        return f"expected shape {_shown(item.shape)}, got {array.shape}"
    if not array.flags.writeable:
        return "the array is read-only"
    return "" if array.flags.c_contiguous else "the array is not C-contiguous"


def _fits(sizes: Sequence[int | str | None], shape: tuple[int, ...]) -> bool:
    pairs = zip(sizes, shape, strict=False)
    return len(sizes) == len(shape) and all(not isinstance(size, int) or size == n for size, n in pairs)


def _shown(sizes: Sequence[int | str | None]) -> str:
    each = ["?" if size is None else str(size) for size in sizes]
    return f"({', '.join(each)}{',' if len(each) == 1 else ''})"


def fill(function: Function, targets: Targets, values: Sequence[Any]) -> None:
    """Copy results to the caller's arrays, all of them or none."""
    for item, target, value in zip(function.outputs, targets, values, strict=True):
        if not isinstance(value, np.ndarray) or (value.dtype, value.shape) != (target.dtype, target.shape):
            got = f"{value.dtype} of shape {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
            room = f"{target.dtype} of shape {target.shape}"
            raise ArgumentMismatch(f"out for result {item.name!r} of {function.__name__}: {got} does not fit in {room}")
    for target, value in zip(targets, values, strict=True):
        np.copyto(target, value)


def packed(values: Sequence[Any]) -> Any:
    """What a call returns: one value, several as a tuple, or None."""
    return tuple(values) if len(values) > 1 else values[0] if values else None
