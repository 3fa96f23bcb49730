"""What a program's executables are for, and that one which could not run is refused before anything is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import transpile
from tests.hal.support import DATA
from transpile import container
from transpile.cli import main
from transpile.emit.executables import VMVX, executables
from transpile.errors import UnsupportedError

FOREIGN = {
    "halve_native": ("embedded-elf-x86_64", "llvm-cpu"),
    "scale_dynamic_native": ("embedded-elf-x86_64", "llvm-cpu"),
    "scale_cuda": ("cuda-nvptx-fb", "cuda"),
    "scale_vulkan": ("vulkan-spirv-fb", "vulkan-spirv"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_formats_and_targets(name: str) -> None:
    (found,) = executables(container.load(DATA / f"{name}.vmfb"))
    assert (found.format, found.target) == FOREIGN[name] and found.segment is not None


def test_variants_beside_each_other() -> None:
    found = executables(container.load(DATA / "halve_variants.vmfb"))
    assert [(item.format, item.target) for item in found] == [("embedded-elf-x86_64", "llvm-cpu"), (VMVX, "vmvx")]


@pytest.mark.parametrize("name", FOREIGN)
def test_a_program_without_a_vmvx_variant_is_refused(name: str, tmp_path: Path) -> None:
    module = str(DATA / f"{name}.vmfb")
    with pytest.raises(UnsupportedError, match=FOREIGN[name][0]) as caught:
        transpile.load(module)
    assert "-backends=vmvx MODEL.mlir" in str(caught.value)
    with pytest.raises(UnsupportedError):
        transpile.load(module, engine="interpreter")
    for command in (["emit", module, "-o"], ["build", module, "-o"], ["build", module, "--wheel", "-o"]):
        assert CliRunner().invoke(main, [*command, str(tmp_path / "out")]).exit_code == 1
    assert not any(tmp_path.iterdir())


def test_inspect_shows_them() -> None:
    arguments = ["inspect", str(DATA / "halve_variants.vmfb")]
    shown = json.loads(CliRunner().invoke(main, [*arguments, "--json"]).output)["executables"]
    assert [(item["format"], item["target"]) for item in shown] == [
        ("embedded-elf-x86_64", "llvm-cpu"),
        (VMVX, "vmvx"),
    ]
    text = CliRunner().invoke(main, arguments).output
    assert "embedded-elf-x86_64" in text and VMVX in text
