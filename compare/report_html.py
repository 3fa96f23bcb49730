"""The report as one page that needs nothing else: style, script and pictures are in it."""

from __future__ import annotations

from functools import lru_cache

import jinja2

from compare import charts, overview, text
from compare.costs import costs
from compare.report_markdown import change_text
from compare.resources import REPORT
from compare.results import Report
from compare.roofline import rooflines
from transpile.pages import environment


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    found = environment(REPORT)
    found.globals.update(
        seconds=text.seconds,
        interval=text.interval,
        ratio=text.ratio,
        size=text.size,
        rate=text.rate,
        three=text.three,
        the=text.the,
        verdict=text.verdict_text,
        change=change_text,
        bars=charts.bars,
        stacks=charts.stacks,
        kind_of=charts.kind_of,
    )
    return found


def html(report: Report) -> str:
    """The page."""
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            report=report,
            headline=overview.headline(report),
            numbers=overview.numbers(report),
            overview=overview.picture(report),
            table=overview.table(report),
            rooflines=rooflines(report),
            costs=costs(report),
        )
    )
