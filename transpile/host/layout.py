"""Constants in the order in which loops want them: what lanes of a vector read lies side by side.

    Y[i] += X[k] * W[72*i + k]      =>      Y[i] += X[k] * W[5*k + i]

Only the order of the elements of `W` changes, among those that every step reads in the same way.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from transpile.host.clear import dense_bytes
from transpile.host.forward import with_place
from transpile.host.schedule import Repeat, Run, Step, Walked, in_all, reads, renamed
from transpile.host.values import Storage
from transpile.nests.nest import element_bytes


def laid_out(steps: Sequence[Step]) -> list[Step]:
    """The steps, with constants in another order where lanes are apart in them."""
    made = list(steps)
    constants = {walked.storage: None for step in steps for walked in _constants(step)}
    for storage in constants:
        orders = list(_orders(made, storage))
        if orders:
            made = _reordered(made, storage, orders)
    return made


@dataclass(frozen=True)
class _Order:
    """A tensor, and how far apart its elements shall be in the loops that walk through it."""

    walked: Walked
    strides: tuple[int, ...]


def _constants(step: Step) -> Iterator[Walked]:
    """What a step reads of constants, in all turns of the loops in it where that can be said."""
    if isinstance(step, Repeat):
        yield from (in_all(walked, step) or walked for inner in step.steps for walked in _constants(inner))
    else:
        yield from (walked for walked in reads(step) if walked.storage.kind == "constant")


# ---- which tensors ---------------------------------------------------------------------------------------------------


def _orders(steps: Sequence[Step], storage: Storage) -> Iterator[_Order]:
    """The tensors of a constant that all their readers want in the same other order."""
    wishes = list(_wishes(steps, storage))
    if any(walked.offset.known is None for walked, _ in wishes):
        return
    for walked, strides in dict.fromkeys(wishes):
        near = [(other, wish) for other, wish in wishes if _meet(other, walked)]
        if strides is not None and all(each == (walked, strides) for each in near):
            yield _Order(walked, strides)


def _wishes(steps: Sequence[Step], storage: Storage) -> Iterator[tuple[Walked, tuple[int, ...] | None]]:
    """Each access of a constant, with the strides that it should have."""
    for step in steps:
        if isinstance(step, Run):
            named = step.arrays.items()
            yield from ((walked, _wanted(step, name)) for name, walked in named if walked.storage is storage)
        else:
            yield from ((walked, None) for walked in _constants(step) if walked.storage is storage)


def _meet(a: Walked, b: Walked) -> bool:
    first, second = a.within({}), b.within({})
    return first[0] < second[1] and second[0] < first[1]


def _wanted(run: Run, name: str) -> tuple[int, ...] | None:
    """The strides with which the loop that vectors are made of walks side by side; None to leave the order."""
    nest, walked, out = run.nest, run.arrays[name], run.arrays["out"]
    if nest is None or not nest.reduction or name in run.stores or run.stores != ("out",):
        return None
    moves = list(enumerate(zip(walked.strides, walked.turns, strict=True)))
    count = math.prod(turns for _, (stride, turns) in moves if stride)
    size = element_bytes(walked.element)
    dense = dense_bytes(walked, {})
    lanes = [loop for loop, (stride, turns) in moves if out.strides[loop] == 1 and turns > 1 and stride not in (0, 1)]
    if len(lanes) != 1 or dense is None or dense[1] - dense[0] != count * size or dense[0] != walked.offset.known:
        return None
    order = sorted((loop for loop, (stride, _) in moves if stride), key=lambda loop: -abs(walked.strides[loop]))
    strides, apart = [0] * len(moves), 1
    for loop in [*lanes, *(each for each in reversed(order) if each not in lanes)]:
        strides[loop], apart = apart, apart * walked.turns[loop]
    return tuple(strides) if with_place(run, name, walked.storage, walked.offset, tuple(strides)) else None


# ---- in that order ---------------------------------------------------------------------------------------------------


def _reordered(steps: Sequence[Step], storage: Storage, orders: Sequence[_Order]) -> list[Step]:
    assert storage.data is not None
    data = bytearray(storage.data)
    for order in orders:
        _permute(data, order)
    made = replace(storage, data=memoryview(bytes(data)))
    return [renamed(_walking(step, orders), storage, made) for step in steps]


def _permute(data: bytearray, order: _Order) -> None:
    walked = order.walked
    element = np.dtype(f"u{element_bytes(walked.element)}")
    begin = walked.offset.known or 0
    end = begin + element.itemsize * math.prod(t for s, t in zip(walked.strides, walked.turns, strict=True) if s)
    tensor = np.frombuffer(bytes(data[begin:end]), element)
    places = [(s, new, t) for s, new, t in zip(walked.strides, order.strides, walked.turns, strict=True) if s]
    old = new = np.zeros((), np.int64)
    for stride, to, turns in places:
        old = old[..., None] + stride * np.arange(turns)
        new = new[..., None] + to * np.arange(turns)
    moved = np.empty_like(tensor)
    moved[new.ravel()] = tensor[old.ravel()]
    data[begin:end] = moved.tobytes()


def _walking(step: Step, orders: Sequence[_Order]) -> Step:
    """The step with the new strides."""
    if isinstance(step, Run):
        for name, walked in step.arrays.items():
            order = next((each for each in orders if each.walked == walked), None)
            if order is not None:
                moved = with_place(step, name, walked.storage, walked.offset, order.strides)
                assert moved is not None
                step = moved
    return step
