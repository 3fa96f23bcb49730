"""The Jinja environment.  Templates hold files and functions; statements come from `statements.py`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jinja2

from transpile import __version__
from transpile.resources import TEMPLATES


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
    )


def render(template: str, **context: Any) -> str:
    """The template's text; an undefined name is an error."""
    return _environment().get_template(template).render(version=__version__, **context)
