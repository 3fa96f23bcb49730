"""The samples as a pyperf file, for `pyperf stats`, `pyperf hist` and `pyperf compare_to`."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from compare.engines import Unavailable
from compare.results import Report


def write(report: Report, path: Path) -> None:
    """One benchmark for each leg of each case that has a time."""
    try:
        pyperf: Any = importlib.import_module("pyperf")  # has no types
    except ImportError:
        raise Unavailable("pyperf files need pyperf: pip install pyperf") from None
    benchmarks = []
    for case in report.cases:
        for leg in case.legs:
            if not leg.shown or leg.timing is None:
                continue
            metadata = {
                "name": f"{case.name}: {leg.name}",
                "inner_loops": leg.timing.loops,
                "description": case.call[:200],
                "cpu_model_name": report.machine.processor,
                "timer": f"{report.clock} time",
                "unit": "second",
            }
            values = leg.timing.seconds(report.clock)
            runs = [pyperf.Run([value], metadata=metadata, collect_metadata=False) for value in values]
            benchmarks.append(pyperf.Benchmark(runs))
    if not benchmarks:
        raise Unavailable("nothing was timed")
    pyperf.BenchmarkSuite(benchmarks).dump(str(path), replace=True)
