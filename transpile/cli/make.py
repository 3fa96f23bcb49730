"""Commands that write files: emit and build."""

from __future__ import annotations

import shlex
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
from transpile.front.options import takes_models

if TYPE_CHECKING:
    from transpile.front import ModelOptions

_folder_option = click.option(
    "--output", "-o", "folder", required=True, type=click.Path(file_okay=False), metavar="DIR", help="Where to write."
)


@click.command(short_help="Write the C for a module.")
@module_argument
@_folder_option
@click.option("--prefix", help="Of all public symbols and files (default: the module's name).")
@optimize_option
@target_cpu_option(default="baseline")
@click.option(
    "--rodata",
    type=click.Choice(["incbin", "file", "array"]),
    default="incbin",
    show_default=True,
    help="Where large constants go: a file the assembler includes, a file mapped at run time, or C arrays (slow).",
)
@click.option(
    "--lines",
    type=click.Choice(["comment", "source", "bytecode"]),
    default="comment",
    show_default=True,
    help="Places of the source as comments, or as #line directives: debuggers and profilers then show the source, or a "
    "disassembly that is written beside the C.",
)
@click.option(
    "--main", "with_main", is_flag=True, help="Also a main.c that calls it on arrays from files, and a CMakeLists.txt."
)
@click.option("--force", is_flag=True, help="Replace files in DIR that are not this module's, or were changed.")
@unsafe_option
@reports_errors
@takes_models
def emit(
    module: str,
    folder: str,
    prefix: str | None,
    with_main: bool,
    force: bool,
    target_cpu: str,
    unsafe_skip_verification: bool,
    model: ModelOptions,
    **choices: Any,
) -> None:
    """Write the C for a module, with the runtime it needs beside it in DIR/csupport.

    Files appear complete or not at all.  DIR/emitted.json records whose they are: those of an earlier emission of the
    module go, and nothing is written where a file of another module, or one that you have written or changed, would
    be replaced; --force replaces it.  With --main the folder is a whole program: main.c says at its beginning how it
    is called.

    \b
    Examples:
        transpile emit model.onnx -o c
        transpile emit model.vmfb -o c --prefix=net --optimize=size --rodata=array
        transpile emit model.vmfb -o c --target-cpu=dispatch
        transpile emit model.vmfb -o c --prefix=net --main
        cmake -S c -B build && cmake --build build && build/net_main --input=@x.npy --output=y.npy
    """
    from transpile import loader
    from transpile.build import runtime_files
    from transpile.emit import EmitOptions
    from transpile.emit import emit as generate
    from transpile.emit.main import main_files
    from transpile.toolchain import DISPATCH, cpu_flags, find_compiler, vector_bytes

    warn_if_unverified(unsafe_skip_verification)
    with progress() as report:
        loaded = loader.read(module, verified=not unsafe_skip_verification, model=model, progress=report)
    compiler = None if target_cpu in ("baseline", DISPATCH) else find_compiler()
    width = vector_bytes(compiler, target_cpu) if compiler else 16
    dispatch = target_cpu == DISPATCH
    output = generate(loaded, EmitOptions(prefix=prefix, vector_bytes=width, dispatch=dispatch, **choices))
    files = {**output.files, **{f"csupport/{path.name}": path.read_bytes() for path in runtime_files()}}
    if with_main:
        files |= main_files(output, target_cpu if compiler else "")
    owner = f"{loaded.name} of {Path(module).name} as {output.prefix}"
    write_together(files, Path(folder), owner, force=force)
    if with_main:
        click.echo(printable_lines(f"a program around {len(output.files)} files in {folder}; build it with"))
        click.echo("  " + printable_lines(shlex.join(["cmake", "-S", folder, "-B", f"{folder}/build"])))
        click.echo("  " + printable_lines(shlex.join(["cmake", "--build", f"{folder}/build"])))
        return
    sources = shlex.join([*output.sources])
    click.echo(printable_lines(f"{len(output.files)} files and the runtime in {folder}; compile them there with"))
    cpu = "".join(f"{flag} " for flag in (cpu_flags(compiler, target_cpu) if compiler else ()))
    click.echo(f"  cc -std=c99 -O2 {cpu}-ffp-contract=off -fno-math-errno -fno-trapping-math -I. -Icsupport \\")
    click.echo(printable_lines(f"    {sources} csupport/*.c YOUR_MAIN.c -lm"))


@click.command(short_help="Write a Python package or a wheel for a module.")
@module_argument
@_folder_option
@click.option("--name", help="Of the package (default: the module's name, or the file's).")
@click.option("--wheel", is_flag=True, help="Write a wheel, which pip can install.")
@click.option("--source", "as_source", is_flag=True, help="Write an archive of C with CMake and pkg-config files.")
@click.option(
    "--version", "--wheel-version", "release", metavar="VERSION", help="Of a wheel or an archive (default: 0.0.0)."
)
@optimize_option
@target_cpu_option(default="baseline")
@relaxed_option
@click.option("--openmp/--no-openmp", default=True, help="Use all cores; the library then needs OpenMP's runtime.")
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
    """Write an importable Python package DIR/NAME for a module, or with --wheel a wheel of it.

    The package needs numpy and cffi, and neither transpile nor IREE.

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
    from transpile.build import Options
    from transpile.package import build_package
    from transpile.sources import build_sources
    from transpile.wheel import VERSION, build_wheel

    if release and not (wheel or as_source):
        raise click.UsageError("--version is for --wheel and --source")
    if wheel and as_source:
        raise click.UsageError("--wheel and --source are two things: choose one")
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
