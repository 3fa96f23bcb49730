"""A comparison as one picture, for notebooks and pages: a bar for each leg of each program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compare.charts import Bar, LogAxis, axis_of, bars
from compare.resources import REPORT
from compare.results import CaseResult
from transpile.pages import environment

WIDTH, LEFT, RIGHT = 720.0, 150.0, 90.0
"""Of the picture, of its names and of its figures."""
_ROW, _TITLE, _TOP = 22.0, 28.0, 8.0


@dataclass(frozen=True)
class _Line:
    """A title, or a leg with its bar."""

    y: float
    title: str = ""
    bar: Bar | None = None


def svg(cases: Sequence[CaseResult]) -> str:
    """The picture; only its titles if nothing was timed."""
    timed = [case for case in cases if case.legs]
    axis = axis_of(*timed)
    lines, height = _placed(timed, axis)
    track = WIDTH - LEFT - RIGHT
    return (
        environment(REPORT)
        .get_template("figure.svg.j2")
        .render(
            lines=lines,
            ticks=[(LEFT + track * at / 100, label) for at, label in axis.labels("x")],
            scale=track / 100,
            width=WIDTH,
            height=height + 24,
            left=LEFT,
            bottom=height,
        )
    )


def _placed(cases: Sequence[CaseResult], axis: LogAxis) -> tuple[list[_Line], float]:
    """All lines, and where they end."""
    found, y = [], _TOP
    for case in cases:
        found.append(_Line(y + 16, f"{case.name}: speed relative to the {case.base}"))
        y += _TITLE
        for bar in bars(case, axis).rows:
            found.append(_Line(y, bar=bar))
            y += _ROW
    return found, y
