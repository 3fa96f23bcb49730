"""Where the names of points go in a picture, so that they can be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Anchor = Literal["start", "end"]

_CHARACTER, _HEIGHT = 7.2, 12.0
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

    def box(self, text: str) -> Box:
        """What the text covers."""
        length = _CHARACTER * len(text)
        left = self.x - (length if self.anchor == "end" else 0)
        return Box(left, self.y - _HEIGHT, left + length, self.y + 4)


@dataclass(frozen=True)
class Box:
    """A part of a picture."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether they have something in common."""
        beside = self.right <= other.left or other.right <= self.left
        return not beside and self.top < other.bottom and other.top < self.bottom

    def holds(self, other: Box) -> bool:
        """Whether the other is inside."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.top <= other.top and other.bottom <= self.bottom


def around(x: float, y: float) -> Box:
    """What a dot covers."""
    return Box(x - _RADIUS, y - _RADIUS, x + _RADIUS, y + _RADIUS)


def place(
    names: Sequence[tuple[float, float, str]],
    dots: Iterable[tuple[float, float]],
    inside: Box,
    taken: Iterable[Box] = (),
) -> list[Label | None]:
    """A place for each name beside its point, away from all dots, from what is taken and from the names before it;
    None where there is no room."""
    covered = [*taken, *(around(x, y) for x, y in dots)]
    found = []
    for x, y, name in names:
        places = (Label(x + right, y + down, anchor) for right, down, anchor in _OFFSETS)
        label = next((each for each in places if _free(each.box(name), inside, covered)), None)
        if label is not None:
            covered.append(label.box(name))
        found.append(label)
    return found


def _free(box: Box, inside: Box, covered: Iterable[Box]) -> bool:
    return inside.holds(box) and not any(map(box.meets, covered))
