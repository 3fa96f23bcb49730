"""The command that says what a static program takes, before it is on a device."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transpile.cli.common import REFUSED, Failure, module_argument, printable_lines, progress, reports_errors
from transpile.cli.processor import processor_option
from transpile.front.options import takes_models

if TYPE_CHECKING:
    from transpile.front import ModelOptions
    from transpile.host.footprint import Footprint
    from transpile.host.static import Static

_UNITS = {"": 1, "k": 1 << 10, "M": 1 << 20}
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 720, 320, 70, 28, 294


class _Bytes(click.ParamType[int]):
    """A size such as 256k."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of bytes."""
        found = re.fullmatch(r"(\d+)([kM]?)B?", str(value))
        if found is None:
            self.fail(f"{value!r} is not a size such as 65536, 64k or 1M", param, ctx)
        return int(found[1]) * _UNITS[found[2]]


@dataclass(frozen=True)
class _Compiled:
    """What a C compiler makes of it, in bytes."""

    code: int
    stack: int


@click.command(short_help="Say what a static program takes of a device.")
@module_argument
@click.option(
    "--optimize",
    type=click.Choice(["speed", "size"]),
    default="size",
    show_default=True,
    help="What the C is written for, as for emit --static.",
)
@processor_option
@click.option("--cc", metavar="COMMAND", help="C compiler with its options, to measure code and stack.")
@click.option("--flash", type=_Bytes(), metavar="SIZE", help="Fail if constants and code are more, such as 256k.")
@click.option("--ram", type=_Bytes(), metavar="SIZE", help="Fail if arena, inputs, outputs and stack are more.")
@click.option(
    "--svg", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Draw the arena over time."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@reports_errors
@takes_models
def size(
    module: str,
    optimize: str,
    processor: str | None,
    cc: str | None,
    flash: int | None,
    ram: int | None,
    svg: Path | None,
    as_json: bool,
    model: ModelOptions,
) -> None:
    """Print how much memory a static program (emit --static) takes.

    Shows constants and arena, and which buffers are in use where the arena is fullest.  With --cc, code and stack are
    measured with that compiler.

    The exit code is 1 if --flash or --ram is exceeded.

    \b
    Examples:
        transpile size model.onnx
        transpile size model.vmfb --optimize=speed --processor=cortex-m4 --ram=64k \\
            --cc="arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -Os"
        transpile size model.vmfb --svg=arena.svg
    """
    from transpile.host.footprint import footprint

    with progress() as report:
        programs, source = _programs(module, optimize, processor, model, report)
    found = [footprint(program) for program in programs]
    compiled = _compiled(shlex.split(cc), *source) if cc else None
    constants = sum(storage.size for storage in dict.fromkeys(s for p in programs for s in p.constants))
    used = {"flash": constants + (compiled.code if compiled else 0)}
    used["ram"] = max(each.arena + each.inputs + each.outputs for each in found) + (compiled.stack if compiled else 0)
    if svg is not None:
        svg.write_text(picture(found[0]), encoding="utf-8")
    if as_json:
        measured = asdict(compiled) if compiled else None
        click.echo(json.dumps({"functions": [asdict(each) for each in found], "compiled": measured, **used}, indent=2))
    else:
        _print(found, compiled)
    over = [(name, used[name], limit) for name, limit in (("flash", flash), ("ram", ram)) if limit is not None]
    for name, taken, limit in over:
        if taken > limit:
            raise Failure(f"{taken:,} bytes of {name} are needed, {limit:,} are available", REFUSED)


def _programs(
    module: str, optimize: str, processor: str | None, model: ModelOptions, report: Any
) -> tuple[list[Static], tuple[str, str]]:
    """The programs, and the files that they are emitted as."""
    from transpile import loader
    from transpile.c.names import prefix_for
    from transpile.emit.static import emit_static
    from transpile.front import module_shapes
    from transpile.host.static import static
    from transpile.nests.plan.target import BASELINE, row_of
    from transpile.pipeline import lower
    from transpile.signatures import declarations

    shapes, model = module_shapes(module, model)
    loaded = loader.read(module, model=model, progress=report)
    target = (row_of(processor) if processor else BASELINE) if optimize == "speed" else None
    declared = declarations(loaded)
    programs = static(lower(loaded), target, shapes, declared)
    prefix = prefix_for(loaded.name)
    files = emit_static(programs, prefix, loaded.name, declared, vectors=bool(target and target.vectors)).files
    return programs, (files[f"{prefix}.h"], files[f"{prefix}.c"].replace(f'"{prefix}.h"', '"model.h"'))


# ---- what a compiler makes of it -------------------------------------------------------------------------------------


def _compiled(command: Sequence[str], header: str, source: str) -> _Compiled:
    """Code without constants, and the worst stack: a function, a nest that it calls, a tile that this calls."""
    flags = [] if any(flag.startswith("-O") for flag in command) else ["-Os"]
    flags += ["-std=c99", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fstack-usage"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "model.h").write_text(header, encoding="utf-8")
        (folder / "model.c").write_text(source, encoding="utf-8")
        _run([*command, *flags, "-c", "model.c", "-o", "model.o"], folder)
        listed = _run([_beside(command[0], "size"), "-A", "model.o"], folder)
        sections = dict(re.findall(r"^(\S+)\s+(\d+)\s", listed, re.MULTILINE))
        used = (folder / "model.su").read_text(encoding="utf-8")
    code = sum(int(count) for section, count in sections.items() if section.startswith(".text"))
    frames: dict[str, int] = {}
    for function, count in re.findall(r":(\w+)\t(\d+)\t", used):
        kind = function.partition("_")[0] if function.startswith(("nest_", "tile_")) else "function"
        frames[kind] = max(frames.get(kind, 0), int(count))
    return _Compiled(code, sum(frames.values()))


def _beside(compiler: str, tool: str) -> str:
    """A tool of the same set: arm-none-eabi-size for arm-none-eabi-gcc."""
    prefix, dash, _ = compiler.rpartition("-")
    return f"{prefix}{dash}{tool}" if dash else tool


def _run(command: list[str], folder: Path) -> str:
    from transpile.errors import BuildError, Diagnostic, Status

    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except OSError as problem:
        hint = "--cc is a command with its options"
        raise BuildError(Diagnostic(Status.NOT_FOUND, f"{command[0]}: {problem.strerror}", "--cc", hint)) from None
    if done.returncode:
        lines = done.stderr.strip().split("\n")
        raise BuildError(Diagnostic(Status.INTERNAL, lines[0], shlex.join(command)))
    return done.stdout


# ---- what is shown ---------------------------------------------------------------------------------------------------


def _print(found: Sequence[Footprint], compiled: _Compiled | None) -> None:
    for each in found:
        click.echo(printable_lines(f"{each.function}: {len(each.steps)} steps"))
        click.echo(f"  constants  {each.constants:>10,}")
        click.echo(f"  arena      {each.arena:>10,}  no arena can be smaller than {each.bound:,}")
        click.echo(f"  inputs     {each.inputs:>10,}")
        click.echo(f"  outputs    {each.outputs:>10,}")
        if each.steps and each.alive:
            click.echo(printable_lines(f"  most of the arena is needed at step {each.peak} ({each.steps[each.peak]}):"))
        for tensor in each.alive:
            lives = f"steps {tensor.first} to {tensor.last}, first in {tensor.written_by}"
            click.echo(printable_lines(f"    {tensor.bytes:>10,}  {lives}"))
    if compiled:
        click.echo(f"code         {compiled.code:>10,}")
        click.echo(f"stack        {compiled.stack:>10,}")


def picture(found: Footprint) -> str:
    """The arena as SVG: steps from left to right, bytes upwards."""
    from transpile.c.render import render

    steps, total = max(len(found.steps), 1), max(found.arena, 1)
    across, up = (_WIDTH - 10 - _LEFT) / steps, (_BOTTOM - _TOP) / total
    boxes = [
        {
            "x": round(_LEFT + tensor.first * across, 2),
            "y": round(_BOTTOM - (tensor.offset + tensor.bytes) * up, 2),
            "width": round((tensor.last - tensor.first + 1) * across, 2),
            "height": round(max(tensor.bytes * up, 0.5), 2),
            "text": f"{tensor.bytes:,} bytes at {tensor.offset:,}, steps {tensor.first} to {tensor.last}: "
            f"{tensor.written_by}",
        }
        for tensor in found.tensors
    ]
    return render(
        "static/arena.svg.j2",
        width=_WIDTH,
        height=_HEIGHT,
        left=_LEFT,
        top=_TOP,
        bottom=_BOTTOM,
        title=found.function,
        bytes=f"{found.arena:,}",
        steps=steps,
        boxes=boxes,
        ticks=[
            {"y": round(_BOTTOM - part * (_BOTTOM - _TOP), 2), "text": f"{int(part * found.arena):,}"}
            for part in (0, 0.5, 1)
        ],
        peak={"x": round(_LEFT + found.peak * across, 2), "width": round(across, 2)},
    )
