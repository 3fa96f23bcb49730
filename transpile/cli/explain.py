"""The command that tells what the optimiser does with a module's loops, and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transpile.cli.common import (
    USAGE,
    Failure,
    module_argument,
    printable_lines,
    progress,
    reports_errors,
    target_cpu_option,
)
from transpile.cli.processor import processor_option
from transpile.columns import hanging
from transpile.front.options import takes_models

if TYPE_CHECKING:
    from rich.console import Console

    from transpile.explain import Explained, Loop
    from transpile.explorer.data import Page
    from transpile.front import ModelOptions

_STYLES = {"tile": "green", "map": "green", "strip": "yellow", "literal": "red"}


@click.command(short_help="Show how each loop is optimised, and why.")
@module_argument
@click.option("--function", metavar="NAME", help="Show only the functions or exports of this name.")
@click.option(
    "--dump-ir", is_flag=True, help="Print the intermediate representation before the first pass and after each pass."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--html", "page", type=click.Path(dir_okay=False, path_type=Path), help="Write one page to look around in instead."
)
@click.option(
    "--source",
    "sources",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="With --html: a source file that the module was compiled from, shown beside its code; repeat. A model in MLIR "
    "is its own.",
)
@target_cpu_option(default="native")
@click.option(
    "--vector-bytes",
    type=click.Choice(["16", "32", "64"]),
    help="Plan for vectors of this width; no compiler is needed.",
)
@processor_option
@reports_errors
@takes_models
def explain(
    module: str,
    function: str | None,
    dump_ir: bool,
    as_json: bool,
    page: Path | None,
    sources: tuple[Path, ...],
    target_cpu: str,
    vector_bytes: str | None,
    processor: str | None,
    model: ModelOptions,
) -> None:
    """Show what --optimize=speed does with each loop, and why.

    For each loop: its bounds and memory accesses, how it was transformed, what is checked before it runs, or why it was
    left unchanged.  Kernels in nested modules are included.  Counters are named i, j, k from the outermost loop
    inwards; %1a3 is the value computed by the instruction at byte 0x1a3 of the function.

    \b
    Examples:
        transpile explain model.vmfb
        transpile explain model.vmfb --function=main_dispatch_0 --dump-ir
        transpile explain model.vmfb --json | jq '.functions[].loops[].kind'
        transpile explain model.vmfb --html page.html --source model.mlir
    """
    from rich.console import Console

    from transpile.explain import explain as explained
    from transpile.explorer import collect
    from transpile.loader import read
    from transpile.native.toolchain import DISPATCH, find_compiler, nest_target
    from transpile.nests.plan.target import for_vectors, row_of

    if target_cpu == DISPATCH:
        raise Failure("'dispatch' generates a version for each vector width: choose one with --vector-bytes", USAGE)
    if processor:
        target = row_of(processor)
    else:
        target = for_vectors(int(vector_bytes)) if vector_bytes else nest_target(find_compiler(), target_cpu)
    width = target.vector_bytes
    if (as_json and page) or (sources and not page):
        raise Failure("--json prints and --html writes: choose one" if as_json else "--source is for --html", USAGE)
    with progress() as report:
        loaded = read(module, model=model, progress=report)
        if page is not None:
            report("making the page")
            path = Path(module)
            texts = _texts(sources or [path][: path.suffix == ".mlir"])
            found = collect(loaded, target, title=path.name, function=function, sources=texts, passes=dump_ir)
            _write_page(page, found, function)
            return
    if as_json:
        _print_json([asdict(item) for item in explained(loaded, target, function, ir=dump_ir)], width, function)
        return
    console = Console(highlight=False, markup=False, soft_wrap=True)
    seen = 0
    loops: list[Loop] = []
    for item in explained(loaded, target, function, ir=dump_ir):
        seen += 1
        loops += item.loops
        if item.loops or function is not None or dump_ir:
            _print(console, item)
    if not seen:
        raise _no_function(function)
    kinds = [loop.kind for loop in loops]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in _STYLES if kind in kinds) or "no loops"
    console.print(f"{seen} functions, {f'vectors of {width} bytes' if width else 'no vectors'}: {counts}", style="bold")


def _no_function(name: str | None) -> Failure:
    return Failure(f"there is no function {name!r}", USAGE)


def _texts(paths: Sequence[Path]) -> dict[str, str]:
    """Source files by name; bytecode of MLIR is no text."""
    contents = {path.name: path.read_bytes() for path in paths}
    return {name: data.decode("utf-8", "replace") for name, data in contents.items() if b"\0" not in data}


def _write_page(path: Path, found: Page, function: str | None) -> None:
    from transpile.explorer import render_page

    if not found.rows:
        raise _no_function(function)
    path.write_text(render_page(found), encoding="utf-8")


def _print_json(functions: list[dict[str, Any]], width: int, name: str | None) -> None:
    if not functions:
        raise _no_function(name)
    click.echo(json.dumps({"vector_bytes": width, "functions": functions}, indent=2))


def _print(console: Console, item: Explained) -> None:
    head = printable_lines(f"@{item.function} (function {item.index} of {item.module})")
    console.print(hanging("", head, 4), style="bold")
    for name, text in item.ir:
        console.print(f"; {name}", style="cyan")
        console.print(printable_lines(text))
    for loop in item.loops:
        _print_loop(console, loop)
    console.print()


def _print_loop(console: Console, loop: Loop) -> None:
    from transpile.explanation import loop_lines

    head, *lines = loop_lines(loop, 2 * loop.depth)
    console.print(head.removesuffix(loop.kind), end="")
    console.print(loop.kind, style=_STYLES[loop.kind])
    for line in lines:
        console.print(line)
