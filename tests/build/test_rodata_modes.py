"""Constants included by the assembler, mapped from a file at run time, or written as C arrays: the same program."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from transpile import container
from transpile.emit import EmitOptions, emit
from transpile.native.build import Options, compile_library
from transpile.native.cache import Cache
from transpile.native.cdef import runtime_cdef
from transpile.program import Program, VmError, open_library

DIGITS = Path(__file__).parents[2] / "examples" / "digits"


def _library(tmp_path: Path, mode: str) -> tuple[Path, str]:
    output = emit(container.load(DIGITS / "digits.vmfb"), EmitOptions(prefix="d", rodata=mode))  # type: ignore[arg-type]
    return compile_library(output, Options(optimize="size", cache=Cache(tmp_path))), output.constants


@pytest.mark.parametrize("mode", ["file", "array"])
def test_same_result(tmp_path: Path, mode: str) -> None:
    image = np.load(DIGITS / "test_images.npy")[:1].astype(np.float32)
    results = []
    for each in ("incbin", mode):
        path, constants = _library(tmp_path / each, each)
        assert bool(constants) == (each == "file") == path.with_suffix(".rodata").is_file()
        results.append(Program(open_library(str(path), runtime_cdef(), "d")).classify(image))
    assert results[0].tobytes() == results[1].tobytes()


def test_missing_file_is_named(tmp_path: Path) -> None:
    path, _ = _library(tmp_path, "file")
    path.with_suffix(".rodata").unlink()
    with pytest.raises(FileNotFoundError, match="rodata"):
        open_library(str(path), runtime_cdef(), "d")


def test_short_file_is_refused(tmp_path: Path) -> None:
    path, _ = _library(tmp_path, "file")
    path.with_suffix(".rodata").write_bytes(b"short")
    with pytest.raises(VmError, match="not in the file of constants"):
        Program(open_library(str(path), runtime_cdef(), "d"))
