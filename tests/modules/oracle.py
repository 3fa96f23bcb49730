"""What a compiler's own runtime answers: the outcome of calls and of sessions."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from programs import Call
from values import Value, array_of, describe, number_of, scalar

Outcome = dict[str, Any]

HERE = Path(__file__).parent
STATUS = re.compile(
    r"\b(CANCELLED|UNKNOWN|INVALID_ARGUMENT|DEADLINE_EXCEEDED|NOT_FOUND|ALREADY_EXISTS|PERMISSION_DENIED|"
    r"RESOURCE_EXHAUSTED|FAILED_PRECONDITION|ABORTED|OUT_OF_RANGE|UNIMPLEMENTED|INTERNAL|UNAVAILABLE|DATA_LOSS|"
    r"UNAUTHENTICATED|DEFERRED|INCOMPATIBLE)\b"
)
PRINTED = re.compile(r"result\[\d+\]: (\w+)=(\S+)")


class OracleError(Exception):
    """The runtime crashed, hung, or said something that cannot be read."""


def failure(message: str) -> Outcome:
    match = STATUS.search(message)
    if not match:
        raise OracleError(f"no status in: {message[:300]}")
    return {"status": match[1]}


def sessions_in_process(bin_dir: Path, module: Path, sessions: list[list[Call]]) -> list[list[Outcome]]:
    """Each session on an instance of its own, in one process of the runtime's Python: exact bits."""
    listed = [[asdict(call) for call in session] for session in sessions]
    request = {"module": str(module), "sessions": listed}
    command = ["nice", str(bin_dir / "python"), str(HERE / "oracle_process.py")]
    done = subprocess.run(command, input=json.dumps(request), capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise OracleError(f"{module}: {done.returncode} {done.stderr[-500:]}")
    answers: list[list[Outcome]] = json.loads(done.stdout)
    return [[failure(a["error"]) if "error" in a else a for a in session] for session in answers]


def input_flag(value: Value, index: int, folder: Path) -> str:
    if "dtype" in value:
        np.save(folder / f"in{index}.npy", array_of(value))
        return f"--input=@{folder}/in{index}.npy"
    number = number_of(value)
    return f"--input={number!r}" if value["type"][0] == "f" else f"--input={int(number)}"


def run_module(bin_dir: Path, module: Path, call: Call, folder: Path, saved: list[Path]) -> str:
    """Runs `iree-run-module` and returns what it prints; a failure raises `CalledProcessError`."""
    command = ["nice", str(bin_dir / "iree-run-module"), "--device=local-sync", f"--module={module}"]
    command.append(f"--function={call.function}")
    command += [input_flag(value, index, folder) for index, value in enumerate(call.inputs)]
    command += [f"--output=@{path}" for path in saved]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout


def call_with_tensors(bin_dir: Path, module: Path, call: Call) -> Outcome:
    """One call whose results are arrays."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        saved = [folder / f"out{index}.npy" for index in range(len(call.result_types))]
        try:
            run_module(bin_dir, module, call, folder, saved)
        except subprocess.CalledProcessError as error:
            if error.returncode < 0:
                raise OracleError(f"{module}: signal {-error.returncode}") from error
            return failure(error.stderr)
        return {"results": [describe(np.load(path)) for path in saved]}


def agrees(printed: tuple[str, str], expected: Value) -> bool:
    """Whether six printed digits are those of the expected float."""
    return printed[1] == f"{number_of(expected):g}" or float(printed[1]) == float(f"{number_of(expected):g}")


def call_by_text(bin_dir: Path, module: Path, call: Call, reference: Outcome) -> Outcome | None:
    """One call of scalars, read from text: integers exactly, floats only if the reference prints the same."""
    with tempfile.TemporaryDirectory() as name:
        try:
            text = run_module(bin_dir, module, call, Path(name), [])
        except subprocess.CalledProcessError as error:
            return failure(error.stderr)
    printed = PRINTED.findall(text)
    results: list[Value] = []
    for index, (kind, number) in enumerate(printed):
        if kind[0] == "i":
            results.append(scalar(kind, int(number)))
        elif "results" in reference and agrees(printed[index], reference["results"][index]):
            results.append(reference["results"][index])
        else:
            return None
    return {"results": results} if len(results) == len(call.result_types) else None
