"""Where the examples and the report's templates are: inside an installed wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path

from transpile.resources import TEMPLATES

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_examples"

EXAMPLES = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "examples"
REPORT = TEMPLATES / "report"
