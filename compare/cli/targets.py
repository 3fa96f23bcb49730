"""The commands that measure what has been promised, and where it began."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import click

from compare.cli.common import file_options, progress, suite_dir_option, write_files

_fresh_option = click.option(
    "--fresh", is_flag=True, help="Ask slow interpreters again instead of using what they said earlier."
)


@click.command()
@click.option("--only", multiple=True, metavar="WORD", help="Only programs with this in their names.")
@suite_dir_option
@_fresh_option
@click.option("--inputs", type=click.IntRange(1, 3), default=3, show_default=True, help="Random inputs to compare.")
@click.option("--rounds", type=click.IntRange(min=1), default=15, show_default=True)
@click.option("--seconds", type=float, default=4.0, show_default=True, help="Longest time for one leg of a program.")
@click.option("--target-cpu", default="native", show_default=True)
@click.option("--no-size", is_flag=True, help="Do not weigh: quicker by two compilations of each program.")
@file_options
def targets(**options: Any) -> None:
    """The speeds and sizes that have been promised, each with its promise.

    Programs are built once, IREE's native code is compiled once, and what a slow interpreter answers is kept (marked *
    where its time is an earlier one).  The exit code is 1 if a promise is not kept or an output is wrong.
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
    """ResNet-50 in IREE's interpreter and as C, beside the figures this project began with.

    An asterisk marks a time that was measured earlier; `--fresh` measures it again.
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
