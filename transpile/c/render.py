"""The Jinja environment.  Templates hold files and functions; statements come from `statements.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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


def placed(template: str, name: str, lines: Iterable[str], **context: Any) -> tuple[str, int]:
    """The text of a template that writes `lines` one below the other, and the number of the first of them, from 0."""
    written: list[str] = []
    first = 0

    def asked_for() -> Iterator[str]:  # by the loop in the template, when all before it is written
        nonlocal first
        first = sum(part.count("\n") for part in written) + 1
        yield from lines

    context[name] = asked_for()
    for part in _environment().get_template(template).generate(version=__version__, **context):
        written.append(part)
    return "".join(written), first
