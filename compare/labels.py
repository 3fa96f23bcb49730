"""Where the names of points go in a picture, so that they can be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Anchor = Literal["start", "end"]

_CHARACTER, _HEIGHT = 6.6, 12.0
_RADIUS = 7.0
# Beside the point, then above and below it, on either side.
_OFFSETS: tuple[tuple[float, float, Anchor], ...] = (
    *((10, 4, "start"), (-10, 4, "end"), (6, -9, "start"), (-6, -9, "end")),
    *((6, 17, "start"), (-6, 17, "end"), (10, 30, "start"), (-10, 30, "end"), (10, -22, "start"), (-10, -22, "end")),
)


@dataclass(frozen=True)
class Label:
    """A text; `x` is where it starts or ends, `y` its base line."""

    x: float
    y: float
    anchor: Anchor


@dataclass(frozen=True)
class _Box:
    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: _Box) -> float:
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, width) * max(0.0, height)


def place(names: Sequence[tuple[float, float, str]], dots: Iterable[tuple[float, float]], width: float) -> list[Label]:
    """A place for each name beside its point, away from all dots and from the names before it."""
    taken = [_Box(x - _RADIUS, y - _RADIUS, x + _RADIUS, y + _RADIUS) for x, y in dots]
    found = []
    for x, y, name in names:
        label, box = min(_candidates(x, y, name), key=lambda pair: _cost(pair[1], taken, width))
        taken.append(box)
        found.append(label)
    return found


def _candidates(x: float, y: float, name: str) -> list[tuple[Label, _Box]]:
    length = _CHARACTER * len(name)
    made = []
    for right, down, anchor in _OFFSETS:
        start = x + right - (length if anchor == "end" else 0)
        box = _Box(start, y + down - _HEIGHT, start + length, y + down + 2)
        made.append((Label(x + right, y + down, anchor), box))
    return made


def _cost(box: _Box, taken: Iterable[_Box], width: float) -> float:
    """The area that is written over; outside of the picture all of it is lost."""
    outside = max(0.0, -box.left) + max(0.0, box.right - width)
    return sum(map(box.overlap, taken)) + _HEIGHT * outside
