"""Projects for boards in qemu: IREE's bits, sizes that are promised, and what is said where something is missing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

import transpile
from tests.devices.boards import need
from tests.devices.projects import make, needed, run, write
from tests.hal.support import iree
from tests.static.support import arguments, given, made, made_bytes
from transpile.emit.files import Optimize
from transpile.ship.boards import BOARDS, BY_CPU, Board

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "examples/digits/digits_vmvx.vmfb"
RESIDUAL = ROOT / "tests/static/data/residual_vmvx.vmfb"
NUMBERS = ROOT / "tests/static/data/numbers_vmvx.vmfb"
COUNTERS = ROOT / "tests/static/data/counters_vmvx.vmfb"
MODELS = {"digits": (DIGITS, "classify", (1, 64)), "residual": (RESIDUAL, "residual", (1, 3, 8, 8))}
M4 = BY_CPU["cortex-m4"]


@pytest.mark.parametrize("optimize", ["size", "speed"])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_the_bits_are_the_same(board: Board, model: str, optimize: Optimize, tmp_path: Path) -> None:
    need(*needed(board))
    path, function, shape = MODELS[model]
    image = np.random.default_rng(5).standard_normal(shape).astype(np.float32)
    found = run(path, board, optimize, [image], tmp_path)
    expected = iree(path, function, (image,), tmp_path)
    assert found.results == list(expected.results)
    assert 0 < found.stack < 2048 and found.code > 0 and found.instructions > found.constants // 4
    (text,) = [line.partition("=")[2] for line in found.printed.splitlines() if "f32=" in line]
    printed = [float.fromhex(element) for element in text.split(" ")]
    assert np.array(printed, np.float32).tobytes() == expected.results[0]


def test_digits_fits_into_little(tmp_path: Path) -> None:
    """Below 16 kB of flash with its weights, start-up and what prints, and below 1 kB of memory."""
    need(*needed(M4))
    found = run(DIGITS, M4, "size", [np.zeros((1, 64), np.float32)], tmp_path)
    assert found.flash < 16 << 10
    assert found.ram + found.stack < 1 << 10


@pytest.mark.parametrize("module", [NUMBERS, COUNTERS], ids=lambda path: path.stem)
def test_several_functions(module: Path, tmp_path: Path) -> None:
    """Functions that take and give numbers beside arrays, and find what those before them have left."""
    need(*needed(M4))
    interface = write(module, M4, "speed", tmp_path).interface
    programs, reference = made(module, 0)[0], transpile.load(module, engine="interpreter")
    assert interface
    expected = {}
    for entry, program in zip(interface.entries, programs, strict=True):
        inputs = arguments(program.schedule, 3)
        for array, value in zip(entry.inputs, inputs, strict=True):
            (tmp_path / f"{entry.mangled}.{array.name}.bin").write_bytes(value.tobytes())
        results = made_bytes(program.schedule, reference[entry.name](*given(program.schedule, inputs)))
        names = (f"{entry.mangled}.{array.name}.bin" for array in entry.outputs)
        expected.update(zip(names, results, strict=True))
    make(tmp_path, "run")
    assert {name: (tmp_path / name).read_bytes() for name in expected} == expected


def test_cmake_builds_it_too(tmp_path: Path) -> None:
    need(*needed(M4), "cmake")
    write(DIGITS, M4, "size", tmp_path)
    (tmp_path / "input0.bin").write_bytes(np.full((1, 64), 0.5, np.float32).tobytes())
    printed = make(tmp_path, "run").splitlines()[-2:]
    build = str(tmp_path / "build")
    for command in (["-S", str(tmp_path), "-B", build], ["--build", build], ["--build", build, "--target", "run"]):
        done = subprocess.run(["cmake", *command], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert next(line for line in printed if line.startswith("output0: 1x10xf32=")) in done.stdout.splitlines()


@pytest.mark.parametrize("data", [None, b"", bytes(255), bytes(257)])
def test_an_input_has_to_be_there(data: bytes | None, tmp_path: Path) -> None:
    need(*needed(M4))
    write(DIGITS, M4, "size", tmp_path)
    if data is not None:
        (tmp_path / "input0.bin").write_bytes(data)
    with pytest.raises(AssertionError, match=r"input0\.bin has to be here, with so many bytes: 256"):
        make(tmp_path, "run")
    assert not (tmp_path / "output0.bin").exists()
