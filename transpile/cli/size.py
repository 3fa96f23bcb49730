"""The command that says what a static program takes, before it is on a device."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transpile.cli.common import REFUSED, Failure, module_argument, printable_lines, progress, reports_errors
from transpile.cli.processor import processor_option
from transpile.front.options import takes_models
from transpile.ship.boards import BY_CPU as BOARDS
from transpile.ship.boards import Board

if TYPE_CHECKING:
    from transpile.emit.static import StaticFiles
    from transpile.front import ModelOptions
    from transpile.host.footprint import Footprint
    from transpile.host.static import Static
    from transpile.program.signature import Declared
    from transpile.ship.measure import Compiled, Counted

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
@click.option(
    "--target",
    type=click.Choice(list(BOARDS)),
    help="Measure code and stack for this processor, and count instructions by step in qemu, if that is installed.",
)
@click.option("--cc", metavar="COMMAND", help="C compiler with its options, to measure code and stack.")
@click.option("--flash", type=_Bytes(), metavar="SIZE", help="Fail if constants and code are more, such as 256k.")
@click.option("--ram", type=_Bytes(), metavar="SIZE", help="Fail if arena, state, inputs, outputs and stack are more.")
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
    target: str | None,
    cc: str | None,
    flash: int | None,
    ram: int | None,
    svg: Path | None,
    as_json: bool,
    model: ModelOptions,
) -> None:
    """Print how much memory a static program (emit --static) takes.

    Shows constants and arena, and which buffers are in use where the arena is fullest.  With --cc, code and stack are
    measured with that compiler, with --target by the one for that processor, and the instructions of each step are
    counted in qemu.

    The exit code is 1 if --flash or --ram is exceeded.

    \b
    Examples:
        transpile size model.onnx
        transpile size model.vmfb --target=cortex-m4 --flash=256k --ram=64k
        transpile size model.vmfb --optimize=speed --cc="gcc -O2"
        transpile size model.vmfb --svg=arena.svg
    """
    from transpile.host.footprint import footprint
    from transpile.ship.measure import compiled

    board = BOARDS[target] if target else None
    level = "-Os" if optimize == "size" else "-O2"
    if board is not None:
        cc = cc or shlex.join([board.compiler, *board.flags, level])
        processor = processor or board.processor
    with progress() as report:
        emitted = _emitted(module, optimize, processor, model, report)
        found = [footprint(program) for program in emitted.programs]
        report("compiling")
        code = compiled(shlex.split(cc), emitted.files().files) if cc else None
        report("counting instructions")
        counts = _counts(board, level, emitted, found) if board else []
    constants = sum(storage.size for storage in dict.fromkeys(s for p in emitted.programs for s in p.constants))
    used = {"flash": constants + (code.code if code else 0)}
    used["ram"] = max(each.arena + each.state + each.inputs + each.outputs for each in found)
    used["ram"] += code.stack if code else 0
    if svg is not None:
        svg.write_text(picture(found[0]), encoding="utf-8")
    if as_json:
        facts = {"functions": _facts(found, counts), "compiled": asdict(code) if code else None, **used}
        click.echo(json.dumps(facts, indent=2))
    else:
        _print(found, code, counts)
    _check(used, {"flash": flash, "ram": ram})


def _counts(board: Board, level: str, emitted: _Emitted, found: Sequence[Footprint]) -> list[Counted]:
    """Instructions of each function, if the board's emulator is installed."""
    from transpile.ship.measure import WATCH, can_count, counted

    if not can_count(board):
        click.echo(f"instructions are not counted: {board.emulator[0]} is not installed", err=True)
        return []
    return counted(board, level, emitted.prefix, emitted.files(WATCH), [len(each.steps) for each in found])


def _check(used: Mapping[str, int], limits: Mapping[str, int | None]) -> None:
    """Raises Failure where more is used than there is."""
    for name, limit in limits.items():
        if limit is not None and used[name] > limit:
            raise Failure(f"{used[name]:,} bytes of {name} are needed, {limit:,} are available", REFUSED)


@dataclass(frozen=True)
class _Emitted:
    """The programs of a module, and how they are written."""

    programs: list[Static]
    prefix: str
    title: str
    declared: Mapping[str, Declared]
    vectors: bool

    def files(self, watch: str = "") -> StaticFiles:
        from transpile.emit.static import emit_static

        return emit_static(self.programs, self.prefix, self.title, self.declared, vectors=self.vectors, watch=watch)


def _emitted(module: str, optimize: str, processor: str | None, model: ModelOptions, report: Any) -> _Emitted:
    from transpile import loader
    from transpile.c.names import prefix_for
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
    return _Emitted(programs, prefix_for(loaded.name), loaded.name, declared, bool(target and target.vectors))


# ---- what is shown ---------------------------------------------------------------------------------------------------


def _facts(found: Sequence[Footprint], counts: Sequence[Counted]) -> list[dict[str, Any]]:
    counted = [asdict(each) for each in counts] or [{}] * len(found)
    return [{**asdict(each), **measured} for each, measured in zip(found, counted, strict=True)]


def _print(found: Sequence[Footprint], code: Compiled | None, counts: Sequence[Counted]) -> None:
    for number, each in enumerate(found):
        click.echo(printable_lines(f"{each.function}: {len(each.steps)} steps"))
        click.echo(f"  constants  {each.constants:>10,}")
        click.echo(f"  arena      {each.arena:>10,}  no arena can be smaller than {each.bound:,}")
        if each.state:
            click.echo(f"  state      {each.state:>10,}  of all functions together")
        click.echo(f"  inputs     {each.inputs:>10,}")
        click.echo(f"  outputs    {each.outputs:>10,}")
        if each.steps and each.alive:
            click.echo(printable_lines(f"  most of the arena is needed at step {each.peak} ({each.steps[each.peak]}):"))
        for tensor in each.alive:
            lives = f"steps {tensor.first} to {tensor.last}, first in {tensor.written_by}"
            click.echo(printable_lines(f"    {tensor.bytes:>10,}  {lives}"))
        if counts:
            _print_counts(each, counts[number])
    if code:
        click.echo(f"code         {code.code:>10,}")
        click.echo(f"stack        {code.stack:>10,}")


def _print_counts(each: Footprint, counts: Counted) -> None:
    """Instructions of each step, and of all."""
    total = sum(counts.instructions)
    click.echo(f"  instructions {total:>8,}")
    for number, (name, count) in enumerate(zip(each.steps, counts.instructions, strict=True)):
        click.echo(printable_lines(f"    {count:>10,}  {count / max(total, 1):>4.0%}  step {number}, {name}"))


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
