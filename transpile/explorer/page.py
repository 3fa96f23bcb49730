"""The page: data, script and style in one file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from transpile import __version__
from transpile.explorer.data import Page
from transpile.pages import environment
from transpile.resources import TEMPLATES

_FOLDER = TEMPLATES / "explain"
_SCRIPTS = ("base.js", "pane.js", "code.js", "loops.js", "list.js", "views.js", "main.js")
_MARKUP = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&"}


def render_page(page: Page) -> str:
    """The page as HTML.  What comes from the module is in it as JSON without a character that HTML knows, and the
    browser runs no script but this one."""
    script = "\n".join(map(_file, _SCRIPTS))
    style = _file("style.css")
    return (
        environment(_FOLDER)
        .get_template("page.html.j2")
        .render(
            page=page,
            version=__version__,
            script=Markup(script),
            style=Markup(style),
            script_hash=_hash(script),
            style_hash=_hash(style),
            data=[(name, Markup(_json(value))) for name, value in _data(page)],
        )
    )


@lru_cache(maxsize=len(_SCRIPTS) + 1)
def _file(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _data(page: Page) -> Iterator[tuple[str, Any]]:
    """Everything by the name it has on the page; functions apart, so that each is read when it is looked at."""
    whole = asdict(page)
    codes = whole.pop("codes")
    for name in ("histories", "nests", "sources"):
        yield name, whole.pop(name)
    yield "page", whole
    yield from codes.items()


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":")).translate(_MARKUP)


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"sha256-{digest}"
