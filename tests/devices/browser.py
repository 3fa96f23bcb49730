"""Static programs in a browser: python -m tests.devices.browser [MODEL…] (.vmfb, or .onnx with one function)

Each is built with vectors (`wasm-simd128`) and without (`scalar`), and called in headless Chromium, or in node where
there is none. Sizes are of the .wasm files, weights included; times are for a call from JavaScript on arrays, which
copies them in and out; the bits are compared with those of the interpreter.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

import transpile
from tests.devices.wasm import Array, Engine, browser, built, node
from tests.support.browser import BROWSER
from tests.support.chromium import chromium
from transpile.front import is_model

ROOT = Path(__file__).parents[2]
MODELS = [ROOT / "examples/digits/digits_vmvx.vmfb", ROOT / "tests/static/data/residual_vmvx.vmfb"]
TARGETS = ("wasm-simd128", "scalar")


def main(arguments: Sequence[str]) -> int:
    """Prints a row for each model; 1 if any bit differs."""
    parser = argparse.ArgumentParser(description="What static programs take in a browser.")
    parser.add_argument("models", nargs="*", type=Path, metavar="MODEL", help=".vmfb, or .onnx, with one function")
    models = parser.parse_args(arguments).models or MODELS
    with tempfile.TemporaryDirectory() as folder, engine(Path(folder)) as (name, run):
        print(f"{name:<20} {'vectors':>20} {'scalar':>20}")
        print(f"{'model':<20} {'bytes':>10} {'µs':>9} {'bytes':>10} {'µs':>9} {'times':>6}  bits")
        rows = [row(path, Path(folder), run) for path in models]
    return int(not all(rows))


def row(path: Path, folder: Path, run: Engine) -> bool:
    """Prints what a model takes; whether the bits are equal."""
    module = transpile.compile(path) if is_model(path) else path
    programs = [built(module, folder / path.stem / target, target) for target in TARGETS]
    (entry,) = programs[0].interface.entries
    inputs: list[Array] = [
        np.random.default_rng([3, number]).standard_normal(array.dims).astype(np.float32)
        for number, array in enumerate(entry.inputs)
    ]
    expected = transpile.load(module, engine="interpreter")[entry.name](*inputs)
    answers = [program.call(inputs, engine=run, timed=True) for program in programs]
    same = all(answer.outputs == (expected.tobytes(),) for answer in answers)
    cells = [
        f"{program.wasm.stat().st_size:>10,} {answer.microseconds:>9,.1f}"
        for program, answer in zip(programs, answers, strict=True)
    ]
    ratio = answers[1].microseconds / answers[0].microseconds
    print(f"{path.stem:<20} {' '.join(cells)} {ratio:>6.1f}  {'equal' if same else 'DIFFER'}", flush=True)
    return same


@contextmanager
def engine(folder: Path) -> Iterator[tuple[str, Engine]]:
    """What there is to run programs, by name."""
    if BROWSER is None:
        yield "node", node
        return
    with chromium(folder) as page:
        yield page.tell("Browser.getVersion")["product"], browser(page)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
