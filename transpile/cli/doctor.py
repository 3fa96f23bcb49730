"""The command that tells what a bug report needs, and whether compiling works at all."""

from __future__ import annotations

import platform
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import click

from transpile.cli.common import BUILD, Failure, reports_errors
from transpile.faults import reported

if TYPE_CHECKING:
    from transpile.toolchain import Compiler, Flags

_CHECK = "int transpile_check(int x);\nint transpile_check(int x) { return x * 2; }\n"


@click.command(short_help="Check the compiler and show versions, flags and cache.")
@click.option("--clear-cache", is_flag=True, help="Drop everything that has been compiled.")
@reports_errors
def doctor(clear_cache: bool) -> None:
    """Check that C can be compiled and called, and show versions, flags and the cache.

    The compiler is the one CC names, else cc, gcc or clang, else the one of Python's ziglang package.

    \b
    Examples:
        transpile doctor
        CC="ccache clang" transpile doctor
        transpile doctor --clear-cache
    """
    import transpile
    from transpile.cache import Cache
    from transpile.toolchain import LEVELS, find_compiler, flags, has_openmp

    cache = Cache()
    if clear_cache:
        click.echo(f"freed       {cache.clear():,} bytes")
    click.echo(f"transpile   {transpile.__version__}, Python {platform.python_version()}, {platform.platform()}")
    click.echo(f"libraries   {', '.join(f'{name} {metadata.version(name)}' for name in ('numpy', 'cffi', 'jinja2'))}")
    entries = list(cache.entries())
    click.echo(f"cache       {cache.root}, {len(entries)} entries, {sum(entry.size for entry in entries):,} bytes")
    compiler = find_compiler()
    click.echo(f"compiler    {compiler} [{compiler.kind}]")
    for level in LEVELS:
        click.echo(f"  {level:<9} {' '.join(flags(compiler, level).compile)}")
    click.echo(f"  relaxed   adds {' '.join(flags(compiler, relaxed=True).module)}")
    click.echo(f"OpenMP      {'yes' if has_openmp(compiler) else 'no: loops run on one thread'}")
    _compile_and_call(cache.workplace(), compiler.command, flags(compiler, "speed"))
    click.echo("check       a function was compiled, loaded and called")
    click.echo(f"libm        {_library(cache.workplace(), compiler, flags(compiler, 'speed'))}")


def _library(place: Path, compiler: Compiler, chosen: Flags) -> str:
    """Where the functions of this machine's C library, which IREE's interpreter calls, are others than those here."""
    from transpile import libm

    windows = sys.platform == "win32"
    with tempfile.TemporaryDirectory(prefix="doctor-", dir=place, ignore_cleanup_errors=windows) as folder:
        return libm.summary(libm.differing(compiler, chosen, Path(folder)))


def _compile_and_call(place: Path, command: tuple[str, ...], chosen: Flags) -> None:
    """As a module is, and where: in the cache's directory."""
    import cffi

    from transpile.opening import unloadable

    windows = sys.platform == "win32"
    with (
        reported("the compiler cannot be tried", "set TRANSPILE_CACHE to a directory of your own"),
        tempfile.TemporaryDirectory(prefix="doctor-", dir=place, ignore_cleanup_errors=windows) as folder,
    ):
        Path(folder, "check.c").write_text(_CHECK)
        visible = "-fvisibility=default"
        arguments = [*command, *chosen.compile, visible, "check.c", "-o", "check.so", *chosen.link]
        done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"the compiler cannot make a shared library:\n{done.stderr}", BUILD)
        ffi = cffi.FFI()
        ffi.cdef("int transpile_check(int x);")
        try:
            answer = ffi.dlopen(str(Path(folder, "check.so"))).transpile_check(21)
        except OSError as problem:
            raise unloadable(Path(folder, "check.so"), problem) from None
        if answer != 42:
            raise Failure(f"the compiled function returned {answer} instead of 42", BUILD)
