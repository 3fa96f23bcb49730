"""Static programs as WebAssembly give the interpreter's bits, import nothing, and say what is wrong with a call."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import transpile
from tests.behaviour.pure import is_pure
from tests.devices.wasm import PREFIX, WASI, ZIG, Program, built, need_tools, node
from tests.static.support import EXACT, ROOT, arguments, compiled, given, made, made_bytes
from transpile.c.excerpts import excerpts
from transpile.cli import main
from transpile.isa.table import Trait, instructions
from transpile.resources import TEMPLATES
from transpile.ship.wasm import HOSTED

DIGITS = ROOT / "examples/digits/digits_vmvx.vmfb"
PROGRAMS = [
    DIGITS,
    ROOT / "tests/static/data/residual_vmvx.vmfb",
    ROOT / "tests/modules/v17/softmax_vmvx.vmfb",
    ROOT / "tests/modules/v15/several_results.vmfb",
    ROOT / "tests/hal/data/quantised.vmfb",
    ROOT / "tests/static/data/numbers_vmvx.vmfb",
]
"""f32 and its mathematics, several functions and results, int8, numbers."""
COUNTERS = ROOT / "tests/static/data/counters_vmvx.vmfb"
TENSORS = ROOT / "tests/modules/v17/tensor_globals_vmvx.vmfb"
MATHEMATICS = """
func.func @f(%x: tensor<64xf32>, %y: tensor<64xf64>) -> (tensor<64xf32>, tensor<64xf32>, tensor<64xf64>) {
  %half = math.round %x : tensor<64xf32>
  %power = math.powf %x, %x : tensor<64xf32>
  %whole = math.floor %y : tensor<64xf64>
  %root = math.exp %whole : tensor<64xf64>
  return %half, %power, %root : tensor<64xf32>, tensor<64xf32>, tensor<64xf64>
}
"""
ODD = """
func.func @"odd \\22]; throw 1; // \\0A */ name"(%x: tensor<4xi64>) -> tensor<4xi64> {
  %z = arith.addi %x, %x : tensor<4xi64>
  return %z : tensor<4xi64>
}
"""
TINY = """
func.func @f(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %z = arith.mulf %x, %y : tensor<4xf32>
  return %z : tensor<4xf32>
}
"""
PURE = {
    row.mnemonic: row.helper
    for row in instructions()
    if is_pure(row) and row.helper and not row.traits & Trait.MAY_FAIL
}
"""What computes with numbers, and the C that does."""


def check(path: Path, program: Program) -> None:
    """Every function, on two inputs."""
    reference = transpile.load(path, engine="interpreter")
    programs, _, _ = made(path, 16)
    assert node(program, [])["imports"] == []
    for each in programs:
        for seed in (1, 2):
            inputs = arguments(each.schedule, seed)
            results = getattr(reference, each.schedule.name)(*given(each.schedule, inputs))
            expected = made_bytes(each.schedule, results)
            assert program.call(inputs, each.schedule.name).outputs == expected


@pytest.mark.parametrize("target", ["wasm-simd128", "scalar"])
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_the_interpreter_s_bits(path: Path, target: str, tmp_path: Path) -> None:
    need_tools()
    check(path, built(path, tmp_path, target))


@pytest.mark.parametrize("path", [COUNTERS, TENSORS], ids=lambda path: path.stem)
def test_state_is_kept(path: Path, tmp_path: Path) -> None:
    """Calls find what those before them have left; a program that is loaded anew begins anew."""
    need_tools()
    program, programs = built(path, tmp_path), made(path, 0)[0]
    calls = [(each.schedule, arguments(each.schedule, seed)) for seed in (1, 2, 3) for each in programs]
    for _ in range(2):
        reference = transpile.load(path, engine="interpreter").new_instance()
        found = program.calls([(schedule.name, inputs) for schedule, inputs in calls])
        for (schedule, inputs), answer in zip(calls, found, strict=True):
            results = getattr(reference, schedule.name)(*given(schedule, inputs))
            assert answer.outputs == made_bytes(schedule, results)


def test_with_zig(tmp_path: Path) -> None:
    need_tools(ZIG)
    check(DIGITS, built(DIGITS, tmp_path, compiler=ZIG))


def test_what_calls_a_c_library_is_linked_with_one(tmp_path: Path) -> None:
    """Its functions of f64 are those of that library; here it is asked for what every library has the same of."""
    need_tools()
    if not WASI.exists():
        pytest.skip("wasi-libc not installed")
    (tmp_path / "f.mlir").write_text(MATHEMATICS)
    module = transpile.compile(tmp_path / "f.mlir", flow="vmvx")
    halves = (np.arange(64, dtype=np.float32) - 32) / 4
    inputs = [np.abs(halves) + np.float32(0.3), halves.astype(np.float64) / 1e3]
    expected = transpile.load(module, engine="interpreter").f(*inputs)
    program = built(module, tmp_path / "built")
    assert node(program, [])["imports"] == []
    assert program.call(inputs).outputs == tuple(map(np.ndarray.tobytes, expected))


def _linked(mnemonics: list[str], folder: Path) -> str:
    """What the linker says where the helpers of these instructions are all there is."""
    helpers = sorted({PURE[mnemonic] for mnemonic in mnemonics})
    parts = excerpts({*helpers, "VM_INLINE", "VM_UNUSED"})
    used = f"void* const used[] = {{{', '.join(f'(void*){helper}' for helper in helpers)}}};"
    headers = "#include <math.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <string.h>\n"
    (folder / "used.c").write_text("\n".join([headers, *parts, used]))
    command = ["clang", "-target", "wasm32-freestanding", f"-I{TEMPLATES / 'wasm'}", "-mbulk-memory", "-O2", *EXACT]
    command += ["-std=c99", "used.c", "-o", "used.wasm", "-nostdlib", "-Wl,--no-entry,--export=used"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stderr


def test_which_instructions_want_a_c_library(tmp_path: Path) -> None:
    need_tools()
    assert _linked([mnemonic for mnemonic in PURE if mnemonic not in HOSTED], tmp_path) == ""
    for mnemonic in sorted(HOSTED):
        assert "undefined symbol" in _linked([mnemonic], tmp_path), mnemonic


def test_denormals_are_kept(tmp_path: Path) -> None:
    """As in any program built without flushing: no machine of this kind can do it."""
    need_tools()
    (tmp_path / "f.mlir").write_text(TINY)
    module = transpile.compile(tmp_path / "f.mlir", flow="vmvx")
    inputs = [np.array([1e-40, 1e-30, 3e-39, 2.0], np.float32), np.array([1, 1e-10, 0.5, 3.0], np.float32)]
    (tmp_path / "c").mkdir()
    kept = compiled(module, tmp_path / "c", flags=["-O2", "-DHAL_FLUSH_DENORMALS=0"]).call("f", inputs)
    found = built(module, tmp_path / "built").call(inputs).outputs
    assert found == (kept[0].tobytes(),) and kept[0].all()
    assert not transpile.load(module, engine="interpreter").f(*inputs)[:3].any()


def test_a_nan_stays_one(tmp_path: Path) -> None:
    """Which of them is up to who runs it; all other elements have their bits."""
    need_tools()
    (tmp_path / "f.mlir").write_text(TINY)
    module = transpile.compile(tmp_path / "f.mlir", flow="vmvx")
    inputs = [np.array([np.nan, np.inf, 1.5, -np.nan], np.float32), np.array([1, 0, 3, np.nan], np.float32)]
    expected = transpile.load(module, engine="interpreter").f(*inputs)
    (found,) = built(module, tmp_path / "built").call(inputs).outputs
    values = np.frombuffer(found, np.float32)
    assert np.array_equal(values, expected, equal_nan=True) and np.isnan(values).tolist() == [True, True, False, True]


def test_names_are_no_code(tmp_path: Path) -> None:
    """And numbers of 64 bits are those of JavaScript."""
    need_tools()
    (tmp_path / "f.mlir").write_text(ODD)
    values = np.array([1, -1, 1 << 62, -5], np.int64)
    program = built(transpile.compile(tmp_path / "f.mlir", flow="vmvx"), tmp_path / "built")
    assert program.call([values], 'odd "]; throw 1; // \n */ name').outputs == ((values + values).tobytes(),)


def test_a_wrong_call_is_told_what_is_wrong(tmp_path: Path) -> None:
    need_tools()
    program = built(DIGITS, tmp_path)
    short, other = {"type": "Float32Array", "data": ""}, {"type": "Int8Array", "data": "AAAA"}
    calls = [{}, {"input0": short}, {"input0": other}, {"image": short}]
    answers = node(program, [{"name": "classify", "inputs": inputs} for inputs in calls])["answers"]
    assert [answer["problem"] for answer in answers] == [
        "TypeError: classify: input0 has to be a Float32Array",
        "RangeError: classify: input0 has 0 elements, and not 64",
        "TypeError: classify: input0 has to be a Float32Array",
        "TypeError: classify has no input image; it has input0",
    ]


def test_it_is_written_for_static_programs_alone(tmp_path: Path) -> None:
    folder = tmp_path / "wasm"
    command = ["emit", str(DIGITS), "-o", str(folder), f"--prefix={PREFIX}", "--main=wasm"]
    refused = CliRunner().invoke(main, command)
    assert refused.exit_code and "--main=wasm" in refused.output and not folder.exists()
    written = CliRunner().invoke(main, [*command, "--static"])
    assert written.exit_code == 0 and f"make -C {folder}" in written.output
    assert {path.name for path in folder.iterdir()} >= {"model.c", "model.js", "model.d.ts", "Makefile", "package.json"}
