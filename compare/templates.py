"""How templates of reports are rendered."""

from __future__ import annotations

import jinja2

from compare.resources import REPORT


def environment() -> jinja2.Environment:
    """A new environment; names of functions and files come from modules, so everything is escaped."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(REPORT),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
