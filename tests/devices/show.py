"""What static programs take on a Cortex-M4 in qemu: python -m tests.devices.show [MODEL…] (.vmfb, or .onnx)

Each is compiled as it stands (gcc -Os) and planned for it (-O2), called once, and its bits compared with
those of the interpreter. Code has the start-up in it (about 0.5 kB); memory is the arena and the stack.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

import transpile
from tests.devices.boards import M4
from tests.devices.static import run
from transpile import loader
from transpile.front import is_model
from transpile.host.static import static
from transpile.nests.plan.target import CORTEX_M4
from transpile.pipeline import lower

ROOT = Path(__file__).parents[2]
MODELS = [ROOT / "examples/digits/digits_vmvx.vmfb", ROOT / "tests/static/data/residual_vmvx.vmfb"]


def main(arguments: list[str]) -> int:
    """Prints a row for each model and level; 1 if any bit differs."""
    parser = argparse.ArgumentParser(description="What static programs take on a Cortex-M4 in qemu.")
    parser.add_argument("models", nargs="*", type=Path, metavar="MODEL", help=".vmfb or .onnx with one function")
    models = parser.parse_args(arguments).models or MODELS
    print(
        f"{'model':<28} {'level':<6} {'code':>7} {'constants':>9} {'arena':>7} {'stack':>5} {'1000 instr.':>11}  bits"
    )
    wrong = 0
    for path in models:
        module = transpile.compile(path) if is_model(path) else path
        schedule = static(lower(loader.read(module)))[0].schedule
        image = [
            np.random.default_rng([3, n]).standard_normal(v.shape).astype(np.float32)
            for n, v in enumerate(schedule.inputs)
        ]
        expected = getattr(transpile.load(module, engine="interpreter"), schedule.name)(*image)
        for level, target in (("size", None), ("speed", CORTEX_M4)):
            with tempfile.TemporaryDirectory() as folder:
                found = run(M4, module, target, image, Path(folder))
            same = found.bits == np.ascontiguousarray(expected).view(np.uint32).ravel().tolist()
            wrong += not same
            print(
                f"{path.stem:<28} {level:<6} {found.code:>7} {found.constants:>9} {found.arena:>7} {found.stack:>5} "
                f"{found.instructions // 1000:>11}  {'equal' if same else 'DIFFER'}"
            )
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
