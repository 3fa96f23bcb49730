"""The command that brings the bundled examples to a folder."""

from __future__ import annotations

from pathlib import Path

import click

from transpile.cli.common import REFUSED, Failure, printable_lines, reports_errors


@click.command(short_help="Copy the bundled examples to a folder.")
@click.argument("folder", type=click.Path(file_okay=False), metavar="DIR")
@reports_errors
def examples(folder: str) -> None:
    """Copy the bundled examples, small programs with their sources, to a new folder.

    \b
    Example:
        transpile examples examples
        transpile run examples/fibonacci/fibonacci.vmfb --input=90
    """
    import shutil

    from compare.resources import EXAMPLES

    target = Path(folder)
    if not EXAMPLES.is_dir():
        raise Failure("this installation does not contain the examples", REFUSED)
    if target.exists():
        raise Failure(f"{target} already exists: choose another folder", REFUSED)
    shutil.copytree(EXAMPLES, target, ignore=shutil.ignore_patterns("__pycache__"))
    for path in sorted(target.iterdir()):
        click.echo(printable_lines(str(path)))
