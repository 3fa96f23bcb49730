"""Emitted programs under compilers other than gcc and clang, and for other formats of object files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.csupport.support import COMPILERS, WARNINGS
from tests.csupport.support import run as ran
from tests.devices.boards import main_file, need, words, write_module
from tests.hal.support import iree
from transpile.c.render import render
from transpile.emit import EmitOptions, rodata
from transpile.native.toolchain import EXACT
from transpile.resources import CSUPPORT
from transpile.ship.boards import BOARDS

DIGITS = Path(__file__).parents[2] / "examples" / "digits"
IMAGE = np.random.default_rng(5).standard_normal((1, 64)).astype(np.float32)
HERE = Path(__file__).parent
HOSTED = """#include <stdio.h>
#include "device.h"
void device_print(const char* text) { fputs(text, stdout); }
void device_print_unsigned(uint64_t value) { printf("%lu", (unsigned long)value); }
"""


def _compile(folder: Path, *command: object, libraries: str = "-lm") -> None:
    """A program around the module in the folder, or what the command makes of its files and of the runtime."""
    include = [f"-I{where}" for where in (folder, CSUPPORT, HERE)]
    sources = [*sorted(folder.glob("*.c")), *sorted(CSUPPORT.glob("*.c"))]
    command = (*command, *include, *sources, libraries)
    ran("sh", "-c", f"cd {folder} && {' '.join(map(str, command))}")


def _write(flow: str, folder: Path) -> Path:
    path = DIGITS / f"{flow}.vmfb"
    write_module(path, folder, EmitOptions(prefix="model"))
    (folder / "main.c").write_text(main_file("classify", [IMAGE], 10))
    (folder / "hosted.c").write_text(HOSTED)
    (folder / "device.h").write_text(render("device/device.h.j2", board=BOARDS[0]))
    return path


def _printed(program: Path) -> list[int]:
    return words(ran(program))


def _expected(path: Path, folder: Path) -> list[int]:
    return list(np.frombuffer(iree(path, "classify", (IMAGE,), folder).results[0], np.uint32).tolist())


@pytest.mark.parametrize("flow", ["digits", "digits_vmvx"])
def test_a_compiler_that_is_not_known_compiles_plain_c(flow: str, tmp_path: Path) -> None:
    """tcc has no intrinsics, no vectors and no `.incbin`."""
    need("tcc")
    path = _write(flow, tmp_path)
    _compile(tmp_path, "tcc", "-std=c99", "-Wall", "-Werror", "-o", "program")
    assert _printed(tmp_path / "program") == _expected(path, tmp_path)


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("included", [0, 1])
def test_constants_are_the_same_as_c(included: int, compiler: str, tmp_path: Path) -> None:
    path = _write("digits", tmp_path)
    (tmp_path / ("model_rodata.h" if included else "model.rodata")).unlink()
    _compile(tmp_path, compiler, *WARNINGS, *EXACT, f"-DVM_INCBIN={included}", "-o", "program")
    assert _printed(tmp_path / "program") == _expected(path, tmp_path)


def test_many_constants_are_no_c_unless_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Compilers without `.incbin` say what to do."""
    monkeypatch.setattr(rodata, "FALLBACK", 4096)
    _write("digits", tmp_path)
    assert not (tmp_path / "model_rodata.h").exists()
    with pytest.raises(AssertionError, match=r"#error .*emit with --rodata=file, or with --rodata=array"):
        _compile(tmp_path, COMPILERS[0], "-DVM_INCBIN=0", "-fsyntax-only")


def test_windows(tmp_path: Path) -> None:
    """COFF has another way into a section, and no symbols that are hidden."""
    need("x86_64-w64-mingw32-gcc")
    _write("digits", tmp_path)
    _compile(tmp_path, "x86_64-w64-mingw32-gcc", *WARNINGS, *EXACT, "-o", "program.exe")
    assert (tmp_path / "model.rodata").read_bytes() in (tmp_path / "program.exe").read_bytes()


def test_wasm(tmp_path: Path) -> None:
    """Its objects have no `.pushsection`: constants are C."""
    need("clang")
    if not Path("/usr/include/wasm32-wasi").exists():
        pytest.skip("wasi-libc not installed")
    _write("digits", tmp_path)
    _compile(tmp_path, "clang", "--target=wasm32-wasi", *WARNINGS, *EXACT, "-c", libraries="")
    assert (tmp_path / "model.rodata").read_bytes() in (tmp_path / "model.o").read_bytes()
