"""README, the page of results, the comparison pages and the picture quote dated runs, and quote them rightly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Golden
from tests.packaging import figures
from tests.packaging.document import ROOT

DOCS = ROOT / "docs"
QUOTING = (ROOT / "README.md", DOCS / "results.md")


@pytest.mark.parametrize("page", QUOTING, ids=lambda page: page.name)
def test_figures_are_those_of_the_run(page: Path, golden: Golden) -> None:
    golden(page, figures.filled(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", ["suite.html", "zoo.html"])
def test_the_comparison_page_is_that_of_the_run(name: str, golden: Golden) -> None:
    golden(DOCS / name, figures.pages()[name])


def test_the_picture_is_that_of_the_run(golden: Golden) -> None:
    golden(DOCS / "result.svg", figures.picture())


def test_each_kind_of_figure_is_quoted() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in QUOTING)
    assert [name for name in (*figures.FIGURES, *figures.ZOO_FIGURES) if f"<!-- figures: {name} -->" not in text] == []


def test_another_run_has_other_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A figure that is changed by hand, or that the run no longer has, is found."""
    found = json.loads(figures.RUN.read_text(encoding="utf-8"))
    for case in found["cases"]:
        for leg in case["legs"]:
            for sample in leg["samples"] if leg["name"] == "C speed" else ():
                sample["cpu"] *= 2
            if leg["name"] == "C speed":
                leg["seconds"]["median"] *= 2
    other = tmp_path / "suite.json"
    other.write_text(json.dumps(found))
    monkeypatch.setattr(figures, "run", lambda: figures.load(other))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert figures.filled(readme) != readme
