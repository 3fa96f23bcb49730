"""io_parameters: values from archives that IREE's own Python package writes."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import transpile
from tests.hal.support import DATA, witness
from transpile.cli import main
from transpile.native.build import Options
from transpile.program.tensor_files import archive_length, write_archive
from transpile.ship.package import build_package

rt = pytest.importorskip("iree.runtime")

X = np.array([1, 2, 3, 4], np.float32)
VALUES = {"w": np.arange(16, dtype=np.float32).reshape(4, 4), "b": X * 10}
NAMES = ["parameters", "parameters_discrete"]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "values.irpa"
    rt.save_archive_file({**VALUES, "s": rt.SplatValue(np.float32(2.5), (4,))}, str(path))
    return path


def _load(name: str, **settings: Any) -> transpile.Program:
    return transpile.load(DATA / f"{name}.vmfb", optimize="none", jobs=1, **settings)


@pytest.mark.parametrize("name", NAMES)
def test_values_are_found(name: str, archive: Path, tmp_path: Path) -> None:
    program = _load(name, parameters={"model": archive})
    first = program.step(X)
    assert np.array_equal(first, VALUES["w"] @ X + X * 10 + 2.5)
    assert np.array_equal(program.step(X), first + VALUES["w"] @ X + X * 10)
    assert np.array_equal(program.new_instance().step(X), first)
    expected = witness(name, "step", [X], tmp_path, f"--parameters=model={archive}")
    assert first.tobytes() == expected.results[0]


def test_several_archives_are_asked_in_order(archive: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.irpa"
    rt.save_archive_file({"w": VALUES["w"] * 0}, str(other))
    program = _load("parameters", parameters={"model": [other, archive]})
    assert np.array_equal(program.step(X), X * 10 + 2.5)


def test_the_command_line_takes_several_files_of_a_scope(archive: Path, tmp_path: Path) -> None:
    few = tmp_path / "few.irpa"
    rt.save_archive_file({"w": VALUES["w"] * 0}, str(few))
    arguments = ["--function=step", "--input=4xf32=1,2,3,4", f"--parameters=model={few}"]
    module = str(DATA / "parameters.vmfb")
    done = CliRunner().invoke(main, ["run", module, "--optimize=none", *arguments, f"--parameters=model={archive}"])
    assert (done.exit_code, done.stdout) == (
        0,
        "EXEC @step\nresult[0]: hal.buffer_view\n4xf32=12.5 22.5 32.5 42.5\n",
    )
    missing = CliRunner().invoke(main, ["run", module, "--optimize=none", *arguments])
    assert missing.exit_code != 0 and "no parameter found with key 'b'" in missing.stderr


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_scope_is_reported_as_by_iree(name: str, archive: Path) -> None:
    with pytest.raises(ValueError, match="NOT_FOUND; no provider registered that handles scopes like 'model'"):
        _load(name, parameters={"other": archive})


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_key_is_not_found(name: str, tmp_path: Path) -> None:
    path = tmp_path / "few.irpa"
    rt.save_archive_file({"w": VALUES["w"]}, str(path))
    with pytest.raises(ValueError, match="NOT_FOUND; no parameter found with key 'b'"):
        _load(name, parameters={"model": path})


def test_a_value_that_is_too_short_is_out_of_range(tmp_path: Path) -> None:
    path = tmp_path / "short.irpa"
    rt.save_archive_file({**VALUES, "b": X[:2].copy(), "s": X}, str(path))
    with pytest.raises(IndexError, match="OUT_OF_RANGE; parameter range"):
        _load("parameters", parameters={"model": path})


def test_files_that_are_no_archives_are_refused(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"NOT_FOUND; parameters: .* cannot be read"):
        _load("parameters", parameters={"model": tmp_path / "missing"})
    with pytest.raises(ValueError, match="is not a parameter archive"):
        _load("parameters", parameters={"model": DATA / "halve.vmfb"})
    empty = tmp_path / "empty"
    empty.touch()
    with pytest.raises(ValueError, match="is not a parameter archive"):
        _load("parameters", parameters={"model": empty})


def test_damaged_archives_are_refused_or_read_in_bounds(archive: Path, tmp_path: Path) -> None:
    whole = archive.read_bytes()
    damaged = tmp_path / "damaged.irpa"
    for length in (0x57, 0x60, 0xB0, 0x150, 0x180):
        damaged.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="is not a parameter archive"):
            _load("parameters", parameters={"model": damaged})
    rng = np.random.default_rng(5)
    program = _load("parameters", parameters={"model": archive})
    for _ in range(300):
        data = bytearray(whole[:0x200])
        at = int(rng.integers(0, 0x180))
        data[at : at + 8] = rng.choice([b"\xff" * 8, b"\0" * 8, bytes([int(rng.integers(256))]) * 8])
        damaged.write_bytes(data)
        try:
            transpile.Program(program.library, parameters={"model": damaged})
        except transpile.VmError as problem:
            assert problem.status_name in ("INVALID_ARGUMENT", "NOT_FOUND", "OUT_OF_RANGE", "UNIMPLEMENTED")


def _safetensors(path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({**VALUES, "s": np.full(4, 2.5, np.float32), "unused": np.zeros((), np.int8)}, str(path))


def _gguf(path: Path) -> None:
    gguf = pytest.importorskip("gguf")
    writer = gguf.GGUFWriter(str(path), "none")
    for name, value in {**VALUES, "s": np.full(4, 2.5, np.float32)}.items():
        writer.add_tensor(name, value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("write", [_safetensors, _gguf])
def test_files_of_other_projects_are_read(write: Any, name: str, tmp_path: Path) -> None:
    pytest.importorskip(write.__name__[1:])
    path = tmp_path / f"values.{write.__name__[1:]}"
    write(path)
    first = _load(name, parameters={"model": path}).step(X)
    gc.collect()
    assert np.array_equal(first, VALUES["w"] @ X + X * 10 + 2.5)
    assert witness(name, "step", [X], tmp_path, f"--parameters=model={path}").results == (first.tobytes(),)


@pytest.mark.parametrize("write", [_safetensors, _gguf])
def test_damaged_files_of_other_projects_are_refused(write: Any, tmp_path: Path) -> None:
    package = write.__name__[1:]
    pytest.importorskip(package)
    path = tmp_path / "values"
    write(path)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(ValueError, match=f"INVALID_ARGUMENT; parameters: .* is not a {package} file"):
        _load("parameters", parameters={"model": path})


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "values.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(NotImplementedError, match="needs the package gguf"):
        _load("parameters", parameters={"model": path})


def test_an_archive_made_in_memory_is_the_one_iree_reads(tmp_path: Path) -> None:
    tensors = {"a": b"12345", "": bytes(range(100)), "\u00e4": b""}
    data = bytearray(archive_length(tensors))
    write_archive(tensors, memoryview(data))
    path = tmp_path / "values.irpa"
    path.write_bytes(data)
    index = rt.ParameterIndex()
    index.load(str(path))
    assert {key: bytes(entry.file_view) for key, entry in index.items()} == tensors


def test_a_package_takes_parameters_and_threads(archive: Path, tmp_path: Path) -> None:
    build_package(DATA / "parameters.vmfb", tmp_path, Options(optimize="none"), name="stepper")
    code = f"""
import sys, numpy as np
sys.path.insert(0, {str(tmp_path)!r})
import stepper
module = stepper.Module(parameters={{"model": {str(archive)!r}}}, threads=1)
print(module.step(np.array([1, 2, 3, 4], np.float32)).tolist(), "transpile" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{(VALUES['w'] @ X + X * 10 + 2.5).tolist()} False\n"
