"""io_parameters: values from archives that IREE's own Python package writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import transpile
from tests.hal.support import DATA, witness

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
    with pytest.raises(ValueError, match="is no parameter archive"):
        _load("parameters", parameters={"model": DATA / "halve.vmfb"})
    empty = tmp_path / "empty"
    empty.touch()
    with pytest.raises(ValueError, match="is no parameter archive"):
        _load("parameters", parameters={"model": empty})


def test_damaged_archives_are_refused_or_read_in_bounds(archive: Path, tmp_path: Path) -> None:
    whole = archive.read_bytes()
    damaged = tmp_path / "damaged.irpa"
    for length in (0x57, 0x60, 0xB0, 0x150, 0x180):
        damaged.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="is no parameter archive"):
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
