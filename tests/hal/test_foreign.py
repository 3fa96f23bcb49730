"""Programs for other targets, from the compiler itself: named by all commands, with the command that helps."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from tests.hal.support import DATA
from tests.support.modules import build_module, function, imported, ref
from tests.support.tools import beside_python
from transpile import container
from transpile.cli import main
from transpile.emit.executables import executables, foreign_executables
from transpile.emit.targets import target_of

CPU = ["--iree-hal-local-target-device-backends=llvm-cpu", "--iree-llvmcpu-target-cpu=generic"]
LOCAL = ["--iree-hal-target-device=local", *CPU]
HALVE = DATA / "src" / "halve.mlir"
TWO = """
func.func @halve(%x: tensor<4xf32> {iree.abi.affinity = #hal.device.promise<@one>})
    -> (tensor<4xf32> {iree.abi.affinity = #hal.device.promise<@one>}) {
  %half = arith.constant dense<0.5> : tensor<4xf32>
  %a = arith.addf %x, %x : tensor<4xf32>
  %b = flow.tensor.transfer %a : tensor<4xf32> to #hal.device.promise<@two>
  %c = arith.mulf %b, %half : tensor<4xf32>
  %d = arith.mulf %c, %half : tensor<4xf32>
  %e = flow.tensor.transfer %d : tensor<4xf32> to #hal.device.promise<@one>
  return %e : tensor<4xf32>
}
"""
WASM = "--iree-llvmcpu-target-triple=wasm32-unknown-emscripten"


class Built(NamedTuple):
    """How a program is compiled, and what its executables are."""

    flags: list[str]
    format: str
    target: str


FLOWS = {
    "local": Built(LOCAL, "embedded-elf-x86_64", "llvm-cpu"),
    "async": Built([*LOCAL, "--iree-execution-model=async-external"], "embedded-elf-x86_64", "llvm-cpu"),
    "inline": Built(
        ["--iree-execution-model=inline-dynamic", "--iree-hal-target-backends=llvm-cpu", CPU[1]],
        *("embedded-elf-x86_64", "llvm-cpu"),
    ),
    "devices": Built(
        ["--iree-hal-target-device=one=local[0]", "--iree-hal-target-device=two=local[1]", *CPU],
        *("embedded-elf-x86_64", "llvm-cpu"),
    ),
}
TARGETS = {
    "system": Built([*LOCAL, "--iree-llvmcpu-link-embedded=false"], "system-elf-x86_64", "llvm-cpu"),
    "arm": Built([*LOCAL, "--iree-llvmcpu-target-triple=aarch64-linux-gnu"], "embedded-elf-arm_64", "llvm-cpu"),
    "wasm": Built([*LOCAL, WASM], "system-wasm-wasm_32", "llvm-cpu"),
    "vulkan": Built(["--iree-hal-target-device=vulkan"], "vulkan-spirv-fb", "vulkan-spirv"),
    "cuda": Built(["--iree-hal-target-device=cuda", "--iree-cuda-target=sm_80"], "cuda-nvptx-fb", "cuda"),
    "hip": Built(["--iree-hal-target-device=hip", "--iree-rocm-target=gfx942"], "rocm-hsaco-fb", "rocm"),
    "metal": Built(
        ["--iree-hal-target-device=metal", "--iree-metal-compile-to-metallib=false"], "metal-msl-fb", "metal-spirv"
    ),
}


def compiled(flags: list[str], folder: Path, source: Path = HALVE) -> Path:
    command = [beside_python("iree-compile"), *flags, source, "-o", folder / "net.vmfb"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "net.vmfb"


@pytest.mark.parametrize("name", FLOWS)
def test_the_command_that_is_named_makes_a_program_that_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "MODEL.mlir"
    source.write_text(TWO if name == "devices" else HALVE.read_text())
    module = compiled(FLOWS[name].flags, tmp_path, source)
    (problem,) = {str(item) for item in foreign_executables(container.load(module))}
    assert repr(FLOWS[name].format) in problem and f"(target {FLOWS[name].target})" in problem
    named = shlex.split(problem.partition("compile it again with: ")[2].removesuffix(")"))
    named = [text.replace("DEVICE0", "one").replace("DEVICE1", "two") for text in named]
    monkeypatch.chdir(tmp_path)
    subprocess.run([beside_python(named[0]), *named[1:]], check=True, capture_output=True)
    devices = ["--device=local-sync"] * (2 if name == "devices" else 1)
    arguments = ["run", "MODEL.vmfb", "--engine=interpreter", "--function=halve", "--input=4xf32=6", *devices]
    said = CliRunner().invoke(main, arguments)
    assert said.output.splitlines()[-1] == "4xf32=3 3 3 3"


@pytest.mark.parametrize("name", FLOWS | TARGETS)
def test_format_and_target_are_those_of_the_compiler(name: str, tmp_path: Path) -> None:
    built = (FLOWS | TARGETS)[name]
    source = tmp_path / "two.mlir"
    source.write_text(TWO)
    module = container.load(compiled(built.flags, tmp_path, source if name == "devices" else HALVE))
    for item in executables(module):
        assert (item.format, item.target, item.runs) == (built.format, built.target, False)
        assert item.segment is not None
        assert target_of("", module.rodata[item.segment].data) == built.target  # by what is in it


def test_inline_static_programs_have_no_executables(tmp_path: Path) -> None:
    flags = ["--iree-execution-model=inline-static", "--iree-hal-target-backends="]
    assert executables(container.load(compiled([*flags[:1], flags[1] + "vmvx-inline"], tmp_path))) == []
    with pytest.raises(AssertionError, match="not compatible with hal target 'llvm-cpu'"):
        compiled([*flags[:1], flags[1] + "llvm-cpu"], tmp_path)


@pytest.mark.parametrize("name", ["halve_native", "scale_dynamic_native", "scale_cuda", "scale_vulkan"])
def test_verify_reports_them(name: str) -> None:
    module = str(DATA / f"{name}.vmfb")
    shown = CliRunner().invoke(main, ["verify", module])
    assert shown.exit_code == 1
    assert shown.stdout == "verified, no errors\n" and "INCOMPATIBLE: executables are of format" in shown.stderr
    facts = json.loads(CliRunner().invoke(main, ["verify", "--json", module]).stdout)
    assert (facts["ok"], facts["findings"]) == (False, []) and "compile it again with" in facts["foreign"][0]


def test_a_program_with_a_variant_for_the_vm_is_taken() -> None:
    module = str(DATA / "halve_variants.vmfb")
    assert CliRunner().invoke(main, ["verify", module]).exit_code == 0
    ran = CliRunner().invoke(main, ["run", module, "--engine=interpreter", "--input=4xf32=6"])
    assert ran.output.splitlines()[-1] == "4xf32=3 3 3 3"


@pytest.mark.parametrize(
    ("name", "old", "new", "target"),
    [
        ("halve_native", b"embedded-elf-x86_64", b"unheard-of-elf-x86_", "llvm-cpu"),
        ("scale_cuda", b"cuda-nvptx-fb", b"novelty-nv-fb", "cuda"),
        ("scale_vulkan", b"vulkan-spirv-fb", b"novelty-sprv-fb", "vulkan-spirv"),
        ("halve", b"vmvx-bytecode-fb", b"novelty-bytes-fb", "vmvx"),
    ],
)
def test_an_unknown_format_is_known_by_its_contents(name: str, old: bytes, new: bytes, target: str) -> None:
    image = (DATA / f"{name}.vmfb").read_bytes()
    assert image.count(old) >= 1 and len(old) == len(new)
    (found,) = executables(container.load(image.replace(old, new)))
    assert (found.format, found.target, found.runs) == (new.decode(), target, False)


@pytest.mark.parametrize(
    ("contents", "target", "runs"),
    [(b"\x7fELF" + bytes(32), "llvm-cpu", False), (b"CDA1" + bytes(32), "cuda", False), (bytes(32), "unknown", True)],
)
def test_a_format_that_is_no_constant_is_judged_by_its_contents(contents: bytes, target: str, runs: bool) -> None:
    load = ("call", imported(0), (ref(0), ref(1), ref(2)), (ref(3),))
    code = function("entry", ("const.ref.rodata", 0, ref(1)), load, ("return", ()), convention="0r_v", export="f")
    image = build_module([code], imports=[("hal_loader.executable.load", "0rrr_r")], rodata=[contents])
    module = container.load(image)
    (found,) = executables(module)
    assert (found.format, found.target, found.runs) == (None, target, runs)
    assert bool(foreign_executables(module)) is not runs


@pytest.mark.parametrize(
    ("head", "target"),
    [
        (b"\x7fELF" + bytes(14) + (62).to_bytes(2, "little"), "llvm-cpu"),
        (b"\x7fELF" + bytes(14) + (224).to_bytes(2, "little"), "rocm"),
        (b"\x7fELF" + bytes(14) + (190).to_bytes(2, "little"), "cuda"),
        (b"MZ\x90\0", "llvm-cpu"),
        (b"\xcf\xfa\xed\xfe", "llvm-cpu"),
        (b"!<arch>\n", "llvm-cpu"),
        (b"", "unknown"),
        (b"\x7fEL", "unknown"),
    ],
)
def test_files_of_systems(head: bytes, target: str) -> None:
    assert target_of("novelty", head) == target_of(None, head) == target
    assert target_of("metal-msl-fb", head) == "metal-spirv"  # a name that is known decides


def test_help_says_that_nothing_is_verified() -> None:
    assert "Nothing is verified or compiled" in CliRunner().invoke(main, ["inspect", "--help"]).output
