"""The command that tells what a bug report needs, and whether compiling works at all."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transpile.cli.common import BUILD, Failure, reports_errors
from transpile.columns import hanging
from transpile.faults import reported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transpile.native.cache import Cache
    from transpile.native.toolchain import Compiler, Flags

_CHECK = "int transpile_check(int x);\nint transpile_check(int x) { return x * 2; }\n"


@click.command(short_help="Check the compiler and show versions, flags and cache.")
@click.option("--clear-cache", is_flag=True, help="Delete everything that has been compiled.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@reports_errors
def doctor(clear_cache: bool, as_json: bool) -> None:
    """Check that C can be compiled and called, and show versions, flags and the cache.

    The compiler is the one that CC names; without CC it is cc, gcc or clang, or else that of Python's ziglang package.

    \b
    Examples:
        transpile doctor
        CC="ccache clang" transpile doctor
        transpile doctor --clear-cache
    """
    from transpile.native.cache import Cache

    cache = Cache()
    freed = cache.clear() if clear_cache else None
    if as_json:
        click.echo(
            json.dumps({"freed": freed, **{key: value for _, facts in _facts(cache) for key, value in facts.items()}})
        )
        return
    if freed is not None:
        _print("freed", f"{freed:,} bytes")
    for lines, _ in _facts(cache):
        for title, text in lines:
            _print(title, text)


def _print(title: str, text: str) -> None:
    click.echo(hanging(f"{title:<12}", text))


def _facts(cache: Cache) -> Iterator[tuple[list[tuple[str, str]], dict[str, Any]]]:
    """What is found out, step by step: as titled lines and for JSON.  What came before a failure has been shown."""
    import transpile
    from transpile import libm
    from transpile.front.compiler import EXTRA, version
    from transpile.native.toolchain import LEVELS, find_compiler, flags, has_openmp

    python, system = platform.python_version(), platform.platform()
    about = {"transpile": transpile.__version__, "python": python, "platform": system}
    yield [("transpile", f"{transpile.__version__}, Python {python}, {system}")], about
    libraries = {name: metadata.version(name) for name in ("numpy", "cffi", "jinja2")}
    yield [("libraries", ", ".join(map(" ".join, libraries.items())))], {"libraries": libraries}
    tools = {name: version(name) for name in ("iree-base-compiler", "onnx")}
    there = ", ".join(f"{name} {found}" for name, found in tools.items() if found)
    yield [("models", there or f"none can be compiled: {EXTRA}")], {"models": tools}
    entries = list(cache.entries())
    size = sum(entry.size for entry in entries)
    kept = f"{cache.root}, {len(entries)} entries, {size:,} bytes"
    yield [("cache", kept)], {"cache": {"root": str(cache.root), "entries": len(entries), "bytes": size}}
    compiler = find_compiler()
    chosen = {level: list(flags(compiler, level).compile) for level in LEVELS}
    relaxed = list(flags(compiler, relaxed=True).module)
    lines = [("compiler", f"{compiler} [{compiler.kind}]")]
    lines += [(f"  {level}", " ".join(each)) for level, each in chosen.items()]
    facts: dict[str, Any] = {
        "command": list(compiler.command),
        "kind": compiler.kind,
        "flags": {**chosen, "relaxed": relaxed},
    }
    yield [*lines, ("  relaxed", f"adds {' '.join(relaxed)}")], {"compiler": facts}
    openmp = has_openmp(compiler)
    yield [("OpenMP", "yes" if openmp else "no: loops run on one thread")], {"openmp": openmp}
    _compile_and_call(cache.workplace(), compiler.command, flags(compiler, "speed"))
    yield [("check", "a function was compiled, loaded and called")], {"works": True}
    differing = _differing(cache.workplace(), compiler, flags(compiler, "speed"))
    yield [("libm", libm.summary(differing))], {"libm": differing}


def _differing(place: Path, compiler: Compiler, chosen: Flags) -> dict[str, int]:
    """Functions of this machine's C library, which IREE's interpreter calls, that are others than those here, and for
    how many inputs."""
    from transpile import libm

    windows = sys.platform == "win32"
    with tempfile.TemporaryDirectory(prefix="doctor-", dir=place, ignore_cleanup_errors=windows) as folder:
        return libm.differing(compiler, chosen, Path(folder))


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
