"""A compiler that hangs is ended, with what it has started."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.ir.cases import assemble
from transpile.emit import EmitOptions, emit
from transpile.errors import BuildError
from transpile.native.build import TIME_LIMIT, Options, compile_library
from transpile.native.cache import Cache
from transpile.native.toolchain import Compiler


def compiled(tmp_path: Path, script: str) -> None:
    path = tmp_path / "hangs"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    options = Options(target_cpu="baseline", openmp=False, compiler=Compiler((str(path),), "other", "1"), jobs=1)
    output = emit(assemble("0i_i\nentry:\n  return (0,)"), EmitOptions(prefix="m"))
    compile_library(output, Options(**{**options.__dict__, "cache": Cache(tmp_path / "c")}))


def test_a_compiler_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TIME_LIMIT, "1")
    with pytest.raises(BuildError, match=TIME_LIMIT):
        compiled(tmp_path, f"sleep 600 & echo $! > {tmp_path}/pid\nwait")
    child = int((tmp_path / "pid").read_text())
    stat = Path(f"/proc/{child}/stat")
    assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] in "ZX"
    assert not any((tmp_path / "c" / "new").iterdir())


@pytest.mark.parametrize("text", ["soon", "0", "-1", "nan"])
def test_a_limit_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(TIME_LIMIT, text)
    with pytest.raises(BuildError, match="not a number of seconds"):
        compiled(tmp_path, "exit 0")
    assert os.environ[TIME_LIMIT] == text


def test_a_compiler_that_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"wrote nothing|wrote no"):
        compiled(tmp_path, "exit 0")
