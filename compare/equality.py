"""Are the outputs the same?  Asked before anything is timed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from compare.values import Outcome, Value, as_bits, describe

State = Literal["equal", "close", "wrong", "unavailable"]

TOLERANCE = 1e-3
"""Of a foreign leg: the largest difference, as a part of the largest magnitude in the reference."""


@dataclass(frozen=True)
class Verdict:
    """How a leg's outputs relate to the reference's.

    equal: the same bits; close: a leg that need not have the same bits is within the tolerance; wrong: it is not.
    """

    state: State
    detail: str = ""
    calls: int = 0
    """Calls that were compared."""
    ulp: int | None = None
    """The largest distance of two floats, counted in representable numbers."""
    relative: float | None = None
    """The largest difference over the largest magnitude."""

    @property
    def right(self) -> bool:
        """Whether its time means anything."""
        return self.state in ("equal", "close")


@dataclass
class _Difference:
    ulp: int = 0
    relative: float = 0.0
    detail: str = ""
    hard: bool = False
    """Not a matter of rounding."""

    def note(self, detail: str, *, hard: bool = False) -> None:
        self.hard = self.hard or hard
        self.detail = self.detail or detail


def judge(
    reference: Sequence[Outcome], outcomes: Sequence[Outcome], exact: bool, tolerance: float = TOLERANCE
) -> Verdict:
    """Compare as many calls as both sides have made."""
    found = _Difference()
    calls = min(len(reference), len(outcomes))
    for number in range(calls):
        _compare_outcomes(reference[number], outcomes[number], f"call {number + 1}", found)
    if not found.detail:
        return Verdict("equal", calls=calls)
    close = not exact and not found.hard and found.relative <= tolerance
    return Verdict("close" if close else "wrong", found.detail, calls, found.ulp, found.relative)


def as_close(verdict: Verdict) -> Verdict:
    """What is said of a leg that makes no promise of bits, also where none happened to differ."""
    if verdict.state != "equal":
        return verdict
    return replace(verdict, state="close", detail="no bit differed in these calls", ulp=0, relative=0.0)


def _compare_outcomes(reference: Outcome, other: Outcome, where: str, found: _Difference) -> None:
    if reference.failure != other.failure:
        expected, got = reference.failure or "success", other.failure or "success"
        found.note(f"{where}: {got} instead of {expected}", hard=True)
    elif len(reference.results) != len(other.results):
        found.note(f"{where}: {len(other.results)} results instead of {len(reference.results)}", hard=True)
    else:
        for index, (a, b) in enumerate(zip(reference.results, other.results, strict=True)):
            _compare_values(a, b, f"{where}, result {index}", found)


def _compare_values(reference: Value, other: Value, where: str, found: _Difference) -> None:
    if isinstance(reference, list) and isinstance(other, list) and len(reference) == len(other):
        for index, (a, b) in enumerate(zip(reference, other, strict=True)):
            _compare_values(a, b, f"{where}[{index}]", found)
    elif isinstance(reference, np.ndarray) and isinstance(other, np.ndarray):
        _compare_arrays(reference, other, where, found)
    elif reference is not None or other is not None:
        found.note(f"{where}: {describe(other)} instead of {describe(reference)}", hard=True)


def _compare_arrays(reference: NDArray[Any], other: NDArray[Any], where: str, found: _Difference) -> None:
    if reference.shape != other.shape or reference.dtype.itemsize != other.dtype.itemsize:
        found.note(f"{where}: {_type(other)} instead of {_type(reference)}", hard=True)
        return
    different = (as_bits(reference) != as_bits(other)).any(axis=1)
    count = int(different.sum())
    if not count:
        return
    first = int(different.argmax())
    a, b = reference.reshape(-1)[first], other.reshape(-1)[first]
    text = f"{where}: {count} of {reference.size} elements differ, element {first} is {b} instead of {a}"
    if reference.dtype.kind != "f" or other.dtype.kind != "f":
        found.note(text, hard=True)
        return
    found.ulp = max(found.ulp, ulp_distance(reference, other))
    found.relative = max(found.relative, _relative(reference, other))
    found.note(text)


def ulp_distance(a: NDArray[Any], b: NDArray[Any]) -> int:
    """The most representable numbers between two elements; NaNs are all the same, and far from everything else."""
    keys = [_ordered(array) for array in (a, b)]
    distance = np.abs(keys[0].astype(object) - keys[1].astype(object)) if a.dtype.itemsize == 8 else None
    if distance is None:
        distance = np.abs(keys[0] - keys[1])
    distance = np.where(np.isnan(a) & np.isnan(b), 0, distance)
    return int(distance.max()) if distance.size else 0


def _ordered(array: NDArray[Any]) -> NDArray[np.int64]:
    """Integers in the order of the floats, neighbours one apart, both zeros the same."""
    width = array.dtype.itemsize
    bits = np.ascontiguousarray(array).view(f"i{width}").astype(np.int64)
    least = np.int64(-(1 << (8 * width - 1)))
    return np.where(bits < 0, least - bits, bits)


def _relative(reference: NDArray[Any], other: NDArray[Any]) -> float:
    with np.errstate(all="ignore"):
        wide, theirs = reference.astype(np.float64), other.astype(np.float64)
        same = (wide == theirs) | (np.isnan(wide) & np.isnan(theirs))
        difference = np.where(same, 0.0, np.abs(wide - theirs))
        finite = np.abs(wide[np.isfinite(wide)])
        scale = float(finite.max()) if finite.size else 0.0
        worst = float(difference.max())
    if worst == 0.0:
        return 0.0
    return worst / scale if scale and np.isfinite(worst) else float("inf")


def _type(array: NDArray[Any]) -> str:
    return f"tensor<{'x'.join([*map(str, array.shape), array.dtype.name])}>"
