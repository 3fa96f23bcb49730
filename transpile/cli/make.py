"""Commands that write files: emit and build."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transpile.cli.common import (
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
from transpile.cli.folder import write_together
from transpile.cli.processor import processor_option
from transpile.front.options import takes_models
from transpile.ship.mains import DESKTOP, MAINS

if TYPE_CHECKING:
    from transpile.front import ModelOptions

_folder_option = click.option(
    "--output",
    "-o",
    "folder",
    required=True,
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Folder to write to.",
)


class _NamesDesktop(click.Command):
    """A command whose `--main` is for a desktop if no device is named: `--main MODULE` has always been one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        following = [*args[1:], ""]
        bare = [one == "--main" and then not in MAINS for one, then in zip(args, following, strict=True)]
        named = [f"--main={DESKTOP.name}" if is_bare else one for one, is_bare in zip(args, bare, strict=True)]
        return super().parse_args(ctx, named)


@click.command(cls=_NamesDesktop, short_help="Write C for a module.")
@module_argument
@_folder_option
@click.option("--prefix", help="Prefix of all public symbols and file names (default: the module's name).")
@optimize_option
@target_cpu_option(default="baseline")
@processor_option
@click.option(
    "--rodata",
    type=click.Choice(["incbin", "file", "array"]),
    default="incbin",
    show_default=True,
    help="Where to put large constants: a file read by the assembler, a file mapped at run time, or C arrays (slow).",
)
@click.option(
    "--lines",
    type=click.Choice(["comment", "source", "bytecode"]),
    default="comment",
    show_default=True,
    help="How to mark source locations: as comments, or as #line directives, so that debuggers and profilers show "
    "the source, or a disassembly written next to the C.",
)
@click.option(
    "--main",
    "device",
    type=click.Choice(list(MAINS)),
    metavar="DEVICE",
    help="Also write a program around it and what builds that: "
    + "; ".join(f"for '{row.name}', {row.about}" for row in MAINS.values())
    + f". Without a name it is for '{DESKTOP.name}'.",
)
@click.option(
    "--static",
    "is_static",
    is_flag=True,
    help="Evaluate the host program ahead of time: two files of C, without a runtime or allocation.",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="With --static: how many threads do a call together, where the C is compiled with OpenMP.",
)
@click.option("--force", is_flag=True, help="Overwrite files in DIR that belong to others or have been changed.")
@unsafe_option
@reports_errors
@takes_models
def emit(
    module: str,
    folder: str,
    prefix: str | None,
    device: str | None,
    is_static: bool,
    force: bool,
    target_cpu: str,
    processor: str | None,
    unsafe_skip_verification: bool,
    model: ModelOptions,
    **choices: Any,
) -> None:
    """Write C for a module, with the runtime that it needs in DIR/csupport.

    With --static there is no runtime: DIR gets PREFIX.h and PREFIX.c, whose functions take arrays and an arena, if
    everything that the program does with memory is known before it runs.  --shape then gives open sizes.

    Either all files are written or none.  DIR/emitted.json records which module each file belongs to.  Files from an
    earlier run for the same module are replaced or removed.  If a file of another module, or one that you wrote or
    changed, would be overwritten, nothing is written, unless --force is given.  With --main the folder is a complete
    program.

    \b
    Examples:
        transpile emit model.onnx -o c
        transpile emit model.vmfb -o c --prefix=net --optimize=size --rodata=array
        transpile emit model.vmfb -o c --target-cpu=dispatch
        transpile emit model.vmfb -o c --prefix=net --static
        transpile emit model.vmfb -o board --static --main=mps2-an386
        transpile emit model.vmfb -o c --prefix=net --main
        cmake -S c -B build && cmake --build build && build/net_main --input=@x.npy --output=y.npy
    """
    from transpile import loader
    from transpile.emit import EmitOptions
    from transpile.emit import emit as generate
    from transpile.front import module_shapes
    from transpile.native.build import runtime_files
    from transpile.native.toolchain import DISPATCH, cpu_flags, find_compiler, nest_target
    from transpile.ship.programs import main_files

    warn_if_unverified(unsafe_skip_verification)
    if is_static:
        _check_static(target_cpu, choices)
        choices["shapes"], model = module_shapes(module, model)
    elif choices["threads"] > 1:
        raise click.UsageError("--threads goes with --static: with the runtime, the program around says how many")
    with progress() as report:
        loaded = loader.read(module, verified=not unsafe_skip_verification, model=model, progress=report)
    compiler = None if target_cpu in ("baseline", DISPATCH) else find_compiler()
    row = MAINS[device] if device else None
    processor = processor or (row.processor if row else None)
    target = processor or (nest_target(compiler, target_cpu).name if compiler else None)
    dispatch = target_cpu == DISPATCH
    output = generate(loaded, EmitOptions(prefix, target=target, dispatch=dispatch, static=is_static, **choices))
    runtime = () if is_static else runtime_files()
    place = row.sources if row else ""
    files = {f"{place}{name}": content for name, content in output.files.items()}
    files |= {f"csupport/{path.name}": path.read_bytes() for path in runtime}
    if row:
        files |= main_files(output, row, target_cpu if compiler else "")
    owner = f"{loaded.name} of {Path(module).name} as {output.prefix}"
    write_together(files, Path(folder), owner, force=force)
    if row:
        click.echo(printable_lines(f"a program around {len(output.files)} files in {folder}; build it with"))
        for command in row.commands(folder, output.prefix):
            click.echo(printable_lines(f"  {command}"))
        return
    cpu = "".join(f"{flag} " for flag in (cpu_flags(compiler, target_cpu) if compiler else ()))
    if output.interface and output.interface.threads > 1:
        cpu += "-fopenmp "
    _say_how(output.sources, folder, cpu, is_static=is_static, count=len(output.files))


def _check_static(target_cpu: str, choices: Mapping[str, Any]) -> None:
    """Raises UsageError for options that mean nothing without a runtime."""
    for given, option in (
        (target_cpu == "dispatch", "--target-cpu=dispatch"),
        (choices["rodata"] == "file", "--rodata=file"),
        (choices["lines"] != "comment", f"--lines={choices['lines']}"),
    ):
        if given:
            raise click.UsageError(f"{option} does not go with --static: the two files have no runtime around them")


def _say_how(sources: Sequence[str], folder: str, cpu: str, *, is_static: bool, count: int) -> None:
    """What to compile the files with."""
    flags = f"-std=c99 -O2 {cpu}-ffp-contract=off -fno-math-errno -fno-trapping-math"
    if is_static:
        click.echo(printable_lines(f"{count} files in {folder}; compile them there with"))
        click.echo(printable_lines(f"  cc {flags} {shlex.join(sources)} YOUR_MAIN.c -lm"))
        return
    click.echo(printable_lines(f"{count} files and the runtime in {folder}; compile them there with"))
    click.echo(f"  cc {flags} -I. -Icsupport \\")
    click.echo(printable_lines(f"    {shlex.join(sources)} csupport/*.c YOUR_MAIN.c -lm"))


@click.command(short_help="Write a Python package or a wheel for a module.")
@module_argument
@_folder_option
@click.option("--name", help="Name of the package (default: that of the module or the file).")
@click.option("--wheel", is_flag=True, help="Write a wheel that pip can install.")
@click.option(
    "--source", "as_source", is_flag=True, help="Write an archive of C sources with CMake and pkg-config files."
)
@click.option(
    "--version",
    "--wheel-version",
    "release",
    metavar="VERSION",
    help="Version of the wheel or archive (default: 0.0.0).",
)
@optimize_option
@target_cpu_option(default="baseline")
@relaxed_option
@click.option(
    "--openmp/--no-openmp", default=True, help="Use all cores. The library then needs OpenMP's runtime library."
)
@jobs_option
@unsafe_option
@reports_errors
@takes_models
def build(
    module: str,
    folder: str,
    name: str | None,
    wheel: bool,
    as_source: bool,
    release: str | None,
    unsafe_skip_verification: bool,
    model: ModelOptions,
    **choices: Any,
) -> None:
    """Write an importable Python package to DIR/NAME, or with --wheel a wheel of it.

    The package needs numpy and cffi.  It does not need transpile or IREE.

    \b
    Examples:
        transpile build model.onnx -o packages --name=model
        PYTHONPATH=packages python -c 'import model; help(model)'
    \b
        transpile build model.vmfb -o dist --name=model --wheel --wheel-version=1.2
        pip install dist/model-1.2-*.whl
    \b
        transpile build model.vmfb -o dist --name=model --source --version=1.2
    """
    from transpile.native.build import Options
    from transpile.ship.package import build_package
    from transpile.ship.sources import build_sources
    from transpile.ship.wheel import VERSION, build_wheel

    if release and not (wheel or as_source):
        raise click.UsageError("--version can only be used with --wheel or --source")
    if wheel and as_source:
        raise click.UsageError("--wheel and --source exclude each other: choose one")
    warn_if_unverified(unsafe_skip_verification)
    verified = not unsafe_skip_verification
    with progress() as report:
        options = Options(**choices, progress=report)
        if wheel:
            version = release or VERSION
            path = build_wheel(module, folder, options, name=name, version=version, verified=verified, model=model)
        elif as_source:
            version = release or VERSION
            path = build_sources(module, folder, options, name=name, version=version, verified=verified, model=model)
        else:
            path = build_package(module, folder, options, name=name, verified=verified, model=model)
    click.echo(printable_lines(str(path)))
