"""The commands that measure what has been promised, and where it began."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import click

from compare.cli.common import file_options, progress, suite_dir_option, write_files

_fresh_option = click.option(
    "--fresh", is_flag=True, help="Run slow interpreters again instead of using their recorded results."
)


@click.command()
@click.option("--only", multiple=True, metavar="WORD", help="Only programs whose name contains this.")
@suite_dir_option
@_fresh_option
@click.option(
    "--inputs", type=click.IntRange(1, 3), default=3, show_default=True, help="How many random inputs to compare."
)
@click.option("--rounds", type=click.IntRange(min=1), default=15, show_default=True)
@click.option(
    "--seconds", type=float, default=4.0, show_default=True, help="Longest time to spend on one way to run a program."
)
@click.option("--target-cpu", default="native", show_default=True)
@click.option("--no-size", is_flag=True, help="Do not measure code size; saves two compilations of each program.")
@file_options
def targets(**options: Any) -> None:
    """Measure the speeds and sizes that this project promises.

    Programs and IREE's native code are compiled only once, and results of slow interpreters are kept (times marked *
    were measured earlier).  The exit code is 1 if a promise is not kept or an output is wrong.
    """
    from compare.measure import Plan
    from compare.report_targets import targets_markdown, targets_table
    from compare.report_terminal import console
    from compare.targets import all_met, measure_targets, promised_legs, settings

    chosen = settings(
        Plan(options["rounds"], leg_seconds=options["seconds"]),
        promised_legs,
        fresh=options["fresh"],
        sizes=not options["no_size"],
        target_cpu=options["target_cpu"],
    )
    report, rows = measure_targets(options["suite_dir"], options["only"], options["inputs"], chosen, progress)
    progress("")
    for warning in report.machine.warnings:
        console().print(f"note: {warning}", markup=False)
    console().print(targets_table(report, rows))
    write_files(report, options, lambda report: targets_markdown(report, rows))
    sys.exit(0 if all_met(rows) else 1)


@click.command()
@suite_dir_option
@_fresh_option
@click.option("--rounds", type=click.IntRange(min=1), default=15, show_default=True)
@file_options
def history(**options: Any) -> None:
    """Measure ResNet-50, next to the first figures of this project.

    It runs in IREE's interpreter and as C.

    Times marked * were measured earlier; `--fresh` measures them again.
    """
    from compare.history import legs, measure_history
    from compare.measure import Plan
    from compare.report_targets import history_markdown, history_table
    from compare.report_terminal import console
    from compare.targets import settings

    plan = Plan(options["rounds"], leg_seconds=12.0)
    chosen = replace(settings(plan, legs, fresh=options["fresh"], sizes=True), patient=False)
    report, lines = measure_history(options["suite_dir"], chosen, progress)
    progress("")
    for warning in report.machine.warnings:
        console().print(f"note: {warning}", markup=False)
    console().print(history_table(lines))
    write_files(report, options, lambda report: history_markdown(report, lines))
