"""The command that compares modules on all legs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from compare.cli.common import (
    EXIT_CODES,
    PROBLEM,
    REGRESSED,
    WRONG,
    existing_file,
    file_options,
    progress,
    suite_dir_option,
    write_files,
)
from transpile.front.options import takes_models

if TYPE_CHECKING:
    from compare.cases import Case
    from compare.comparison import Settings
    from compare.results import Report


@click.command(epilog=EXIT_CODES)
@click.argument("modules", nargs=-1, type=existing_file, metavar="[MODULE]...")
@click.option("--suite", is_flag=True, help="Build the standard set of programs and compare them.")
@suite_dir_option
@click.option("--only", multiple=True, metavar="WORD", help="Only examples or suite programs whose name contains this.")
@click.option("--function", "-f", help="Exported function to call (default: the first that can be called).")
@click.option(
    "--input", "inputs", multiple=True, help="Argument, written as for `iree-run-module` (default: random); repeat."
)
@click.option(
    "--optimize",
    "levels",
    multiple=True,
    type=click.Choice(["speed", "size", "none"]),
    help="Optimisation level to compare (default: all); repeat.",
)
@click.option(
    "--relaxed", is_flag=True, help="Also compare C with fused and reordered arithmetic; checked against --tolerance."
)
@click.option("--target-cpu", default="native", show_default=True)
@click.option(
    "--threads",
    multiple=True,
    type=click.IntRange(min=1),
    default=(1,),
    help="Number of threads to run with; repeat to compare several.",
)
@click.option(
    "--external", multiple=True, metavar="NAME=COMMAND", help="Also compare this command; see docs/reading-reports.md."
)
@click.option(
    "--without", multiple=True, metavar="LEG", help="Leave out one way to run it, by its name in the report; repeat."
)
@click.option("--base", help="What speeds are relative to, by its name in the report (default: the first).")
@click.option("--rounds", type=click.IntRange(min=1), default=15, show_default=True)
@click.option(
    "--seconds", type=float, default=4.0, show_default=True, help="Longest time to spend on one way to run a module."
)
@click.option(
    "--tolerance",
    type=float,
    default=1e-3,
    show_default=True,
    help="Largest relative difference allowed where outputs need not be bit-for-bit equal.",
)
@click.option(
    "--seeds", type=click.IntRange(min=1), default=3, show_default=True, help="How many random inputs to compare."
)
@click.option("--brief", is_flag=True, help="Print only one table of all programs.")
@click.option("--no-size", is_flag=True, help="Do not measure code size.")
@click.option("--no-hot", is_flag=True, help="Do not profile where the time is spent.")
@file_options
@click.option("--baseline", type=existing_file, help="Earlier JSON report to check for regressions against.")
@click.option(
    "--threshold",
    type=float,
    default=0.10,
    show_default=True,
    help="Slowdown, as a fraction, beyond which it is a regression.",
)
@takes_models
def modules(**options: Any) -> None:
    """Compare every available way to run each module."""
    from compare.comparison import compare_all

    report = compare_all(_cases(options), _settings(options), progress)
    _finish(report, options)


@click.command("report")
@click.argument("earlier", type=existing_file, metavar="REPORT.json")
@file_options
def earlier_report(earlier: Path, **options: Any) -> None:
    """Write an earlier report again from its JSON."""
    from compare.report_load import load

    write_files(load(earlier), options)


def _cases(options: dict[str, Any]) -> list[Case]:
    from compare.cases import examples, from_module
    from compare.suite import chosen, suite

    if options["suite"]:
        return suite(options["suite_dir"], options["only"], progress)
    if not options["modules"]:
        known = {case.name: case for case in examples()}
        return [known[name] for name in chosen(known, options["only"])]
    asked = (options["function"], options["inputs"], options["seeds"])
    return [from_module(path, *asked, model=options["model"]) for path in options["modules"]]


def _settings(options: dict[str, Any]) -> Settings:
    from compare.builds import LEVELS, RELAXED
    from compare.comparison import Settings
    from compare.legs import Wanted
    from compare.measure import Plan

    threads = tuple(sorted({1, *options["threads"]}))
    levels = [level for level in LEVELS if not options["levels"] or level.name in options["levels"]]
    wanted = Wanted(
        levels=[*levels, *([RELAXED] if options["relaxed"] else [])],
        target_cpu=options["target_cpu"],
        threads=threads,
        externals=_externals(options["external"]),
        without=frozenset(options["without"]),
    )
    # On several threads the time that counts is that on the wall.
    plan = Plan(options["rounds"], leg_seconds=options["seconds"], clock="wall" if threads != (1,) else "cpu")
    return Settings(
        plan,
        wanted,
        options["base"],
        options["tolerance"],
        sizes=not options["no_size"],
        hot=not options["no_hot"],
        peaks=not options["no_hot"],
    )


def _externals(texts: Sequence[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for name, _, command in pairs:
        if not name or not command:
            raise click.UsageError("--external needs NAME=COMMAND")
    return {name: command for name, _, command in pairs}


def _finish(report: Report, options: dict[str, Any]) -> None:
    from compare import baseline, report_json
    from compare.report_terminal import console, print_report

    if options["baseline"]:
        earlier = report_json.read(options["baseline"])
        baseline.mark(report, earlier, options["baseline"].name, options["threshold"])
    progress("")
    print_report(report, console(), options["brief"])
    write_files(report, options)
    sys.exit(exit_code(report))


def exit_code(report: Report) -> int:
    """A wrong leg counts more than anything else."""
    if report.wrong:
        return WRONG
    if not all(case.legs for case in report.cases):
        return PROBLEM
    return REGRESSED if report.regressions else 0
