"""Programs of `emit --main` read and print values as `transpile run` does, which is as `iree-run-module` does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.cli.test_runio import ACCEPTED, IDENTITY, REFUSED, ours
from tests.csupport.support import COMPILERS
from tests.emit.test_main import SANITIZERS, build
from tests.support.tools import links
from transpile.front import compile_model, model_options, write_module

TAKEN = [spec for spec in ACCEPTED if not spec.startswith("3x500x")]
"""These programs print all elements."""


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that prints its argument."""
    folder = tmp_path_factory.mktemp("identity")
    (folder / "f.mlir").write_text(IDENTITY)
    made = compile_model(folder / "f.mlir", model_options((), (), "vmvx", None, ()), lambda text: None)
    write_module(made.module, folder / "f.vmfb")
    checks = SANITIZERS if links("cc", *SANITIZERS.split()) else ""
    return build(folder / "f.vmfb", folder / "c", "f", flags=f"-O1 {checks}", compiler=COMPILERS[0])


def run(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *arguments], cwd=program.parent, capture_output=True, text=True)


def test_what_run_takes_is_taken(identity: Path) -> None:
    found = {spec: run(identity, f"--input={spec}").stdout.removeprefix("EXEC @f\n") for spec in TAKEN}
    assert found == {spec: ours(spec) for spec in TAKEN}


def test_what_run_refuses_is_refused(identity: Path) -> None:
    done = {spec: run(identity, f"--input={spec}") for spec in REFUSED}
    assert [spec for spec, each in done.items() if not each.returncode] == []
    assert [spec for spec, each in done.items() if "argument 0" not in each.stderr] == []
    assert [spec for spec, each in done.items() if "Sanitizer" in each.stderr or "runtime error" in each.stderr] == []


@pytest.mark.parametrize("name", ["f8E5M2", "f8E4M3FN", "f8E5M2FNUZ", "f8E4M3FNUZ", "f8E8M0FNU", "bf16", "f16"])
def test_floats_are_rounded_as_by_run(identity: Path, name: str) -> None:
    values = np.random.default_rng(7).standard_normal(400) * np.exp2(np.random.default_rng(8).integers(-30, 30, 400))
    spec = f"400x{name}={' '.join(f'{value:.6g}' for value in values)}"
    assert run(identity, f"--input={spec}").stdout == "EXEC @f\n" + ours(spec)


def test_files_are_read_on_and_written_behind(identity: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(identity.parent)
    arrays = [np.arange(4, dtype=np.float32), np.arange(6, dtype=np.int16).reshape(2, 3)]
    with Path("two.npy").open("wb") as file:
        for array in arrays:
            np.save(file, array)
    Path("one.bin").write_bytes(arrays[0].tobytes())
    for spec in ("@two.npy", "4xf32=@one.bin", "2x2xf32=+one.bin"):
        assert run(identity, f"--input={spec}").stdout == "EXEC @f\n" + ours(spec)
    assert run(identity, "--input=*two.npy").returncode == 3  # the function takes one
    for output in ("@r.npy", "+r.npy", "r.bin", "+r.bin", ""):
        done = run(identity, "--input=@two.npy", f"--output={output}")
        assert (done.returncode, done.stdout) == (0, "EXEC @f\n"), done.stderr
    whole = Path("r.npy").read_bytes()
    assert whole[: len(whole) // 2] == whole[len(whole) // 2 :]
    assert np.load("r.npy").tobytes() == arrays[0].tobytes() == Path("r.bin").read_bytes()[16:]
    assert run(identity, "--input=4xf32=1", "--output=-").stdout == "EXEC @f\nhal.buffer_view\n4xf32=1 1 1 1\n"


def test_help_names_the_functions(identity: Path) -> None:
    done = run(identity, "--help")
    assert done.returncode == 0 and done.stdout.startswith("usage: f_main [--function=NAME]")
    assert done.stdout.endswith("functions:\n  f\n")
