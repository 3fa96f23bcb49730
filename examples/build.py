"""Compile the examples: `python examples/build.py`, with iree-base-compiler 3.13.0 in the running environment.

The exact commands are printed as they run. The compiler runs in this folder on relative paths, so that the source
locations in a module name no folder of the machine. `digits.mlir` is written by `digits/train.py`.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent

VM = ["--compile-mode=vm"]
INLINE = [
    "--iree-hal-target-backends=vmvx-inline",
    "--iree-execution-model=inline-static",
    "--iree-flow-inline-constants-max-byte-length=1000000000",
]
VMVX = ["--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=vmvx"]

# What to build, from what, how.
MODULES = [
    ("matmul/matmul.vmfb", "matmul/matmul.mlir", INLINE),
    ("collatz/collatz.vmfb", "collatz/collatz.mlir", INLINE),
    ("fibonacci/fibonacci.vmfb", "fibonacci/fibonacci.mlir", INLINE),
    ("sieve/sieve.vmfb", "sieve/sieve.mlir", VM),
    ("wordcount/wordcount.vmfb", "wordcount/wordcount.mlir", VM),
    ("digits/digits.vmfb", "digits/digits.mlir", INLINE),
    ("digits/digits_vmvx.vmfb", "digits/digits.mlir", VMVX),
]


def main() -> None:
    compiler = str(Path(sys.executable).parent / "iree-compile")
    for output, source, flags in MODULES:
        arguments = [*flags, source, "-o", output]
        print("iree-compile", shlex.join(arguments), flush=True)
        subprocess.run([compiler, *arguments], cwd=HERE, check=True)


if __name__ == "__main__":
    main()
