"""Commands that measure one thing."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from compare.cli.common import WRONG, existing_file
from transpile.front.options import takes_models

Command = Callable[..., Any]

if TYPE_CHECKING:
    from transpile.front import ModelOptions


def _rounds_option(default: int) -> Callable[[Command], Command]:
    return click.option(
        "--rounds",
        default=default,
        show_default=True,
        type=click.IntRange(min=1),
        help="How many times everything is measured, in turn.",
    )


@click.command()
@click.option("--rounds", default=15, show_default=True, help="How many times everything is measured, in turn.")
@click.option("--seconds", default=12.0, show_default=True, help="Longest time to spend on one version of one program.")
def literal(rounds: int, seconds: float) -> None:
    """Compare unoptimised C with hand-written C and IREE."""
    from compare.literal import rows
    from compare.measure import Plan
    from compare.report_terminal import console, literal_table

    plan = Plan(rounds=rounds, leg_seconds=seconds)
    table, met = literal_table(rows(plan, lambda text: click.echo(f"measuring {text}", err=True)), plan.clock)
    console().print(table)
    sys.exit(0 if met else 1)


@click.command()
@click.argument("modules", nargs=-1, required=True, type=existing_file)
@click.option(
    "--threads", default=2, show_default=True, type=click.IntRange(min=2), help="Number of threads to compare with one."
)
@click.option(
    "--optimize",
    default="literal",
    show_default=True,
    type=click.Choice(["literal", "speed", "size", "none", "static"]),
    help="How the C is optimised, with the runtime around it; 'static' is speed, evaluated ahead of time.",
)
@_rounds_option(5)
@click.option("--at-least", default=0.0, help="Fail if the speedup is smaller than this.")
def threads(modules: tuple[Path, ...], threads: int, optimize: str, rounds: int, at_least: float) -> None:
    """Compare the same C on one thread and on several."""
    from compare.builds import LEVELS, LITERAL
    from compare.measure import Plan
    from compare.report_terminal import console, threads_table
    from compare.threads import ahead_of_time, scaling, with_runtime

    levels = {level.name: level for level in (LITERAL, *LEVELS)}
    made = with_runtime(levels[optimize]) if optimize in levels else ahead_of_time
    plan = Plan(rounds, leg_seconds=1e6, clock="wall")
    found = [scaling(path, made, threads, plan) for path in modules]
    console().print(threads_table(found, optimize))
    sys.exit(0 if all(row.verdict.right and row.ratio.median >= at_least for row in found) else WRONG)


@click.command()
@click.argument("model", required=False, type=existing_file)
@_rounds_option(25)
@click.option("--calls", "count", default=1000, show_default=True, type=click.IntRange(min=1), help="Calls a round.")
def calls(model: Path | None, rounds: int, count: int) -> None:
    """Compare what a call from Python costs with ONNX Runtime.

    MODEL is an ONNX file; without one a network of two small layers is made and called."""
    from compare.calls import legs_of, measure_calls, tiny_model
    from compare.report_terminal import calls_table, console

    with tempfile.TemporaryDirectory() as folder:
        legs = legs_of(model or tiny_model(Path(folder) / "tiny.onnx"))
    right = all(leg.verdict.right for leg in legs)
    if right:
        measure_calls(legs, rounds, count)
    console().print(calls_table(model.name if model else "a tiny network", legs))
    sys.exit(0 if right else WRONG)


@click.command()
@click.argument("modules", nargs=-1, required=True, type=existing_file)
@_rounds_option(7)
def loads(modules: tuple[Path, ...], rounds: int) -> None:
    """Measure what a second load of a module takes.

    Each round is a new process; what is imported first, and what a second load in it takes, is shown too."""
    from compare.loads import loading, table
    from compare.report_terminal import console

    console().print(table([loading(path, rounds) for path in modules]))


@click.command()
@click.argument("modules", nargs=-1, required=True, type=existing_file)
@_rounds_option(15)
def modes(modules: tuple[Path, ...], rounds: int) -> None:
    """Compare C compiled for different processors, and relaxed.

    That is: for any processor, with versions chosen at run time, for this machine, and with relaxed arithmetic."""
    from compare.measure import Plan
    from compare.modes import measured
    from compare.report_terminal import console, modes_table

    rows = [row for path in modules for row in measured(path, Plan(rounds))]
    console().print(modes_table(rows))
    sys.exit(0 if all(row.verdict.right for row in rows) else WRONG)


@click.command()
@click.argument("modules", nargs=-1, required=True, type=existing_file)
@_rounds_option(15)
@click.option("--inputs", default=3, show_default=True, type=click.IntRange(min=1), help="Random inputs to compare.")
@takes_models
def static(modules: tuple[Path, ...], rounds: int, inputs: int, model: ModelOptions) -> None:
    """Compare programs evaluated ahead of time with the runtime's.

    What `transpile emit --static` writes, planned for this machine and as it stands: bits, memory and speed."""
    from compare.measure import Plan
    from compare.report_terminal import console, static_table
    from compare.static_form import measured

    rows = [row for path in modules for row in measured(path, Plan(rounds), inputs, model)]
    console().print(static_table(rows))
    sys.exit(0 if all(row.verdict.right for row in rows) else WRONG)


@click.command()
@click.argument("modules", nargs=-1, required=True, type=existing_file)
@click.option("--target-cpu", default="baseline", show_default=True, help="Processor that the machine code is for.")
@click.option("--detail", is_flag=True, help="Also show the largest functions and source locations.")
@takes_models
def size(modules: tuple[Path, ...], target_cpu: str, detail: bool, model: ModelOptions) -> None:
    """Measure bytes of bytecode, C and machine code at each level."""
    from compare.builds import LEVELS
    from compare.report_terminal import console, detail_table, size_table
    from compare.size import build_size, module_size
    from transpile import loader

    for path in modules:
        module = loader.read(path, model=model)
        builds = [build_size(module, level, target_cpu, detail=detail) for level in LEVELS]
        console().print(size_table(path.name, module_size(module), builds))
        if detail:
            console().print(detail_table(builds[1]))


@click.command("verify")
@click.argument("modules", nargs=-1, required=True, type=existing_file)
@_rounds_option(7)
def verification(modules: tuple[Path, ...], rounds: int) -> None:
    """Measure how verification time grows with a module's size."""
    from compare.report_terminal import console
    from compare.verify_speed import table, timing

    timings = [timing(path, rounds) for path in modules]
    console().print(table(timings))
    sys.exit(0 if all(found.met for found in timings) else 1)
