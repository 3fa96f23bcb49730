"""The command line: `transpile compare` and `python -m compare`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from compare.engines import Unavailable
from transpile.errors import TranspileError

if TYPE_CHECKING:
    from compare.cases import Case
    from compare.comparison import Settings
    from compare.results import Report

DEFAULT = "modules"
WRONG, REGRESSED, PROBLEM = 1, 3, 2
_EPILOG = (
    f"Exit codes: 0 all is well, {WRONG} a leg is wrong, {PROBLEM} it could not be done, {REGRESSED} a regression."
)

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_target = click.Path(dir_okay=False, writable=True, path_type=Path)


class _WithDefault(click.Group):
    """A group whose arguments belong to one command if they name none."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        if first not in self.commands and first not in ("--help", "-h"):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (Unavailable, TranspileError) as problem:
            click.echo(f"error: {problem}", err=True)
            sys.exit(PROBLEM)


@click.group(cls=_WithDefault, no_args_is_help=False, invoke_without_command=False, epilog=_EPILOG)
def compare() -> None:
    """Compare C with the bytecode it was made from: equality first, then speed and size.

    Without a command, the modules given (or the bundled examples) are compared; see `modules --help` for the options.
    """


@compare.command(DEFAULT, epilog=_EPILOG)
@click.argument("modules", nargs=-1, type=_file, metavar="[MODULE]...")
@click.option("--suite", is_flag=True, help="Build the standard set of programs and compare them.")
@click.option("--suite-dir", type=click.Path(file_okay=False, path_type=Path), help="Where it is built, and kept.")
@click.option("--only", multiple=True, metavar="NAME", help="Only this program of the examples or the suite.")
@click.option("--function", "-f", help="Exported function; default: the first that can be called.")
@click.option("--input", "inputs", multiple=True, help="Argument as `iree-run-module` takes it; default: random.")
@click.option("--optimize", "levels", multiple=True, type=click.Choice(["speed", "size", "none"]), help="Default: all.")
@click.option("--target-cpu", default="native", show_default=True)
@click.option("--threads", multiple=True, type=click.IntRange(min=1), default=(1,), help="Also with so many threads.")
@click.option("--external", multiple=True, metavar="NAME=COMMAND", help="A command as a leg; see the guide.")
@click.option("--without", multiple=True, metavar="LEG", help="Leave out a leg.")
@click.option("--base", help="Leg that ratios are taken to; default: the first.")
@click.option("--rounds", type=click.IntRange(min=1), default=15, show_default=True)
@click.option("--seconds", type=float, default=4.0, show_default=True, help="Longest time for one leg of a module.")
@click.option("--tolerance", type=float, default=1e-3, show_default=True, help="For legs of other makers.")
@click.option("--seeds", type=click.IntRange(min=1), default=3, show_default=True, help="Random inputs to compare.")
@click.option("--no-size", is_flag=True, help="Do not weigh.")
@click.option("--no-hot", is_flag=True, help="Do not look where the time goes.")
@click.option("--json", "json_path", type=_target, help="Write the report as JSON.")
@click.option("--markdown", "markdown_path", type=_target, help="Write the report as Markdown.")
@click.option("--html", "html_path", type=_target, help="Write the report as one page.")
@click.option("--pyperf", "pyperf_path", type=_target, help="Write the samples for pyperf.")
@click.option("--baseline", type=_file, help="JSON report to look for regressions against.")
@click.option("--threshold", type=float, default=0.10, show_default=True, help="Slower by more is a regression.")
def modules_command(**options: Any) -> None:
    """Compare modules on all legs that can run them."""
    from compare.comparison import compare_all

    report = compare_all(_cases(options), _settings(options), _progress)
    _finish(report, options)


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{text}", err=True, nl=False)


def _cases(options: dict[str, Any]) -> list[Case]:
    from compare.cases import examples, from_module
    from compare.suite import suite

    if options["suite"]:
        return suite(options["suite_dir"], options["only"], _progress)
    if not options["modules"]:
        return [case for case in examples() if not options["only"] or case.name in options["only"]]
    return [from_module(path, options["function"], options["inputs"], options["seeds"]) for path in options["modules"]]


def _settings(options: dict[str, Any]) -> Settings:
    from compare.builds import LEVELS
    from compare.comparison import Settings
    from compare.legs import Wanted
    from compare.measure import Plan

    threads = tuple(sorted({1, *options["threads"]}))
    wanted = Wanted(
        levels=[level for level in LEVELS if not options["levels"] or level.name in options["levels"]],
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
    )


def _externals(texts: Sequence[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for name, _, command in pairs:
        if not name or not command:
            raise click.UsageError("--external wants NAME=COMMAND")
    return {name: command for name, _, command in pairs}


def _finish(report: Report, options: dict[str, Any]) -> None:
    from compare import baseline, pyperf_json, report_html, report_json, report_markdown
    from compare.report_terminal import console, print_report

    if options["baseline"]:
        earlier = report_json.read(options["baseline"])
        baseline.mark(report, earlier, options["baseline"].name, options["threshold"])
    _progress("")
    print_report(report, console())
    writers: list[tuple[str, Callable[[Report], str]]] = [
        ("json_path", report_json.dump),
        ("markdown_path", report_markdown.markdown),
        ("html_path", report_html.html),
    ]
    for name, render in writers:
        if options[name]:
            options[name].write_text(render(report), encoding="utf-8")
    if options["pyperf_path"]:
        pyperf_json.write(report, options["pyperf_path"])
    sys.exit(exit_code(report))


def exit_code(report: Report) -> int:
    """A wrong leg counts more than anything else."""
    if report.wrong:
        return WRONG
    if not all(case.legs for case in report.cases):
        return PROBLEM
    return REGRESSED if report.regressions else 0


@compare.command()
@click.option("--rounds", default=15, show_default=True, help="Interleaved rounds.")
@click.option("--seconds", default=12.0, show_default=True, help="Longest time for one leg of one program.")
def literal(rounds: int, seconds: float) -> None:
    """Literal C against C by hand and against IREE's interpreter."""
    from compare.literal import rows
    from compare.measure import Plan
    from compare.report_terminal import console, literal_table

    plan = Plan(rounds=rounds, leg_seconds=seconds)
    table, met = literal_table(rows(plan, lambda text: click.echo(f"measuring {text}", err=True)), plan.clock)
    console().print(table)
    sys.exit(0 if met else 1)


@compare.command()
@click.argument("modules", nargs=-1, required=True, type=_file)
@click.option("--target-cpu", default="baseline", show_default=True, help="What the machine code is for.")
@click.option("--detail", is_flag=True, help="Also the largest functions and source locations.")
def size(modules: tuple[Path, ...], target_cpu: str, detail: bool) -> None:
    """Bytes of bytecode, C and machine code at each level."""
    from compare.builds import LEVELS
    from compare.report_terminal import console, detail_table, size_table
    from compare.size import build_size, module_size
    from transpile import loader

    for path in modules:
        module = loader.read(path)
        builds = [build_size(module, level, target_cpu, detail=detail) for level in LEVELS]
        console().print(size_table(path.name, module_size(module), builds))
        if detail:
            console().print(detail_table(builds[1]))


@compare.command("verify")
@click.argument("modules", nargs=-1, required=True, type=_file)
@click.option("--rounds", type=click.IntRange(min=1), default=7, show_default=True, help="Interleaved rounds.")
def verify_command(modules: tuple[Path, ...], rounds: int) -> None:
    """Time of verification, and how it grows with a module's size."""
    from compare.report_terminal import console
    from compare.verify_speed import table, timing

    timings = [timing(path, rounds) for path in modules]
    console().print(table(timings))
    sys.exit(0 if all(found.met for found in timings) else 1)


def main() -> None:
    """`python -m compare`."""
    compare(prog_name="python -m compare")
