"""The program that reads arrays from files, for WASI: what it writes in wasmtime are the interpreter's bits."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

import transpile
from tests.csupport.support import WARNINGS
from tests.devices.wasm import need_tools
from tests.static.support import EXACT, ROOT
from transpile import loader
from transpile.emit import EmitOptions, emit
from transpile.ship.programs import main_files

DIGITS = ROOT / "examples/digits/digits_vmvx.vmfb"
RESIDUAL = ROOT / "tests/static/data/residual_vmvx.vmfb"
NEEDED = ("/usr/lib/wasm32-wasi/libc.a", "/usr/lib/llvm-*/lib/clang/*/lib/wasi/libclang_rt.builtins-wasm32.a")


def _program(path: Path, folder: Path) -> Path:
    output = emit(loader.read(path), EmitOptions("model", target="wasm-simd128", static=True))
    for name, content in {**output.files, **main_files(output)}.items():
        place = folder / name
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else bytes(content))
    sources = [*folder.glob("*.c"), *folder.glob("csupport/*.c")]
    command = ["clang", "--target=wasm32-wasi", "-msimd128", "-O2", *WARNINGS, *EXACT, "-I.", "-Icsupport", *sources]
    done = subprocess.run([*command, "-o", "model.wasm"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "model.wasm"


def _run(program: Path, *arguments: str) -> None:
    """In its folder, which is all that it sees."""
    import wasmtime

    engine = wasmtime.Engine()
    store, linker = wasmtime.Store(engine), wasmtime.Linker(engine)
    system = wasmtime.WasiConfig()
    system.argv = ["model", *arguments]
    system.preopen_dir(str(program.parent), ".")
    store.set_wasi(system)
    linker.define_wasi()
    instance = linker.instantiate(store, wasmtime.Module.from_file(engine, str(program)))
    instance.exports(store)["_start"](store)


@pytest.mark.parametrize(("path", "name"), [(DIGITS, "classify"), (RESIDUAL, "residual")], ids=["digits", "residual"])
def test_the_interpreter_s_bits(path: Path, name: str, tmp_path: Path) -> None:
    need_tools()
    pytest.importorskip("wasmtime")
    if missing := [file for file in NEEDED if not list(Path("/").glob(file[1:]))]:
        pytest.skip(f"{', '.join(missing)} not installed")
    function = transpile.load(path, engine="interpreter")[name]
    inputs = [np.random.default_rng(9).standard_normal(each.shape).astype(each.dtype) for each in function.inputs]
    for number, array in enumerate(inputs):
        np.save(tmp_path / f"{number}.npy", array)
    given = [f"--input=@{number}.npy" for number in range(len(inputs))]
    _run(_program(path, tmp_path), *given, "--output=@out.npy")
    assert np.load(tmp_path / "out.npy").tobytes() == function(*inputs).tobytes()
