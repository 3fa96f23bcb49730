"""Inputs and results as text, against `iree-run-module` itself: an identity function shows how it reads and prints."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from transpile.program import Tensor, VmError
from transpile.runio import format_value, parse_inputs, print_results, write_results

IDENTITY = "func.func @f(%a: tensor<4xf32>) -> tensor<4xf32> { return %a : tensor<4xf32> }"

ACCEPTED = [
    "4xf32=1,2,3,4",
    "2x3xf32=[1 2 3][4 5 6]",
    "2x3xf32=[[1,2,3],[4,5,6]]",
    "2x3x2xf32=7",
    "f32=1.2",
    "xf32=1",
    "4xi32",
    "0x4xf32",
    "4x0xf32=",
    ' "4xf32=1 2 3 4" ',
    "4xi32=4294967295 2147483648 -2147483649 0x10",
    "4xi8=-1 127 -128 200",
    "3xi32=010 +5 0b11",
    "4xi8=1.5 0 0 0",
    "4xui8=1 127 128 255",
    "4xsi8=1 127 -128 -129",
    "4xi16=-32768 65535 1 0",
    "4xi64=1 -2 9223372036854775807 -9223372036854775808",
    "4xui64=1 -1 18446744073709551615 0",
    "2xui32=-1 4294967296",
    "6xf32=inf nan -inf -nan infinity NaN(1)",
    "8xf32=1e-40 1e38 0.1 123456789 1e10 -0.0 1e1000 -1e-40",
    "4xf32=1.5abc 0x10 +1 .5",
    "4xf32=0x1.8p3 16777217 1.00000017881393432617 1e-45",
    "6xf64=1e-310 1e300 0.1 123456789 1e10 3.14159265358979",
    "8xf16=1e-7 65504 0.1 12345 1e10 3.1415926 -65519 4e-8",
    "4xf16=inf nan -nan -0",
    "7xbf16=1e-7 65504 0.1 1e-40 3.4e38 3.1415926 nan",
    "2xi1=01 00",
    "2xcf64=0102030405060708 0001020304050607",
    "2x*32=01020304 000g0203",
    "(null)",
    "8xf8E5M2=500 inf 1e10 0.1 -0.0 1e-9 nan 61440",
    "9xf8E4M3FN=500 464 465 0.001 0.0021 -0.3 1.0625 1.1875 nan",
    "7xf8E5M2FNUZ=1 2 nan -0.0 0.1 57344 70000",
    "7xf8E4M3FNUZ=1 2 1000 -0.0 0.1 240 247",
    "12xf8E8M0FNU=1 2 3 5 0.3 1e30 0 -1 1e-40 inf 1.5 0.75",
    "10xf8E8M0FNU=-0.0 -inf nan -nan -1e-40 -1e-45 5.9e-39 1e39 -1e39 -0x1p-149",
    "6xf8E4M3FNUZ=-0.0 -inf inf nan -nan -1e-9",
    "9xf8E4M3FN=0.0009 0.00098 0.0015 0.0019 0.001953 0.0019532 0.0029 0.00293 -nan",
    "9xf8E5M2=0.000007 0.000008 0.000011 0.000015 0.0000152 0.0000153 0.00002 0.0000229 0.000023",
    "9xf16=3.1e-8 5.9e-8 6e-8 8.9e-8 9e-8 65520 65519.99 1e-7 -1.5e-7",
    "3x500xf32=1",
]
REFUSED = [
    "2x2xi1=1 0 1 1",
    "i32",
    "4",
    "",
    "4xf32=1,2,3",
    "4xf32=1,2,3,4,5",
    "4xq32=1",
    "4xf32=abc 0 0 0",
    "4xi8=256 0 0 0",
    "4xui8=-1",
    "4xsi16=1 2 3 40000",
    "4xi32=0000000000000001",
    "4xi64=99999999999999999999",
    "4xf32=0.1000000000000000000000000000000000001",
    "f32=5e-46",
    "f64=-1e-1000",
    "f32=0x1p-200",
    "2xi4=01 00",
    "2xx32=01020304 00010203",
    "4x-1xf32=1",
    "4xf32x=1",
    "4294967296x4294967296xf32",
    "@missing.npy",
    "@some.bin",
    "4xf32=@missing.bin",
]


class Tool:
    """iree-run-module with the identity function."""

    def __init__(self, folder: Path) -> None:
        self.program = Path(sys.executable).parent / "iree-run-module"
        self.folder = folder
        (folder / "f.mlir").write_text(IDENTITY)
        flags = ["--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=vmvx"]
        compiler = self.program.with_name("iree-compile")
        subprocess.run([compiler, *flags, "f.mlir", "-o", "f.vmfb"], cwd=folder, check=True, capture_output=True)

    def run(self, *arguments: str) -> tuple[int, str]:
        command = [self.program, "--device=local-sync", "--module=f.vmfb", "--function=f", *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=600)
        return done.returncode, done.stdout.removeprefix("EXEC @f\n")


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    if not (Path(sys.executable).parent / "iree-run-module").exists() and not shutil.which("iree-run-module"):
        pytest.skip("iree-run-module is not installed")
    yield Tool(tmp_path_factory.mktemp("tool"))


def ours(*specs: str, limit: int = 1024) -> str:
    values = parse_inputs(specs, ["r"] * len(specs))
    return "".join(f"{line}\n" for line in print_results(values, ["r"] * len(values), limit))


@pytest.mark.parametrize("spec", ACCEPTED)
def test_reads_and_prints_as_the_tool(tool: Tool, spec: str) -> None:
    assert (0, ours(spec)) == tool.run(f"--input={spec}")


@pytest.mark.parametrize("spec", REFUSED)
def test_refuses_what_the_tool_refuses(tool: Tool, spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tool.run(f"--input={spec}")[0] == 1
    monkeypatch.chdir(tool.folder)
    with pytest.raises(VmError):
        ours(spec)


@pytest.mark.parametrize("name", ["f8E5M2", "f8E4M3FN", "f8E5M2FNUZ", "f8E4M3FNUZ", "f8E8M0FNU"])
def test_every_code_of_the_8_bit_floats(tool: Tool, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tool.folder / "codes.bin").write_bytes(bytes(range(256)))
    monkeypatch.chdir(tool.folder)
    assert (0, ours(f"256x{name}=@codes.bin")) == tool.run(f"--input=256x{name}=@codes.bin")


@pytest.mark.parametrize("spec", ["8xf32=7", "3x4xf32=7", "2x2x2xf32=7", "f32=7", "2x0xf32"])
@pytest.mark.parametrize("limit", [0, 1, 3, 4, 6])
def test_elides_as_the_tool(tool: Tool, spec: str, limit: int) -> None:
    expected = tool.run(f"--input={spec}", f"--output_max_element_count={limit}")
    assert (0, ours(spec, limit=limit)) == expected


@pytest.mark.parametrize("dtype", "b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 c8 c16".split())
def test_npy_element_types(tool: Tool, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tool.folder / "a.npy", np.array([[0, 1, 2]], dtype=dtype))
    monkeypatch.chdir(tool.folder)
    assert (0, ours("@a.npy")) == tool.run("--input=@a.npy")


def test_files_continue_where_they_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with open("a.npy", "wb") as file:
        np.save(file, np.float32([1, 2]))
        np.save(file, np.int32(3))
    (tmp_path / "raw.bin").write_bytes(np.arange(4, dtype=np.float32).tobytes())
    split, together = parse_inputs(["@a.npy", "+a.npy"], "rr"), parse_inputs(["*a.npy"], "rr")
    assert list(print_results(split, "rr")) == list(print_results(together, "rr"))
    assert ours("@a.npy", "@a.npy").count("2xf32=1 2") == 2
    assert ours("2xf32=@raw.bin", "2xf32=+raw.bin").splitlines()[1::2] == ["2xf32=0 1", "2xf32=2 3"]


def test_outputs_are_written_as_the_tool_writes_them(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("o.npy", "o.bin"):
        tool.run("--input=2x2xf32=1 2 3 4", f"--output=@{name}")
        monkeypatch.chdir(tmp_path)
        values = parse_inputs(["2x2xf32=1 2 3 4"], ["r"])
        assert list(write_results(values, ["r"], [f"@{name}"])) == []
        assert (tmp_path / name).read_bytes() == (tool.folder / name).read_bytes()


def test_output_specifications(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    values = [*parse_inputs(["2xf32=1 2"], ["r"]), 5, None]
    assert list(write_results(values, "rir", ["-", "-", ""])) == ["hal.buffer_view\n2xf32=1 2", "i32=5"]
    list(write_results(values, "rir", ["@o.npy", "+o.npy", "+o.npy"]))
    with open("o.npy", "rb") as file:
        loaded = [np.load(file) for _ in range(3)]
    assert [(array.dtype, array.shape) for array in loaded] == [("f4", (2,)), ("i4", ()), ("i1", (0,))]
    with pytest.raises(IndexError, match="1 outputs specified but the provided variant list only has 3 elements"):
        list(write_results(values, "rir", ["-"]))


@pytest.mark.parametrize(
    ("kind", "text", "printed"),
    [
        ("i", "2147483648", "i32=-2147483648"),
        ("i", "2.5", "i32=2"),
        ("I", "-5", "i64=-5"),
        ("f", "1.5", "f32=1.5"),
        ("F", "1e-300", "f64=1e-300"),
        ("F", "inf", "f64=inf"),
        ("F", "-nan", "f64=-nan"),
        ("i", "(null)", "i32=0"),
    ],
)
def test_primitives(kind: str, text: str, printed: str) -> None:
    assert format_value(parse_inputs([text], [kind])[0], kind) == printed


@pytest.mark.parametrize(
    ("specs", "kinds", "message"),
    [
        (["i32=2"], "i", "parsing value `i32=2` as i32; parsing input `i32=2`; parsing function inputs"),
        (["1", "2"], "i", "function expected fewer input values; parsing input `2`; parsing function inputs"),
        (["&4xf32"], "i", "expected cconv type `r` but provided type `i`"),
        (["4xf32=1,2,3"], "r", "input data string underflow: dst_i=3 < element_capacity=4"),
    ],
)
def test_messages(specs: list[str], kinds: str, message: str) -> None:
    with pytest.raises(VmError) as raised:
        parse_inputs(specs, kinds)
    assert message in raised.value.message


def test_storage_is_a_bare_buffer() -> None:
    (storage,) = parse_inputs(["&4xf32=1 2 3 4"], "r")
    assert storage.array.view(np.float32).tolist() == [1, 2, 3, 4]
    assert not isinstance(storage, Tensor)
