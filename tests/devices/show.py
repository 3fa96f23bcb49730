"""What static programs take of devices, in emulation: python -m tests.devices.show [MODEL…] [--target NAME…]

Each network of tests/devices/networks.py, digits and a program with a state (or the modules and ONNX files that are
named) is compiled as it stands (size: -Os) and planned for the target (speed: -O2), called once, and its bits are
compared with those of the interpreter. On boards, flash and RAM are those of the whole project with its start-up, and
instructions are counted by qemu; on systems that are hosted, flash is the model's code and constants, RAM its arena.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import transpile
from tests.devices import projects
from tests.devices.hosted import HOSTS, Host
from tests.devices.networks import NETWORKS
from transpile.emit.files import Optimize
from transpile.errors import TranspileError
from transpile.front import is_model
from transpile.ship.boards import BOARDS, Board

ROOT = Path(__file__).parents[2]
MODULES = {
    "digits": ROOT / "examples/digits/digits_vmvx.vmfb",
    "stateful": ROOT / "tests/modules/v17/tensor_globals.vmfb",
}
LEVELS: tuple[Optimize, ...] = ("size", "speed")
TARGETS: dict[str, Board | Host] = {**{board.cpu: board for board in BOARDS}, **{host.name: host for host in HOSTS}}
HEAD = f"{'model':<26} {'target':<14} {'level':<6} {'bits':<6} {'flash':>9} {'RAM':>8} {'stack':>6} {'1000 instr.':>11}"


@dataclass(frozen=True)
class Asked:
    """A model with what its functions are given, one after another, and what comes of it."""

    name: str
    module: Path
    inputs: list[np.ndarray[Any, Any]]
    expected: list[bytes]


def asked(name: str, module: Path) -> Asked:
    """A module's functions on random inputs, by the interpreter."""
    program = transpile.load(module, engine="interpreter")
    model = Asked(name, module, [], [])
    for function in program.functions.values():
        inputs = [
            np.random.default_rng([3, n]).standard_normal(each.shape).astype(each.dtype)
            for n, each in enumerate(function.inputs)
        ]
        results = function(*inputs)
        results = () if results is None else results if isinstance(results, tuple) else (results,)
        model.inputs.extend(inputs)
        model.expected.extend(np.ascontiguousarray(result).tobytes() for result in results)
    return model


def row(model: Asked, target: Board | Host, level: Optimize) -> tuple[str, bool]:
    """A line without the model's name, and whether the bits are equal; raises what building or running raises."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if isinstance(target, Host):
            results, flash, ram = target.run(model.module, level, model.inputs, folder)
            counted = f"{flash:>9,} {ram:>8,} {'-':>6} {'-':>11}"
        else:
            found = projects.run(model.module, target, level, model.inputs, folder)
            results = found.results
            counted = f"{found.flash:>9,} {found.ram:>8,} {found.stack:>6,} {found.instructions // 1000:>11,}"
    same = bool(results) and results == model.expected[: len(results)]
    return f"{level:<6} {'equal' if same else 'DIFFER':<6} {counted}", same


def rows(model: Asked, names: list[str]) -> Iterator[tuple[str, bool]]:
    """All lines of a model."""
    for name in names:
        target = TARGETS[name]
        missing = target.missing if isinstance(target, Host) else projects.missing(target)
        for level in LEVELS:
            start = f"{model.name:<26} {name:<14} "
            if missing:
                yield f"{start}{level:<6} not run: {missing} not installed", True
                continue
            try:
                text, same = row(model, target, level)
            except TranspileError as problem:
                yield f"{start}{level:<6} not static: {str(problem).splitlines()[0]}", True
            except AssertionError as problem:
                yield f"{start}{level:<6} FAILS: {str(problem).strip().splitlines()[-1]}", False
            else:
                yield start + text, same


def models(given: list[str], folder: Path) -> Iterator[tuple[str, Path]]:
    """Names and modules, made where they have to be."""
    for name in given or [*NETWORKS, *MODULES]:
        path = MODULES.get(name) or (NETWORKS[name](folder) if name in NETWORKS else Path(name))
        yield path.stem if path == Path(name) else name, transpile.compile(path) if is_model(path) else path


def main(arguments: list[str]) -> int:
    """Prints a row for each model, target and level; 1 if any bit differs."""
    parser = argparse.ArgumentParser(description="What static programs take of devices, in emulation.")
    parser.add_argument(
        "models", nargs="*", metavar="MODEL", help=f"{', '.join([*NETWORKS, *MODULES])}, a .vmfb or a .onnx"
    )
    parser.add_argument("--target", action="append", choices=list(TARGETS), help="repeat; without it, all")
    options = parser.parse_args(arguments)
    wrong = 0
    print(HEAD, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, module in models(options.models, Path(folder)):
            for text, same in rows(asked(name, module), options.target or list(TARGETS)):
                print(text, flush=True)
                wrong += not same
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
