"""Measures what `transpile` makes of a module against the bytecode's interpreters: equality, speed and size.

    python -m compare examples/matmul/matmul.vmfb

Outputs are compared bit for bit before any time is printed.  `literal` and `size` are two fixed measurements; see
docs/reading-reports.md for what the figures mean.

    import compare

    compare.report("model.vmfb")  # in a notebook: a picture
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os

    from compare.results import Report

__all__ = ["report"]


def report(*modules: str | os.PathLike[str], rounds: int = 15, seconds: float = 4.0) -> Report:
    """Compare all ways to run each module: first the outputs, bit for bit, then time and size.

    `rounds` is how often each of them has its turn; `seconds` is the longest time to spend on one of them.  Raises
    `Unavailable` if a module cannot be read.
    """
    from pathlib import Path

    from compare.cases import from_module
    from compare.comparison import Settings, compare_all
    from compare.measure import Plan

    cases = [from_module(Path(module)) for module in modules]
    return compare_all(cases, Settings(Plan(rounds, leg_seconds=seconds)))
