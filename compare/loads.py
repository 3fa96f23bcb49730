"""What it takes to load a module that has been loaded before: `python -m compare loads MODULE...`.

Each round is a process of its own, which has numpy and nothing of ours.  Time is of the processor, with that of the
programs that are asked something.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.markup import escape
from rich.table import Table

import transpile
from compare.engines import Unavailable

_ROUND = """
import json, resource, sys
import numpy

def taken():
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime

marks = [taken()]
import transpile.loader
marks.append(taken())
for _ in range(2):
    program = transpile.load(sys.argv[1])
    marks.append(taken())
print(json.dumps([after - before for before, after in zip(marks, marks[1:])]))
"""


@dataclass(frozen=True)
class Loading:
    """Of one module, in seconds of processor time."""

    name: str
    size: int
    importing: float
    loading: float
    again: float
    """In the same process."""


def loading(path: Path, rounds: int) -> Loading:
    """Load a module, so that it has been loaded, and measure how long it takes after that."""
    transpile.load(path)
    importing, first, again = zip(*(_round(path) for _ in range(rounds)), strict=True)
    return Loading(path.name, path.stat().st_size, median(importing), median(first), median(again))


def _round(path: Path) -> list[float]:
    root = str(Path(__file__).resolve().parent.parent)
    places = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    environment = {**os.environ, "PYTHONPATH": places}
    done = subprocess.run(
        [sys.executable, "-c", _ROUND, str(path)], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Unavailable(f"{path} cannot be loaded in a process of its own:\n{done.stderr}")
    found: list[float] = json.loads(done.stdout)
    return found


def table(loadings: Iterable[Loading]) -> Table:
    """The times as they are printed."""
    made = Table(title="loading a module that is in the cache, processor time", title_justify="left")
    made.add_column("module")
    for label in ("bytes", "import transpile", "load", "load again"):
        made.add_column(label, justify="right")
    for found in loadings:
        times = [f"{1e3 * seconds:.0f} ms" for seconds in (found.importing, found.loading, found.again)]
        made.add_row(escape(found.name), f"{found.size:,}", *times)
    return made
