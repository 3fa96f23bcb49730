"""Programs of the full HAL beside `iree-run-module`, in one table: `python -m tests.hal.show --dir DIR`.

Large networks are those that `tests/models/build.py --flow vmvx` has put into DIR; the transformer encoder is built
there when it is missing.  Their right outputs are known by hashes, recorded from `iree-run-module` 3.13.0, which
`--oracle` runs instead (minutes each).  For the small programs it always runs.  Modules of older releases are held
against the answers of their own runtimes, which `tests/modules/manifest.json` has.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import transpile
from tests.corpus import answers
from tests.corpus.programs import ENTRIES, Entry
from tests.hal.support import DATA, Outcome, compare_with_iree
from tests.models import check
from transpile.native.toolchain import LEVELS, Optimize

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "examples" / "digits"
MODULES = ROOT / "tests" / "modules" / "v17"
NETWORKS = ("light_squeezenet", "light_shufflenet", "light_inception_v2", "light_densenet121", "light_resnet50")
ENCODER = "encoder"
ENCODER_HASH = "ad5962376dd43a0f"


@dataclass(frozen=True)
class Row:
    """One program: what it shows, whether it is right, and what it took."""

    program: str
    shows: str
    verdict: str
    ours: float | None = None
    iree: float | None = None

    def __str__(self) -> str:
        times = "".join(f"{'' if t is None else f'{t:.2f} s':>11}" for t in (self.ours, self.iree))
        return f"{self.program:34}{self.shows:44}{times}  {self.verdict}"

    @property
    def right(self) -> bool:
        return self.verdict.startswith("equal")


@dataclass(frozen=True)
class Small:
    """A call of a module in the repository."""

    path: Path
    function: str
    arguments: tuple[Any, ...]
    shows: str
    parameters: dict[str, Any] | None = None

    def row(self, level: Optimize, folder: Path) -> Row:
        settings: dict[str, Any] = {}
        flags: list[str] = []
        if self.parameters:
            from iree import runtime

            archive = folder / "values.irpa"
            runtime.save_archive_file(self.parameters, str(archive))
            settings, flags = {"parameters": {"model": archive}}, [f"--parameters=model={archive}"]
        program = transpile.load(self.path, optimize=level, **settings)
        found, expected = compare_with_iree(program, self.path, self.function, self.arguments, folder, *flags)
        return Row(f"{self.path.stem} @{self.function}", self.shows, small_verdict(found, expected))


def small_verdict(found: Outcome, expected: Outcome) -> str:
    if found == expected and not found.status:
        return f"equal bits, {len(found.results)} results"
    return f"DIFFERS: {found} instead of {expected}"


def random(dtype: str, *shape: int) -> Any:
    drawn = np.random.default_rng(7)
    if dtype[0] == "f":
        return drawn.standard_normal(shape).astype(dtype)
    return drawn.integers(-100, 100, shape).astype(dtype)


WEIGHTS = {"w": random("f4", 4, 4), "b": random("f4", 4), "s": random("f4", 4)}
SMALL = (
    Small(DATA / "tensors.vmfb", "mm", (random("f4", 33, 17), random("f4", 17, 29)), "dynamic shapes"),
    Small(DATA / "tensors.vmfb", "both", (random("i4", 8),), "several results"),
    Small(DATA / "tensors.vmfb", "accumulate", (random("f4", 4),), "mutable globals"),
    Small(DATA / "tensors.vmfb", "grow", (abs(random("f4", 4)), 1e6), "scf.while over tensors"),
    Small(DATA / "quantised.vmfb", "layer", (random("i1", 5, 24),), "int8, quantised"),
    Small(DATA / "tensors.vmfb", "square_f64", (random("f8", 9),), "f64"),
    Small(DATA / "parameters.vmfb", "step", (random("f4", 4),), "a parameter archive, loaded", WEIGHTS),
    Small(DATA / "parameters_discrete.vmfb", "step", (random("f4", 4),), "a parameter archive, gathered", WEIGHTS),
    Small(MODULES / "mlp_dynamic.vmfb", "forward", (random("f4", 2, 4),), "inline-dynamic"),
    Small(DATA / "halve_variants.vmfb", "halve", (random("f4", 4),), "llvm-cpu and VMVX variants"),
)


def small_rows(level: Optimize) -> Iterator[Row]:
    for program in SMALL:
        with tempfile.TemporaryDirectory(prefix="transpile-") as folder:
            yield program.row(level, Path(folder))


def network_rows(folder: Path, names: tuple[str, ...], level: Optimize, oracle: bool) -> Iterator[Row]:
    for name in names:
        path = folder / f"{name}_vmvx.vmfb"
        if not path.exists():
            yield Row(f"{name}_vmvx", "", f"missing: tests/models/build.py {name} --flow vmvx --out {folder}")
            continue
        (found,) = check.check(path, [0], level, oracle)
        yield Row(path.stem, "random weights, 1x3x224x224", found.verdict, found.call, found.oracle)


def encoder_row(folder: Path, level: Optimize, oracle: bool) -> Row:
    path = folder / f"{ENCODER}_vmvx.vmfb"
    if not path.exists():
        build_encoder(folder, path)
    program = transpile.load(path, optimize=level)
    x = np.random.default_rng(0).standard_normal((1, 128, 256)).astype(np.float32)
    function = check.entry_point(program)
    started = time.perf_counter()
    result = program[function](x)
    took = time.perf_counter() - started
    started = time.perf_counter()
    expected = check.run_oracle(path, function, x) if oracle else None
    verdict = check.judge(result, expected, ENCODER_HASH)
    shows = "transformer: 4 layers, 256 wide, 128 tokens"
    return Row(path.stem, shows, verdict, took, time.perf_counter() - started if oracle else None)


def build_encoder(folder: Path, path: Path) -> None:
    import onnx

    from compare.networks import OPSET, encoder

    tools = Path(sys.executable).parent
    onnx.save(encoder(), str(folder / f"{ENCODER}.onnx"))
    imported = [f"{ENCODER}.onnx", "--opset-version", str(OPSET), "-o", f"{ENCODER}.mlir"]
    subprocess.run([tools / "iree-import-onnx", *imported], cwd=folder, check=True)
    flags = ["--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=vmvx"]
    subprocess.run([tools / "iree-compile", *flags, f"{ENCODER}.mlir", "-o", path.name], cwd=folder, check=True)


def digits_row(level: Optimize) -> Row:
    """Every image of the test set, in IREE's runtime and here."""
    from iree import runtime

    path = DIGITS / "digits_vmvx.vmfb"
    images = np.load(DIGITS / "test_images.npy").reshape(-1, 1, 64).astype(np.float32) / 16
    labels = np.load(DIGITS / "test_labels.npy")
    program = transpile.load(path, optimize=level)
    ours, took = timed(lambda: [program.classify(image) for image in images])
    module = runtime.load_vm_flatbuffer_file(str(path), driver="local-sync")
    theirs, iree = timed(lambda: [module.classify(image).to_host() for image in images])
    same = sum(a.argmax() == b.argmax() for a, b in zip(ours, theirs, strict=True))
    equal = sum(a.tobytes() == b.tobytes() for a, b in zip(ours, theirs, strict=True))
    accuracy = np.mean([scores.argmax() == label for scores, label in zip(ours, labels, strict=True)])
    verdict = f"equal classes of {same} and equal bits of {equal} of {len(images)}; {accuracy:.1%} right"
    if same < len(images) or equal < len(images):
        verdict = f"DIFFERS: {verdict}"
    return Row(path.stem, "trained digits network, all test images", verdict, took, iree)


def timed(work: Callable[[], list[Any]]) -> tuple[list[Any], float]:
    started = time.perf_counter()
    return work(), time.perf_counter() - started


def release_rows(level: Optimize) -> Iterator[Row]:
    """The test modules by the release that compiled them."""
    calls: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    files: dict[str, list[Entry]] = {}
    for entry in ENTRIES:
        files.setdefault(entry.compiler, []).append(entry)
    for compiler, entries in sorted(files.items(), key=lambda item: (len(item[0]) < 10, item[0].zfill(8))):
        for entry in entries:
            ulps = answers.allowed_ulps(entry.libm)
            program = transpile.load(entry.path, optimize=level) if entry.sessions else None
            for session in entry.sessions:
                instance = program.new_instance() if program else None
                calls[compiler] += len(session)
                wrong[compiler] += sum(bool(instance and answers.differences(instance, c, ulps)) for c in session)
        flavours = Counter(entry.flavour for entry in entries)
        shows = f"{len(entries)} modules, {flavours['vmvx']} local VMVX"
        total = calls[compiler]
        verdict = f"DIFFERS: {wrong[compiler]} of {total} calls" if wrong[compiler] else f"equal bits, {total} calls"
        yield Row(f"compiler {compiler}", shows, verdict)


def rows(options: argparse.Namespace) -> Iterator[Row]:
    yield from small_rows(options.optimize)
    yield digits_row(options.optimize)
    if options.dir:
        yield encoder_row(options.dir, options.optimize, options.oracle)
        yield from network_rows(options.dir, tuple(options.networks), options.optimize, options.oracle)
    if options.releases:
        yield from release_rows(options.optimize)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, help="what tests/models/build.py filled; without it, no large network")
    parser.add_argument("--networks", nargs="*", default=NETWORKS, metavar="NAME")
    parser.add_argument("--optimize", default="speed", choices=LEVELS)
    parser.add_argument("--oracle", action="store_true", help="run iree-run-module on the large networks too")
    parser.add_argument("--releases", action="store_true", help="also every test module of every release")
    print(f"{'program':34}{'shows':44}{'C':>11}{'IREE':>11}  output")
    wrong = 0
    for row in rows(parser.parse_args()):
        print(row, flush=True)
        wrong += not row.right
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
