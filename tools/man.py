"""Writes the man pages of `transpile` and its commands to docs/man, from the help that click has of them.

    python tools/man.py

The package click-man is not used: it leaves out epilogs (the exit codes), cuts descriptions short, and passes on
backslashes and click's marks of verbatim paragraphs, which roff reads as something else.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click

import transpile
from transpile.cli import main

FOLDER = Path(__file__).parents[1] / "docs" / "man"

# What click puts before a paragraph whose lines are to stay as they are.
VERBATIM = "\b"


def escaped(text: str) -> str:
    """Text as roff that prints it: backslashes and hyphens as themselves, no line read as a request (groff(7))."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line for line in text.split("\n"))


def paragraphs(text: str) -> Iterator[str]:
    """The lines of roff for a help text."""
    for paragraph in cleandoc(text).split("\n\n"):
        yield ".PP"
        if paragraph.startswith(VERBATIM):
            yield from (".nf", escaped(paragraph.removeprefix(VERBATIM).strip("\n")), ".fi")
        else:
            yield escaped(paragraph.strip("\n"))


def options(context: click.Context) -> Iterator[str]:
    """The lines of roff for a command's options."""
    for parameter in context.command.get_params(context):
        if isinstance(parameter, click.Option) and (record := parameter.get_help_record(context)) is not None:
            names, help_text = record
            yield from (".TP", f"\\fB{escaped(names)}\\fR", escaped(help_text))


def page(context: click.Context) -> str:
    """The man page of the command that the context is of."""
    command, name = context.command, context.command_path
    dashed = name.replace(" ", "-")
    lines = [
        f'.TH "{dashed.upper()}" "1" "" "transpile {transpile.__version__}" "transpile"',
        ".SH NAME",
        f"{escaped(dashed)} \\- {escaped(command.get_short_help_str(limit=200).removesuffix('.'))}",
        ".SH SYNOPSIS",
        f"\\fB{escaped(name)}\\fR {escaped(' '.join(command.collect_usage_pieces(context)))}",
        ".SH DESCRIPTION",
        *paragraphs(command.help or ""),
        ".SH OPTIONS",
        *options(context),
    ]
    if isinstance(command, click.Group):
        lines.append(".SH COMMANDS")
        for each in command.list_commands(context):
            short = command.commands[each].get_short_help_str(limit=200)
            lines += [".TP", f"\\fB{escaped(dashed)}\\-{escaped(each)}\\fR(1)", escaped(short)]
    if command.epilog:
        heading, _, rest = cleandoc(command.epilog).removeprefix(VERBATIM).strip("\n").partition("\n")
        lines += [f".SH {escaped(heading.rstrip(':').upper())}", ".nf", escaped(rest), ".fi"]
    if context.parent is not None:
        lines += [".SH SEE ALSO", f"\\fB{escaped(context.parent.command_path.replace(' ', '-'))}\\fR(1)"]
    return "\n".join(lines) + "\n"


def pages(
    command: click.Command = main, name: str = "transpile", parent: click.Context | None = None
) -> dict[str, str]:
    """The man pages of a command and of all commands below it that are not hidden, by file name."""
    context = click.Context(command, info_name=name, parent=parent, **command.context_settings)
    found = {f"{context.command_path.replace(' ', '-')}.1": page(context)}
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            if not command.commands[each].hidden:
                found |= pages(command.commands[each], each, context)
    return found


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    written = pages()
    for file, text in written.items():
        (FOLDER / file).write_text(text, encoding="utf-8")
    for file in FOLDER.glob("*.1"):
        if file.name not in written:
            file.unlink()
    sys.stdout.write(f"{len(written)} pages in {FOLDER}\n")
