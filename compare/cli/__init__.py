"""The command line: `transpile compare` and `python -m compare`."""

from __future__ import annotations

import sys
from typing import Any

import click
from click.shell_completion import CompletionItem

from compare.cli.common import EXIT_CODES, PROBLEM, REGRESSED, WRONG
from compare.cli.fixed import calls, literal, loads, modes, size, static, threads, verification
from compare.cli.modules import earlier_report, modules
from compare.cli.targets import history, targets
from compare.cli.zoo import zoo
from compare.engines import Unavailable
from transpile.errors import TranspileError

__all__ = ["PROBLEM", "REGRESSED", "WRONG", "compare", "main"]


class _WithDefault(click.Group):
    """A group whose arguments belong to one command if they name none."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        completing = ctx.resilient_parsing and not args
        if first not in self.commands and first not in ("--help", "-h") and not completing:
            args = [str(modules.name), *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """A command, or a module or an option for the default one."""
        found = super().shell_complete(ctx, incomplete)
        if incomplete.startswith("-"):
            return [*found, *modules.shell_complete(click.Context(modules, parent=ctx), incomplete)]
        return [*found, CompletionItem(incomplete, type="file")]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Also those of the default command, which are what most people look for."""
        super().format_options(ctx, formatter)
        rows = [item.get_help_record(ctx) for item in modules.params if isinstance(item, click.Option)]
        with formatter.section("Options for modules"):
            formatter.write_dl([row for row in rows if row])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (Unavailable, TranspileError) as problem:
            click.echo(f"error: {problem}", err=True)
            sys.exit(PROBLEM)


@click.group(cls=_WithDefault, no_args_is_help=False, invoke_without_command=False, epilog=EXIT_CODES)
def compare() -> None:
    """Compare generated C with its bytecode: output, speed, size.

    Outputs are compared before anything is timed.

    Without a command, the given modules (or the bundled examples) are compared, with the options below.
    """


_GENERAL = (modules, earlier_report, targets, history, zoo)
for command in (*_GENERAL, calls, literal, loads, modes, size, static, threads, verification):
    compare.add_command(command)


def main() -> None:
    """`python -m compare`."""
    compare(prog_name="python -m compare")
