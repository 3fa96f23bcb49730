"""What the commands share: exit codes, progress, and the files a report is written to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from compare.results import Report

WRONG, REGRESSED, PROBLEM = 1, 3, 2
EXIT_CODES = (
    f"Exit codes: 0 success, {WRONG} an output is wrong, {PROBLEM} the comparison failed, {REGRESSED} a regression."
)

_Command = TypeVar("_Command", bound=Callable[..., Any])

existing_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_target = click.Path(dir_okay=False, writable=True, path_type=Path)

suite_dir_option = click.option(
    "--suite-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder in which programs are built and kept (default: in the cache).",
)


def file_options(command: _Command) -> _Command:
    """The options that say where the report is written."""
    for option in reversed(
        (
            click.option("--json", "json_path", type=_target, help="Write the report as JSON."),
            click.option("--markdown", "markdown_path", type=_target, help="Write the report as Markdown."),
            click.option("--html", "html_path", type=_target, help="Write the report as a single HTML page."),
            click.option("--pyperf", "pyperf_path", type=_target, help="Write the timings in pyperf's format."),
        )
    ):
        command = option(command)
    return command


def write_files(report: Report, options: Mapping[str, Any], markdown: Callable[[Report], str] | None = None) -> None:
    """Write the report where `file_options` say; `markdown` renders it in a way of its own."""
    from compare import pyperf_json, report_html, report_json, report_markdown

    writers: list[tuple[str, Callable[[Report], str]]] = [
        ("json_path", report_json.dump),
        ("markdown_path", markdown or report_markdown.markdown),
        ("html_path", report_html.html),
    ]
    for name, render in writers:
        if options[name]:
            options[name].write_text(render(report), encoding="utf-8")
    if options["pyperf_path"]:
        pyperf_json.write(report, options["pyperf_path"])


class _Progress:
    """What is being done: one line that is written over on a terminal, else a line for each program."""

    def __init__(self) -> None:
        self._program = ""

    def __call__(self, text: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r\033[K{text}", err=True, nl=False)
            return
        program = text.partition(":")[0]
        if program and program != self._program:
            click.echo(program, err=True)
        self._program = program


progress = _Progress()
