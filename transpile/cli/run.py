"""The command that calls a function, with the options of iree-run-module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from transpile.cli.common import (
    FAILED,
    REFUSED,
    RELAXED_NOTE,
    Failure,
    jobs_option,
    module_argument,
    optimize_option,
    printable_lines,
    progress,
    relaxed_option,
    reports_errors,
    target_cpu_option,
    unsafe_option,
    warn_if_unverified,
)
from transpile.front.options import takes_models
from transpile.symbols import named

if TYPE_CHECKING:
    from transpile.front import ModelOptions
    from transpile.loader import Engine
    from transpile.program import Function, Program


@click.command(short_help="Compile a module and call a function.")
@module_argument
@click.option("--function", "name", metavar="NAME", help="Function to call; not needed if only one is exported.")
@click.option("--input", "inputs", multiple=True, metavar="VALUE", help="An argument; repeat, in order.")
@click.option(
    "--output",
    "outputs",
    multiple=True,
    metavar="WHERE",
    help="Where a result goes: '-', '@file', '+file' or ''; repeat, in order.",
)
@click.option(
    "--output-max-element-count",
    "--output_max_element_count",
    "limit",
    type=click.IntRange(min=0),
    default=1024,
    show_default=True,
    help="How many elements of a tensor to print.",
)
@click.option(
    "--parameters",
    "archives",
    multiple=True,
    metavar="SCOPE=FILE",
    help="A file of parameters (.irpa, .safetensors, .gguf) for a scope; repeat. Without SCOPE=, for the unnamed one.",
)
@click.option(
    "--engine",
    type=click.Choice(["c", "interpreter"]),
    default="c",
    show_default=True,
    help="Run C generated from the module, or interpret its bytecode.",
)
@click.option(
    "--device",
    "devices",
    multiple=True,
    type=click.Choice(["local-sync", "local-task"]),
    help="A device, always this CPU; repeat for programs compiled for several devices.",
)
@click.option(
    "--threads", type=click.IntRange(min=1), help="Number of threads that the program may use (default: all)."
)
@optimize_option
@target_cpu_option(default="native")
@relaxed_option
@jobs_option
@unsafe_option
@reports_errors
@takes_models
def run(
    module: str,
    name: str | None,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    limit: int,
    archives: tuple[str, ...],
    engine: Engine,
    devices: tuple[str, ...],
    threads: int | None,
    unsafe_skip_verification: bool,
    model: ModelOptions,
    **choices: Any,
) -> None:
    """Compile a module (or take it from the cache), call a function and print its results.

    Inputs and outputs are written as for iree-run-module, and results are printed in the same way.

    \b
    Examples:
        transpile run model.vmfb --function=mm --input=2x4xf32=1 --input=4x3xf32=@weights.bin
        transpile run model.vmfb --function=mm --input=@a.npy --input=@b.npy --output=@c.npy
    \b
    Inputs:
        3.14  -7                 numbers
        4xf32=1,2,3,4            a tensor; brackets and spaces are free: 2x2xi32=[[1 2][3 4]]
        4xf32=7   4xf32          one value everywhere; zeros
        @a.npy  +a.npy  *a.npy   an array from a file; the file's next array; all of them
        2x2xf32=@raw.bin         raw bytes from a file
        &4xf32                   storage for a result
        (null)                   a null reference
    """
    from transpile import loader
    from transpile.native.build import Options

    warn_if_unverified(unsafe_skip_verification)
    from transpile.program import VmError

    if choices["relaxed"]:
        note = "nothing: the interpreter is exact" if engine == "interpreter" else RELAXED_NOTE
        click.echo(f"relaxed: {note}", err=True)
    try:
        with progress() as report:
            program = loader.load(
                module,
                Options(**choices, progress=report),
                parameters=_parameters(archives),
                threads=threads,
                devices=max(1, len(devices)),
                engine=engine,
                verified=not unsafe_skip_verification,
                model=model,
            )
    except VmError as problem:
        raise Failure(f"the module's initialiser failed: {problem}", FAILED) from None
    _call(_choose(program, name), inputs, outputs, limit)


def _parameters(archives: tuple[str, ...]) -> dict[str, list[str]]:
    """Files by scope; several in one scope are searched in order."""
    found: dict[str, list[str]] = {}
    for text in archives:
        scope, equals, file = text.partition("=")
        found.setdefault(scope if equals else "", []).append(file if equals else text)
    return found


def _choose(program: Program, name: str | None) -> Function:
    callable_names = list(program.functions)
    if name is None and len(callable_names) == 1:
        name = callable_names[0]
    if name is None:
        raise Failure(f"choose one with --function=: {', '.join(callable_names) or 'there are no exports'}", 2)
    found = named(name, program.exports)
    if found is None:
        message = f"NOT_FOUND; no function `{name}` exported by module; there are: {', '.join(callable_names)}"
        raise Failure(message, REFUSED)
    return program.exports[found]


def _call(function: Function, inputs: tuple[str, ...], outputs: tuple[str, ...], limit: int) -> None:
    from transpile import runio
    from transpile.program import VmError

    try:
        arguments = runio.parse_inputs(inputs, function.kinds)
    except VmError as problem:
        raise Failure(str(problem), REFUSED) from None
    click.echo(f"EXEC @{printable_lines(function.__name__)}")
    try:
        results = function.call_raw(arguments)
    except VmError as problem:
        raise Failure(str(problem), FAILED) from None
    try:
        if outputs:
            lines = runio.write_results(results, function.result_kinds, outputs, limit)
        else:
            lines = runio.print_results(results, function.result_kinds, limit)
        for line in lines:
            click.echo(line)
    except VmError as problem:
        raise Failure(str(problem), REFUSED) from None
