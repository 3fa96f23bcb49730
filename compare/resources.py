"""Where the examples, the suite's sources and the report's templates are: in a wheel, or in a checkout."""

from __future__ import annotations

from pathlib import Path

from transpile.resources import TEMPLATES

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent
_INSTALLED = _PACKAGE / "_suite"

EXAMPLES = _CHECKOUT / "examples"
"""In a checkout only."""
MODELS = _CHECKOUT / "tests" / "models" / "build.py"
"""What builds large networks; in a checkout only."""
REPORT = TEMPLATES / "report"


def suite_source(name: str) -> Path:
    """The MLIR of a program of the suite."""
    if _INSTALLED.is_dir():
        return _INSTALLED / name
    example = EXAMPLES / Path(name).stem / name
    return example if example.exists() else _CHECKOUT / "tests" / "modules" / "src" / name
