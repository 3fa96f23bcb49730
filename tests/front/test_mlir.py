"""MLIR through IREE's compiler: dialects, text and bytecode, flows, and what fails."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("iree.compiler")

import transpile
from transpile.errors import UnsupportedError, UsageError
from transpile.front import ModelOptions, compile_model, open_module

STABLEHLO = """func.func @twice(%a: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = stablehlo.add %a, %a : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
"""
TOSA = """func.func @twice(%a: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = tosa.add %a, %a : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
"""
VM = """vm.module @counter {
  vm.export @twice
  vm.func @twice(%a: i32) -> i32 {
    %0 = vm.add.i32 %a, %a : i32
    vm.return %0 : i32
  }
}
"""
X = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.mark.parametrize("text", [STABLEHLO, TOSA], ids=["stablehlo", "tosa"])
@pytest.mark.parametrize("flow", ["auto", "inline-static", "inline-dynamic"])
def test_text(tmp_path: Path, text: str, flow: transpile.front.Flow) -> None:
    path = tmp_path / "twice.mlir"
    path.write_text(text)
    np.testing.assert_array_equal(transpile.load(path, flow=flow).twice(X), 2 * X)


def test_bytecode_from_memory() -> None:
    import io

    from iree.compiler.ir import Context, Module

    written = io.BytesIO()
    with Context():
        Module.parse(TOSA).operation.write_bytecode(written)
    np.testing.assert_array_equal(transpile.load(written.getvalue()).twice(X), 2 * X)


def test_a_vm_module_needs_no_flow(tmp_path: Path) -> None:
    path = tmp_path / "counter.mlir"
    path.write_text(VM)
    assert transpile.load(path).twice(21) == 42


def test_places_are_those_of_the_file_and_of_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "twice.mlir"
    path.write_text(STABLEHLO)
    module = open_module(path)
    assert str(tmp_path).encode() not in bytes(module.archive.flatbuffer)


def test_an_error_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.mlir"
    path.write_text(STABLEHLO.replace("stablehlo.add", "stablehlo.ad"))
    with pytest.raises(UnsupportedError, match=r"bad\.mlir.*'?stablehlo\.ad'?.*in line 2 of bad\.mlir"):
        compile_model(path)


def test_sizes_are_for_onnx(tmp_path: Path) -> None:
    path = tmp_path / "twice.mlir"
    path.write_text(STABLEHLO)
    with pytest.raises(UsageError, match=r"--dim.* are for ONNX models"):
        compile_model(path, ModelOptions(dims={"n": 1}))


def test_what_is_compiled_takes_no_options() -> None:
    product = Path(__file__).parents[2] / "examples" / "matmul" / "matmul.vmfb"
    with pytest.raises(UsageError, match="a compiled module already"):
        open_module(product, ModelOptions(flow="vmvx"))
    with pytest.raises(UsageError, match="no flow 'llvm'"):
        ModelOptions(flow="llvm")  # type: ignore[arg-type]


def test_flags_go_to_the_compiler(tmp_path: Path) -> None:
    path = tmp_path / "twice.mlir"
    path.write_text(STABLEHLO)
    with pytest.raises(UnsupportedError, match="no-such-flag"):
        compile_model(path, ModelOptions(flags=("--no-such-flag",)))
