"""IREE's compiler and the importer of ONNX models, as processes, and what they make in the cache.

    model --import--> model.mlir --iree-compile--> model.vmfb

Both are entries of the cache by everything that goes in: the model's bytes and those of the files it refers to, what
was said about it, and the versions of the tools.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transpile.errors import BuildError, Diagnostic, Status, UnsupportedError, UsageError
from transpile.faults import reported
from transpile.front.complaints import complaint
from transpile.front.kinds import ONNX, Kind
from transpile.front.model import Flow, ModelOptions
from transpile.front.protobuf import external_files
from transpile.native.cache import Cache, digest

EXTRA = "pip install 'transpile-vmfb[compiler]'"
_REVISION = "2"
"""Of what this file makes of the same input: a higher one makes everything again."""
_COMMON = ("--iree-input-demote-f64-to-f32=false",)
"""Without it doubles become floats, and programs of doubles other programs."""
_SYNC = ("--iree-torch-emit-async-entry-points=false",)
"""One function each instead of two, and all that inline flows can have."""
FLAGS: dict[Flow, tuple[str, ...]] = {
    "vmvx": ("--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=vmvx", *_SYNC),
    "inline-static": (
        "--iree-hal-target-backends=vmvx-inline",
        "--iree-execution-model=inline-static",
        "--iree-flow-inline-constants-max-byte-length=1000000000",
        "--iree-opt-const-expr-hoisting=false",
        *_SYNC,
    ),
    "inline-dynamic": (
        "--iree-hal-target-backends=vmvx",
        "--iree-execution-model=inline-dynamic",
        "--iree-flow-inline-constants-max-byte-length=1000000000",
        "--iree-opt-const-expr-hoisting=false",
        *_SYNC,
    ),
    "vm": ("--compile-mode=vm",),
}
_Progress = Callable[[str], None]


@dataclass(frozen=True)
class Made:
    """A compiled model: the module, and the MLIR that it was compiled from."""

    module: Path
    mlir: Path
    outline: Path
    """The MLIR as text, without the weights where it was imported."""


@dataclass(frozen=True)
class Job:
    """One model to compile: the file it is in, and what it is called."""

    path: Path
    kind: Kind
    name: str
    options: ModelOptions
    progress: _Progress

    def key(self, stage: str) -> str:
        """Of the cache's entry that a stage makes."""
        contents = self.path.read_bytes()
        parts: list[str | bytes] = ["model", _REVISION, stage, self.name, self.path.name, *self.options.key(), contents]
        if self.kind is ONNX:
            beside = [self.path.parent / name for name in external_files(contents)]
            parts += [path.read_bytes() for path in beside if path.is_file()]
        return digest([*parts, *(version(tool) or "" for tool in _needed(self.kind))])


def compiled(job: Job, cache: Cache) -> Made:
    """The module of a model, from the cache or made; raise `UnsupportedError` with IREE's reasons if it cannot be."""
    check_tools(job.kind)
    if job.kind is not ONNX and (job.options.dims or job.options.shapes or job.options.opset):
        message = "--dim, --shape and --opset are for ONNX models"
        raise UsageError(Diagnostic(Status.INVALID_ARGUMENT, message, str(job.path), "write the sizes into the MLIR"))
    mlir, facts = job.path, dict[str, Any]()
    if job.kind is ONNX:
        mlir = cache.fetch(job.key("import"), "model.mlir", lambda folder: _import(job, folder))
        facts = json.loads(mlir.with_name("facts.json").read_text(encoding="utf-8"))
    module = cache.fetch(job.key("compile"), "model.vmfb", lambda folder: _compile(job, mlir, facts, folder))
    return Made(module, mlir, mlir.with_name("outline.mlir") if job.kind is ONNX else mlir)


def check_tools(kind: Kind) -> None:
    """Raise `BuildError` where what makes a module of this kind is not installed."""
    missing = [name for name in _needed(kind) if version(name) is None]
    if missing:
        message = f"compiling {kind.what} needs IREE's compiler, and {' and '.join(missing)} is not installed"
        raise BuildError(Diagnostic(Status.UNAVAILABLE, message, hint=EXTRA))


def version(package: str) -> str | None:
    """The installed version of a package; None where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _needed(kind: Kind) -> tuple[str, ...]:
    return ("iree-base-compiler", "onnx") if kind is ONNX else ("iree-base-compiler",)


def flow_of(job: Job) -> Flow:
    """The flow that was asked for, else the one that suits the model."""
    if job.options.flow != "auto":
        return job.options.flow
    return "vm" if job.kind is not ONNX and b"vm.module" in job.path.read_bytes() else "vmvx"


def _import(job: Job, folder: Path) -> None:
    """Run the worker and pass on what it says."""
    said: dict[str, Any] = {}
    task = {
        "source": str(job.path.absolute()), "target": str(folder / "model.mlir"), "name": job.name,
        "dims": dict(job.options.dims), "shapes": {name: list(sizes) for name, sizes in job.options.shapes.items()},
        "opset": job.options.opset,
    }  # fmt: skip
    command = [sys.executable, "-m", "transpile.front.worker"]
    with reported("the model cannot be imported"), tempfile.TemporaryFile("w+") as errors:
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=_environment()
        ) as process:
            assert process.stdin and process.stdout
            process.stdin.write(json.dumps(task))
            process.stdin.close()
            for line in process.stdout:
                said = _heard(line, said)
                if "step" in said:
                    job.progress(f"{job.path.name}: {said['step']}")
        if process.returncode or not (folder / "model.mlir").is_file():
            errors.seek(0)
            raise _not_imported(job, said, errors.read(), process.returncode)
    (folder / "facts.json").write_text(json.dumps(said), encoding="utf-8")


def _heard(line: str, before: dict[str, Any]) -> dict[str, Any]:
    """What a line of the worker says; libraries may print lines too."""
    try:
        said = json.loads(line)
    except ValueError:
        return before
    return said if isinstance(said, dict) else before


def _environment() -> dict[str, str]:
    """In which the worker finds this package as this process does."""
    places = [str(Path(__file__).parents[2]), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(place for place in places if place)}


def _not_imported(job: Job, said: dict[str, Any], errors: str, code: int) -> Exception:
    if "problem" in said:
        found = Diagnostic(Status.INVALID_ARGUMENT, said["problem"], str(job.path), said["hint"])
        return UsageError(found) if said["usage"] else UnsupportedError(found)
    last = next((line for line in reversed(errors.splitlines()) if line.strip()), f"exit code {code}")
    message = f"the importer of ONNX models failed: {last.strip()[:300]}"
    hint = "try another --opset, or fix open sizes with --dim and --shape"
    return UnsupportedError(Diagnostic(Status.UNIMPLEMENTED, message, str(job.path), hint))


def _compile(job: Job, mlir: Path, facts: dict[str, Any], folder: Path) -> None:
    """Run iree-compile; in the folder of the source, so that places in the module name no folder of this machine."""
    flags = (*FLAGS[flow_of(job)], *_COMMON, *job.options.flags)
    job.progress(f"{job.path.name}: compiling with IREE {version('iree-base-compiler')} ({flow_of(job)})")
    with reported("IREE's compiler cannot be run"):
        done = iree_compile(flags, mlir.name, folder / "model.vmfb", mlir.absolute().parent)
    if done.returncode or not (folder / "model.vmfb").is_file():
        nodes, dynamic = facts.get("nodes"), facts.get("dynamic", False)
        raise complaint(str(job.path), done.stderr, done.returncode, nodes=nodes, dynamic=dynamic)


def iree_compile(flags: Sequence[str], source: str, target: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the compiler of the installed wheel."""
    command = [str(_tool()), *flags, source, "-o", str(target)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)


def _tool() -> Path:
    """The program itself: the command that pip installs is a Python process around it."""
    spec = importlib.util.find_spec("iree.compiler")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        found = Path(place, "_mlir_libs", "iree-compile" + (".exe" if sys.platform == "win32" else ""))
        if found.is_file():
            return found
    raise BuildError(Diagnostic(Status.UNAVAILABLE, "iree-base-compiler has no iree-compile in it", hint=EXTRA))
