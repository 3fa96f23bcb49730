"""The command that makes a module of a model, and keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from transpile.cli.common import module_argument, printable_lines, progress, reports_errors
from transpile.front.options import takes_models

if TYPE_CHECKING:
    from transpile.front import ModelOptions


@click.command("compile", short_help="Compile a model (.onnx, .mlir) to a module.")
@module_argument
@click.option(
    "--output",
    "-o",
    "target",
    required=True,
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="The .vmfb file to write.",
)
@reports_errors
@takes_models
def compile_(module: str, target: str, model: ModelOptions) -> None:
    """Compile a model with IREE's compiler and keep the module.

    A model is an ONNX file, or MLIR that IREE accepts (StableHLO, TOSA, torch, linalg, vm), as text or bytecode.  The
    other commands accept models too, and compile them in the same way.  Needs an extra:
    pip install 'transpile-vmfb[compiler]'

    \b
    Examples:
        transpile compile model.onnx -o model.vmfb
        transpile compile model.onnx -o model.vmfb --dim batch=1 --shape tokens=1x64
        transpile compile model.mlir -o model.vmfb --flow=inline-static
    """
    from transpile.front import compile_model, write_module

    with progress() as report:
        made = compile_model(module, model, report)
        path = write_module(made.module, target)
    click.echo(printable_lines(str(path)))
