"""Run the large test models as C and compare every bit: `python -m tests.models.check --dir DIR [NAME…]`.

DIR is what `tests/models/build.py` filled.  The input is random and seeded; the right output for seed 0 is known by
its hash, recorded here from `iree-run-module` 3.13.0 (which takes minutes for some of them).  Other seeds, and models
that have been built anew by another compiler, need `--oracle`, which runs `iree-run-module` here.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transpile import container, loader
from transpile.emit import EmitOptions, emit
from transpile.native.build import Options
from transpile.native.toolchain import LEVELS, Optimize
from transpile.program import Program

Array = NDArray[np.float32]

SHAPE = (1, 3, 224, 224)
"""Of every network's input."""

# First 16 digits of the SHA-256 of the output for seed 0; softmax makes them depend on the C library's expf.
EXPECTED = {
    "light_squeezenet": "6a1dcee7d430e812",
    "light_inception_v1": "568a5b5dec9470e1",
    "light_resnet50": "3c6b0a2c6e890793",
    "light_shufflenet": "0c23f00d1a3bca95",
    "light_inception_v2": "99bf8a1617c40efa",
    "light_densenet121": "43e9fc046fff5724",
}


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    seed: int
    c_bytes: int
    prepare: float
    call: float
    verdict: str
    oracle: float | None = None
    """Seconds of `iree-run-module`, if it was asked."""

    def __str__(self) -> str:
        size, seconds = f"{self.c_bytes / 1e3:.0f} kB", f"{self.prepare:.1f} s"
        return f"{self.name:28}{self.seed:5}{size:>10}{seconds:>10}{self.call:>10.2f} s  {self.verdict}"


HEADER = f"{'model':28}{'seed':>5}{'C text':>10}{'prepare':>10}{'call':>12}  output"


def seeded(seed: int) -> Array:
    """The input for a seed."""
    return np.random.default_rng(seed).standard_normal(SHAPE).astype(np.float32)


def digest(array: Array) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]


def entry_point(program: Program) -> str:
    """The network's function: the only export that is not the tools' own."""
    (name,) = (export for export in program if not export.startswith("__") and not export.endswith("$async"))
    return name


def run_oracle(path: Path, function: str, image: Array) -> Array:
    """What `iree-run-module` says."""
    with tempfile.TemporaryDirectory(prefix="transpile-") as folder:
        np.save(Path(folder, "input.npy"), image)
        command = [str(Path(sys.executable).parent / "iree-run-module"), "--device=local-sync"]
        command += [f"--module={path.absolute()}", f"--function={function}", "--input=@input.npy"]
        subprocess.run([*command, "--output=@output.npy"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        return np.asarray(np.load(Path(folder, "output.npy")))


def judge(output: Array, expected: Array | None, recorded: str | None) -> str:
    """In words: whether the output is right, and how we know."""
    if expected is not None:
        equal = output.shape == expected.shape and output.tobytes() == expected.tobytes()
        return "equal bits" if equal else f"DIFFERS, by up to {np.abs(output - expected).max():.3g}"
    if recorded is None:
        return "not compared: no hash is recorded for this seed, use --oracle"
    return "equal hash" if digest(output) == recorded else f"DIFFERS: hash {digest(output)}, expected {recorded}"


def check(path: Path, seeds: list[int], level: Optimize, oracle: bool) -> list[Row]:
    """Compile one model and run it on every seed."""
    name = path.stem
    started = time.perf_counter()
    module = container.load(path)
    output = emit(module, EmitOptions(optimize=level))
    program = loader.load(module, Options(optimize=level))
    prepare = time.perf_counter() - started
    function = entry_point(program)
    rows = []
    for seed in seeds:
        image = seeded(seed)
        started = time.perf_counter()
        result = program[function](image)
        seconds = time.perf_counter() - started
        started = time.perf_counter()
        expected = run_oracle(path, function, image) if oracle else None
        asked = time.perf_counter() - started if oracle else None
        recorded = EXPECTED.get(name.rpartition("_")[0]) if seed == 0 else None
        text = sum(len(output.files[source]) for source in output.sources)
        rows.append(Row(name, seed, text, prepare, seconds, judge(result, expected, recorded), asked))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(EXPECTED)[:3], metavar="NAME")
    parser.add_argument("--dir", type=Path, required=True, help="what tests/models/build.py filled")
    parser.add_argument("--flow", default="inline", choices=["inline", "vmvx"])
    parser.add_argument("--optimize", default="speed", choices=LEVELS)
    parser.add_argument("--seed", type=int, nargs="+", default=[0])
    parser.add_argument("--oracle", action="store_true", help="run iree-run-module here, which may take minutes")
    options = parser.parse_args()
    print(HEADER)
    wrong = 0
    for name in options.names:
        path = options.dir / f"{name}_{options.flow}.vmfb"
        for row in check(path, options.seed, options.optimize, options.oracle):
            print(row, flush=True)
            wrong += "equal" not in row.verdict
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
