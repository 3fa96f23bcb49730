"""What mkdocs asks while it builds the site: pages outside of `docs`, and links to them.

README is the first page, and the other pages of `OUTSIDE` have their own names.  A link to any other file becomes plain
text, because the site does not have that file.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
OUTSIDE = {
    "README.md": "index.md",
    **{name: name for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "examples/README.md")},
}
"""Where pages of the checkout are on the site."""
_PLACES = {site: place for place, site in OUTSIDE.items()}
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s]+)(#[^)]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    """Adds the pages that are not in `docs`, and those that the navigation does not name to its end."""
    for place, site in OUTSIDE.items():
        files.append(File.generated(config, site, content=(ROOT / place).read_text(encoding="utf-8")))
    named = set(_named(config["nav"]))
    if others := [file.src_uri for file in files.documentation_pages() if file.src_uri not in named]:
        config["nav"].append({"More": others})
    return files


def _named(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    else:
        for item in nav.values() if isinstance(nav, dict) else nav:
            yield from _named(item)


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """The page with its links as the site has them."""
    return _LINK.sub(_rewriter(page.file.src_uri, lambda target: target in files.src_uris), markdown)


def _rewriter(here: str, exists: Callable[[str], bool]) -> Callable[[re.Match[str]], str]:
    folder = posixpath.dirname(_PLACES.get(here, f"docs/{here}"))

    def rewritten(link: re.Match[str]) -> str:
        image, text, target, anchor = link[1], link[2], link[3], link[4] or ""
        if "://" in target:
            return link[0]
        place = posixpath.normpath(posixpath.join(folder, target))
        site = OUTSIDE.get(place, place.removeprefix("docs/"))
        if not exists(site):
            return text
        return f"{image}[{text}]({posixpath.relpath(site, posixpath.dirname(here) or '.')}{anchor})"

    return rewritten
