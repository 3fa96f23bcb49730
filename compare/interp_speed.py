"""Our interpreter against IREE's, on the same files: `python -m compare.interp_speed [squeezenet.vmfb input.npy]`.

Each round runs both, one after the other, on one thread, and counts CPU time of that thread alone, so that other work
on the machine counts as little as possible.  Printed are the medians and the median of the rounds' ratios.  What
tensors go through runs in `iree-benchmark-module`, which reports the CPU time of the call; scalars in `iree.runtime`.
Results are compared bit for bit first.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from compare.iree_tools import INLINE, tool
from compare.stats import estimate, paired
from transpile import container
from transpile.interp import open_interpreter
from transpile.program import Program
from transpile.verify import check

COLLATZ = Path(__file__).resolve().parent.parent / "examples" / "collatz" / "collatz.vmfb"
LONGEST_BELOW = 100_000
SIZE = 256
MATMUL = """
func.func @mm(%a: tensor<{n}x{n}xf32>, %b: tensor<{n}x{n}xf32>) -> tensor<{n}x{n}xf32> {{
  %zero = arith.constant 0.0 : f32
  %init = tensor.empty() : tensor<{n}x{n}xf32>
  %acc = linalg.fill ins(%zero : f32) outs(%init : tensor<{n}x{n}xf32>) -> tensor<{n}x{n}xf32>
  %r = linalg.matmul ins(%a, %b : tensor<{n}x{n}xf32>, tensor<{n}x{n}xf32>)
                     outs(%acc : tensor<{n}x{n}xf32>) -> tensor<{n}x{n}xf32>
  return %r : tensor<{n}x{n}xf32>
}}
"""

Timer = Callable[[], float]


@dataclass(frozen=True)
class Race:
    """One program in both interpreters: seconds of CPU time of one call."""

    name: str
    ours: Timer
    theirs: Timer
    rounds: int


def main(arguments: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="interp-speed-") as name:
        folder = Path(name)
        races = [_collatz(), _matmul(folder)]
        if arguments:
            races.append(_model(Path(arguments[0]), Path(arguments[1]), folder))
        print(f"{'program':<24}{'IREE ms':>12}{'ours ms':>12}{'ratio':>8}   interval")
        for race in races:
            _report(race)


def _report(race: Race) -> None:
    race.ours()
    pairs = [(race.theirs(), race.ours()) for _ in range(race.rounds)]
    theirs, ours = zip(*pairs, strict=True)
    ratio = paired(theirs, ours)
    medians = f"{1e3 * estimate(theirs).median:>12.2f}{1e3 * estimate(ours).median:>12.2f}"
    print(f"{race.name:<24}{medians}{ratio.median:>8.2f}   {ratio.low:.2f} to {ratio.high:.2f}, {race.rounds} rounds")


# ---- programs --------------------------------------------------------------------------------------------------------


def _collatz() -> Race:
    import iree.runtime as rt

    instance = rt.VmInstance()
    module = rt.VmModule.copy_buffer(instance, COLLATZ.read_bytes())
    context = rt.VmContext(instance, modules=[module])
    function = module.lookup_function("longest")

    def call_iree() -> tuple[int, ...]:
        arguments, results = rt.VmVariantList(1), rt.VmVariantList(2)
        arguments.push_int(LONGEST_BELOW)
        context.invoke(function, arguments, results)
        return tuple(results.get_variant(k) for k in range(2))

    program = _open(COLLATZ)
    _require(call_iree() == program["longest"](LONGEST_BELOW), "collatz")
    return Race("collatz", _timed(lambda: program["longest"](LONGEST_BELOW)), _timed(call_iree), 15)


def _matmul(folder: Path) -> Race:
    source, path = folder / "mm.mlir", folder / "mm.vmfb"
    source.write_text(MATMUL.format(n=SIZE))
    _run("iree-compile", *INLINE, str(source), "-o", str(path))
    rng = np.random.default_rng(0)
    inputs = [rng.standard_normal((SIZE, SIZE), dtype=np.float32) for _ in range(2)]
    return _tensors(f"matmul {SIZE} f32", path, inputs, folder, 11)


def _model(path: Path, data: Path, folder: Path) -> Race:
    return _tensors(path.stem, path, [np.load(data)], folder, 5)


def _tensors(name: str, path: Path, inputs: list[Any], folder: Path, rounds: int) -> Race:
    program = _open(path)
    function = next(f for key, f in program.exports.items() if not key.startswith("__"))
    flags = [f"--module={path}", f"--function={function.__name__}", "--device=local-sync"]
    for number, array in enumerate(inputs):
        np.save(folder / f"{path.stem}{number}.npy", array)
        flags.append(f"--input=@{folder / f'{path.stem}{number}.npy'}")
    output = folder / f"{path.stem}.npy"
    _run("iree-run-module", *flags, f"--output=@{output}")
    _require(np.load(output).tobytes() == np.asarray(function(*inputs)).tobytes(), name)
    return Race(name, _timed(lambda: function(*inputs)), lambda: _benchmark(flags), rounds)


def _benchmark(flags: list[str]) -> float:
    """CPU seconds of one call as `iree-benchmark-module` measures them."""
    text = _run("iree-benchmark-module", *flags, "--benchmark_format=json", "--benchmark_min_time=1x")
    found = json.loads(text[text.index("{") :])["benchmarks"][0]
    scale = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}[found["time_unit"]]
    return float(found["cpu_time"]) * scale


def _open(path: Path) -> Program:
    module = container.load(path)
    check(module)
    return open_interpreter(module)


def _timed(call: Callable[[], object]) -> Timer:
    def timer() -> float:
        start = time.thread_time()
        call()
        return time.thread_time() - start

    return timer


def _run(name: str, *arguments: str) -> str:
    found = tool(name)
    if found is None:
        raise SystemExit(f"{name} is not installed (iree-base-compiler and iree-base-runtime)")
    return subprocess.run([found, *arguments], check=True, capture_output=True, text=True).stdout


def _require(equal: bool, name: str) -> None:
    if not equal:
        raise SystemExit(f"{name}: the results differ")


if __name__ == "__main__":
    main(sys.argv[1:])
