"""The modules in `data/`, loaded once, and IREE's own tool as a witness."""

from __future__ import annotations

import functools
import importlib.util
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import transpile
from transpile import container
from transpile.program import Program

DATA = Path(__file__).parent / "data"


@functools.lru_cache(maxsize=32)
def loaded(name: str, threads: int | None = None) -> Program:
    return transpile.load(DATA / f"{name}.vmfb", optimize="none", threads=threads, jobs=1)


class Outcome(NamedTuple):
    """What came of a call: the status that failed it ("" if none), its message, the results' bytes."""

    status: str
    message: str
    results: tuple[bytes, ...]


def ours(program: Program, function: str, arguments: Sequence[Any]) -> Outcome:
    try:
        results = program[function].call_raw(list(arguments))
    except transpile.VmError as problem:
        return Outcome(problem.status_name, problem.message, ())
    return Outcome("", "", tuple(_bytes(result) for result in results))


def _bytes(result: Any) -> bytes:
    data: bytes = result.data.tobytes() if hasattr(result, "data") else np.int32(result).tobytes()
    return data


def witness(name: str, function: str, arguments: Sequence[Any], folder: Path, *flags: str) -> Outcome:
    """The same from iree-run-module on one thread."""
    if importlib.util.find_spec("iree.runtime") is None:
        pytest.skip("iree.runtime is not installed")
    return iree(DATA / f"{name}.vmfb", function, arguments, folder, *flags)


def compare_with_iree(
    program: Program, path: Path, function: str, arguments: Sequence[Any], folder: Path, *flags: str
) -> tuple[Outcome, Outcome]:
    """Our outcome of a call, and IREE's."""
    return ours(program, function, arguments), iree(path, function, arguments, folder, *flags)


def iree(path: Path, function: str, arguments: Sequence[Any], folder: Path, *flags: str) -> Outcome:
    tool = Path(sys.executable).with_name("iree-run-module")
    command = [str(tool), f"--module={path}", f"--function={function}", "--device=local-sync", *flags]
    for index, value in enumerate(arguments):
        if isinstance(value, np.ndarray):
            np.save(folder / f"in{index}.npy", value)
            command.append(f"--input=@{folder / f'in{index}.npy'}")
        else:
            command.append(f"--input={value}")
    outputs = [folder / f"out{index}.bin" for index in range(3)]
    for output in outputs:
        output.unlink(missing_ok=True)
    count = len(_result_kinds(path, function))
    done = subprocess.run(
        [*command, *(f"--output=@{path}" for path in outputs[:count])], capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return Outcome("", "", tuple(path.read_bytes() for path in outputs[:count]))
    found = re.search(r"(?:: |^)([A-Z_]{4,}); ([^\n]*?)(?:; while|; \n|;? \[|$)", done.stderr, re.MULTILINE)
    assert found, done.stderr
    return Outcome(found[1], found[2], ())


def _result_kinds(path: Path, function: str) -> str:
    module = container.load(path)
    export = module.export_named(function)
    signature = module.signatures[export.ordinal] if export else None
    return signature.calling_convention.partition("_")[2].replace("v", "") if signature else ""
