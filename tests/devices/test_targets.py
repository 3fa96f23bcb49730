"""Emitted programs on other processors, in qemu's user mode: the bits are those of IREE's interpreter on x86-64.

All of these processors multiply and add in one rounding if they are let.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.csupport.support import WARNINGS
from tests.hal.support import iree
from transpile import container
from transpile.emit import EmitOptions, emit
from transpile.native.toolchain import EXACT
from transpile.resources import CSUPPORT
from transpile.ship.programs import main_files
from transpile.verify import check

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Target:
    """A cross compiler's prefix, qemu's name, the flags of a processor that has a fused product, and what nests are
    planned for."""

    triple: str
    machine: str
    flags: tuple[str, ...] = ()
    planned: str | None = None

    @property
    def missing(self) -> str:
        tools = (f"{self.triple}-gcc", f"qemu-{self.machine}")
        return ", ".join(tool for tool in tools if not shutil.which(tool))

    def build(self, model: Path, folder: Path, *flags: str) -> Path:
        """The emitted program, linked with all it needs."""
        module = container.load(model)
        check(module)
        output = emit(module, EmitOptions(prefix="model", rodata="array", target=self.planned))
        for name, content in {**output.files, **main_files(output)}.items():
            data = content.encode() if isinstance(content, str) else bytes(content)
            (folder / name).write_bytes(data)
        sources = [*folder.glob("*.c"), *CSUPPORT.glob("*.c")]
        include = [f"-I{folder}", f"-I{CSUPPORT}"]
        command = [f"{self.triple}-gcc", *WARNINGS, *EXACT, *self.flags, *flags, *include, *sources]
        built = subprocess.run([*command, "-static", "-o", folder / "model", "-lm"], capture_output=True, text=True)
        assert built.returncode == 0, built.stderr
        return folder / "model"

    def run(self, program: Path, *arguments: str) -> None:
        ended = subprocess.run([f"qemu-{self.machine}", program, *arguments], capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr


TARGETS = (
    Target("aarch64-linux-gnu", "aarch64", planned="neon"),
    Target("arm-linux-gnueabihf", "arm", ("-mfpu=neon-vfpv4",)),
    Target("riscv64-linux-gnu", "riscv64", planned="scalar"),
    Target("powerpc64le-linux-gnu", "ppc64le"),
)


def _random(*shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(5).standard_normal(shape).astype(np.float32)


MODELS: dict[str, tuple[Path, str, tuple[np.ndarray[Any, Any], ...]]] = {
    "digits": (ROOT / "examples/digits/digits_vmvx.vmfb", "classify", (_random(1, 64),)),
    "matmul": (ROOT / "tests/hal/data/tensors.vmfb", "mm", (_random(33, 70), _random(70, 41))),
    "convolution": (ROOT / "tests/modules/v17/conv2d_vmvx.vmfb", "conv", (_random(1, 6, 6, 3), _random(3, 3, 3, 4))),
}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.machine)
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("level", ["-O1", "-O3"])
def test_the_bits_are_the_same(model: str, target: Target, level: str, tmp_path: Path) -> None:
    if target.missing:
        pytest.skip(f"{target.missing} not installed")
    path, function, arguments = MODELS[model]
    program = target.build(path, tmp_path, level)
    inputs = []
    for number, value in enumerate(arguments):
        np.save(tmp_path / f"{number}.npy", value)
        inputs.append(f"--input=@{tmp_path / f'{number}.npy'}")
    target.run(program, f"--function={function}", *inputs, f"--output={tmp_path / 'result.npy'}")
    expected = iree(path, function, arguments, tmp_path)
    assert not expected.status
    assert np.load(tmp_path / "result.npy").tobytes() == expected.results[0]
