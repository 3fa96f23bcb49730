"""`emit --main`: the emitted CMake file builds the emitted program, which gives the bits that Python gives."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import transpile
from tests.csupport.support import COMPILERS, WARNINGS
from tests.support.tools import links
from transpile.cli import main

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "examples" / "digits"
TENSORS = ROOT / "tests" / "hal" / "data" / "tensors.vmfb"
ASYNC = ROOT / "tests" / "hal" / "data" / "halve_async.vmfb"

pytestmark = pytest.mark.skipif(not shutil.which("cmake"), reason="cmake is not installed")


SANITIZERS = "-fsanitize=address,undefined -fno-sanitize-recover=undefined"


def build(module: Path, folder: Path, prefix: str, *options: str, compiler: str = "gcc", flags: str = "-O0") -> Path:
    """The program that the emitted files make, unchanged and without a warning."""
    done = CliRunner().invoke(main, ["emit", str(module), "-o", str(folder), f"--prefix={prefix}", "--main", *options])
    assert done.exit_code == 0, done.output
    settings = [f"-DCMAKE_C_COMPILER={compiler}", f"-DCMAKE_C_FLAGS={' '.join(WARNINGS[1:])} {flags}"]
    command = ["cmake", "-S", str(folder), "-B", str(folder / "build"), *settings]
    for step in (command, ["cmake", "--build", str(folder / "build"), "-j2"]):
        run = subprocess.run(step, capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr
    return folder / "build" / f"{prefix}_main"


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(DIGITS / "digits_vmvx.vmfb", tmp_path_factory.mktemp("digits"), "net", "--rodata=file")


@pytest.fixture(scope="module")
def tensors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    checks = SANITIZERS if links("cc", *SANITIZERS.split()) else ""
    return build(TENSORS, tmp_path_factory.mktemp("tensors"), "tensors", flags=f"-O1 {checks}")


def call(program: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(program), *arguments], cwd=folder, capture_output=True, text=True)


def test_the_digits_are_classified(digits: Path, tmp_path: Path) -> None:
    image = np.load(DIGITS / "test_images.npy").reshape(-1, 1, 64)[0].astype(np.float32) / 16
    expected = transpile.load(DIGITS / "digits_vmvx.vmfb", optimize="none").classify(image)
    np.save(tmp_path / "image.npy", image)
    (tmp_path / "image.bin").write_bytes(image.tobytes())
    constants = f"--constants={digits.parents[1] / 'net.rodata'}"
    for spelling in ("@image.npy", "1x64xf32=@image.bin"):
        done = call(digits, tmp_path, constants, f"--input={spelling}", "--output=scores.npy", "--threads=2")
        assert (done.returncode, done.stdout) == (0, "EXEC @classify\n"), done.stderr
        found = np.load(tmp_path / "scores.npy")
        assert found.dtype == np.float32 and found.shape == (1, 10) and found.tobytes() == expected.tobytes()
    missing = call(digits, tmp_path, "--input=@image.npy")
    assert missing.returncode == 5 and "say --constants=FILE" in missing.stderr


ARRAYS: list[tuple[str, tuple[Any, ...]]] = [
    ("square_f64", (np.linspace(-1, 1, 7),)),
    ("mm_i8", (np.arange(-90, 90).astype("i1").reshape(9, 20), np.arange(220).astype("i1").reshape(20, 11))),
    ("both", (np.arange(8, dtype=np.int32),)),
    ("join", (np.arange(6).astype("i2").reshape(2, 3), np.arange(6, 12).astype("i2").reshape(2, 3))),
    ("add", (np.zeros(0, np.float32), np.zeros(0, np.float32))),
]


@pytest.mark.parametrize(("function", "arguments"), ARRAYS, ids=[name for name, _ in ARRAYS])
def test_arrays_go_in_and_out(tensors: Path, function: str, arguments: tuple[Any, ...], tmp_path: Path) -> None:
    expected = transpile.load(TENSORS, optimize="none", jobs=1)[function](*arguments)
    results = [value for value in (expected if isinstance(expected, tuple) else (expected,)) if np.ndim(value)]
    for k, array in enumerate(arguments):
        np.save(tmp_path / f"in{k}.npy", array)
    given = [f"--input=@in{k}.npy" for k in range(len(arguments))]
    written = [f"--output=out{k}.npy" for k in range(len(results))]
    done = call(tensors, tmp_path, f"--function={function}", *given, *written)
    assert done.returncode == 0, done.stderr
    for k, result in enumerate(results):
        found = np.load(tmp_path / f"out{k}.npy")
        assert found.dtype == result.dtype and found.shape == result.shape and found.tobytes() == result.tobytes()


def test_results_are_printed_as_by_run(tensors: Path, tmp_path: Path) -> None:
    arguments = ["--function=splat", "--input=3", "--input=2.5"]
    done = call(tensors, tmp_path, *arguments)
    expected = CliRunner().invoke(main, ["run", str(TENSORS), *arguments, "--optimize=none"])
    assert (done.returncode, done.stdout) == (0, expected.output)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--function=halve", "--input=5xf32"], 3, "input0 shape dimension 0 mismatch; expected 4 but have 5"),
        (["--function=halve"], 3, "the function takes 1 arguments, not 0"),
        (["--function=halve", "--input=@no.npy"], 5, "argument 0, @no.npy: NOT_FOUND"),
        (["--function=halve", "--input=@text.npy"], 3, "argument 0, @text.npy: INVALID_ARGUMENT"),
        (["--function=halve", "--input=@short.npy"], 15, "argument 0, @short.npy: DATA_LOSS"),
        (["--function=halve", "--input=@fortran.npy"], 12, "argument 0, @fortran.npy: UNIMPLEMENTED"),
        (["--function=halve", "--input=@big.npy"], 12, "argument 0, @big.npy: UNIMPLEMENTED"),
        (["--function=halve", "--input=4xf32=@text.npy"], 15, "DATA_LOSS"),
        (["--function=splat", "--input=3", "--input=x"], 3, "argument 1, x: INVALID_ARGUMENT"),
        (["--function=halve", "--input=4xf32", "--output=no/such/folder"], 7, "PERMISSION_DENIED"),
        (["--input=4xf32"], 5, "choose a function with --function=, of these:"),
        (["--parameters=model=no.irpa"], 3, "cannot use --parameters=model=no.irpa"),
        (["--nonsense"], 3, "cannot use --nonsense"),
    ],
)
def test_failures_are_explained(tensors: Path, arguments: list[str], code: int, message: str, tmp_path: Path) -> None:
    (tmp_path / "text.npy").write_text("no array")
    np.save(tmp_path / "whole.npy", np.zeros(4, np.float32))
    (tmp_path / "short.npy").write_bytes((tmp_path / "whole.npy").read_bytes()[:-1])
    np.save(tmp_path / "fortran.npy", np.asfortranarray(np.zeros((2, 2), np.float32)))
    np.save(tmp_path / "big.npy", np.zeros(4, ">f4"))
    done = call(tensors, tmp_path, *arguments)
    assert done.returncode == code and message in done.stderr, done.stderr


def test_an_async_function_is_given_its_fences(tmp_path: Path) -> None:
    program = build(ASYNC, tmp_path / "c", "halve", "--optimize=size", compiler=COMPILERS[-1])
    np.save(tmp_path / "x.npy", np.array([1, 2, 3, 4], np.float32))
    done = call(program, tmp_path, "--input=@x.npy")
    assert (done.returncode, done.stdout) == (0, "EXEC @halve\nresult[0]: hal.buffer_view\n4xf32=0.5 1 1.5 2\n")


def test_damaged_files_are_refused_or_read_in_bounds(tensors: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "whole.npy", np.arange(4, dtype=np.float32))
    whole = (tmp_path / "whole.npy").read_bytes()
    rng = np.random.default_rng(2)
    codes = set()
    for number in range(120):
        data = bytearray(whole)
        if number % 3 == 0:
            data = data[: int(rng.integers(0, len(data)))]
        else:
            at = int(rng.integers(6, 90))
            data[at : at + 1] = rng.choice([b"\xff", b"\0", b"9", b"'", b"(", b",", b"-", b"99999999999"])
        (tmp_path / "damaged.npy").write_bytes(data)
        done = call(tensors, tmp_path, "--function=halve", "--input=@damaged.npy")
        assert "runtime error" not in done.stderr and "AddressSanitizer" not in done.stderr, done.stderr
        codes.add(done.returncode)
    assert codes <= {0, 3, 8, 11, 12, 15} and {3, 12, 15} <= codes


@pytest.mark.parametrize("optimize", ["speed", "size"])
def test_a_static_program_has_one_too(optimize: str, digits: Path, tmp_path: Path) -> None:
    """With the same command line, and the bits."""
    options = ("--static", f"--optimize={optimize}")
    program = build(DIGITS / "digits_vmvx.vmfb", tmp_path / "c", "net", *options, compiler=COMPILERS[-1])
    images = np.load(DIGITS / "test_images.npy").reshape(-1, 1, 64)[:3].astype(np.float32) / 16
    for image in images:
        np.save(tmp_path / "image.npy", image)
        given = ["--function=classify", "--input=@image.npy"]
        done = call(program, tmp_path, *given, "--output=scores.npy")
        assert (done.returncode, done.stdout) == (0, "EXEC @classify\n"), done.stderr
        expected = transpile.load(DIGITS / "digits_vmvx.vmfb", engine="interpreter").classify(image)
        assert np.load(tmp_path / "scores.npy").tobytes() == expected.tobytes()
        printed = call(digits, tmp_path, f"--constants={digits.parents[1] / 'net.rodata'}", *given)
        assert call(program, tmp_path, *given).stdout == printed.stdout
    assert call(program, tmp_path, "--help").stdout.endswith("functions:\n  classify 1x64xf32 -> 1x10xf32\n")
    for wrong in ("--input=1x63xf32", "--input=1x64xi32", "--input=(null)"):
        refused = call(program, tmp_path, wrong)
        assert refused.returncode == 3 and "argument 0 is not of the type that --help says" in refused.stderr


def test_numbers_of_a_static_program(tmp_path: Path) -> None:
    """They are given and printed as numbers, as `run` does."""
    program = build(ROOT / "tests/static/data/numbers_vmvx.vmfb", tmp_path / "c", "net", "--static")
    given = ["--function=dot", "--input=50xf32=2", "--input=50xf32=3", "--input=41"]
    assert call(program, tmp_path, *given).stdout == "EXEC @dot\nresult[0]: f32=300\nresult[1]: i32=42\n"
    assert call(program, tmp_path, *given, "--output=sum.npy", "--output=").returncode == 0
    assert np.load(tmp_path / "sum.npy").tobytes() == np.float32(300).tobytes()
    assert call(program, tmp_path, *given[:3]).returncode == 3
    assert "\n  dot 50xf32 50xf32 i32 -> f32 i32\n" in call(program, tmp_path, "--help").stdout


def test_a_device_is_named_or_a_desktop_is_meant(tmp_path: Path) -> None:
    module = str(DIGITS / "digits_vmvx.vmfb")
    folders = {"a": ["--main", module], "b": ["--main", "desktop", module], "c": ["--main=desktop", module]}
    for name, arguments in folders.items():
        done = CliRunner().invoke(main, ["emit", *arguments, "-o", str(tmp_path / name)])
        assert done.exit_code == 0, done.output
    written = {name: (tmp_path / name / "main.c").read_text() for name in folders}
    assert written["a"] == written["b"] == written["c"]
    done = CliRunner().invoke(main, ["emit", module, "-o", str(tmp_path / "d"), "--main=toaster"])
    assert done.exit_code == 2 and "'toaster'" in done.output and not (tmp_path / "d").exists()
