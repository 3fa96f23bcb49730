"""Where `templates/` and `csupport/` are: inside an installed wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def _find(name: str) -> Path:
    installed = PACKAGE / f"_{name}"
    return installed if installed.is_dir() else PACKAGE.parent / name


def _licence() -> Path | None:
    """The licence of what travels with emitted code: in a checkout, or in the metadata of an installed wheel."""
    places = [PACKAGE.parent / "LICENSE", *PACKAGE.parent.glob("transpile_vmfb-*.dist-info/licenses/LICENSE")]
    return next((place for place in places if place.is_file()), None)


LICENCE = _licence()
TEMPLATES = _find("templates")
CSUPPORT = _find("csupport")
