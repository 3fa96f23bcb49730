"""The site: it is built without a network, and loads nothing from elsewhere."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packaging.document import ROOT

NO_NETWORK = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
LOADED = re.compile(r"""<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)=["']?((?:https?:)?//[^"'\s>]*)""")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("material") is None:
        pytest.skip("mkdocs-material is not installed")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = {**os.environ, **NO_NETWORK, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_there(site: Path) -> None:
    pages = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    outside = [Path(name) for name in ("index.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")]
    missing = [page for page in [*pages, *outside] if not (site / page.with_suffix(".html")).exists()]
    assert pages and missing == []


def test_every_page_is_in_the_navigation(site: Path) -> None:
    """The first page links to all others."""
    home = (site / "index.html").read_text(encoding="utf-8")
    pages = [page.relative_to(site).as_posix() for page in site.rglob("*.html")]
    pages = [page for page in pages if page != "404.html" and (ROOT / "docs" / page).with_suffix(".md").exists()]
    assert len(pages) > 20 and [page for page in pages if f'href="{page}' not in home] == []


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    found = {each for page in site.rglob("*.html") for each in LOADED.findall(page.read_text(encoding="utf-8"))}
    assert found == set()
    styles = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert not re.search(r"@import|url\([\"']?(?:https?:)?//", styles)


def test_links_between_pages_lead_somewhere(site: Path) -> None:
    broken = []
    for page in site.rglob("*.html"):
        if page.name != "404.html":
            targets = re.findall(
                r"""<(?:a|img)\b[^>]*\b(?:href|src)="([^"#:]+)[#"]""", page.read_text(encoding="utf-8")
            )
            broken += [(page.name, target) for target in targets if not (page.parent / target).exists()]
    assert broken == []
