"""Compiles the modules in `data/`: `python tests/hal/build.py`, with iree-compile 3.13.0 on the path.

`imports.tsv` has every convention of every function, by version of the module hal.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

DATA = Path(__file__).parent / "data"
LOCAL = ["--iree-hal-target-device=local", "--iree-input-demote-f64-to-f32=false"]
VMVX = [*LOCAL, "--iree-hal-local-target-device-backends=vmvx"]
LLVM = ["--iree-hal-local-target-device-backends=llvm-cpu", "--iree-llvmcpu-target-cpu=generic"]
MODULES = {
    "tensors": ("tensors", VMVX),
    "chosen": ("chosen", VMVX),
    "quantised": ("quantised", VMVX),
    "storage": ("storage", VMVX),
    "halve": ("halve", VMVX),
    "halve_async": ("halve", [*VMVX, "--iree-execution-model=async-external"]),
    "halve_variants": ("halve", [*LLVM, *VMVX]),
    "halve_native": ("halve", [*LOCAL, *LLVM]),
    "halve_inline": ("halve", ["--iree-hal-target-backends=vmvx-inline", "--iree-execution-model=inline-static"]),
    "halve_dynamic": ("halve", ["--iree-hal-target-backends=vmvx", "--iree-execution-model=inline-dynamic"]),
    "parameters": ("parameters", VMVX),
    "parameters_discrete": ("parameters", [*VMVX, "--iree-stream-resource-memory-model=discrete"]),
}


def main() -> None:
    for name, (source, flags) in MODULES.items():
        command = ["iree-compile", *flags, f"src/{source}.mlir", "-o", f"{name}.vmfb"]
        subprocess.run(command, cwd=DATA, check=True)


if __name__ == "__main__":
    main()
