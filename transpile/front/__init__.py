"""Models that are not bytecode yet: what a file is, and how `.onnx` and MLIR become a module, once.

    source --kinds--> a module: read as it is
                      a model:  --compiler--> a module in the cache
                      anything else: refused in one sentence, with one thing to do

Needs the extra `compiler` (iree-base-compiler, onnx) for models and nothing for modules.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from transpile.errors import ContainerError, Diagnostic, Status, UsageError
from transpile.faults import reported
from transpile.front.kinds import UNKNOWN, VMFB, Kind, recognise
from transpile.front.model import FLOWS, Flow, ModelOptions, model_options
from transpile.native.cache import Cache

if TYPE_CHECKING:
    from transpile.container import Module
    from transpile.front.compiler import Made

__all__ = [
    "FLOWS",
    "Flow",
    "Kind",
    "ModelOptions",
    "compile_model",
    "is_model",
    "model_options",
    "module_file",
    "module_shapes",
    "open_module",
    "recognise",
    "write_module",
]

Given = str | os.PathLike[str] | bytes | bytearray | memoryview
GIVEN = (str, os.PathLike, bytes, bytearray, memoryview)
"""What `Given` is to `isinstance`: anything else is a module that has been read."""
_Progress = Callable[[str], None]


def _silent(text: str) -> None:
    """Tells nobody."""


def open_module(
    source: Given | Module,
    options: ModelOptions | None = None,
    progress: _Progress = _silent,
    cache: Cache | None = None,
) -> Module:
    """The module in a file or in memory; that of a model is made first.  It is called what the source is called."""
    if not isinstance(source, GIVEN):
        return source
    from transpile import container

    name = os.fspath(source) if isinstance(source, (str, os.PathLike)) else None
    return container.load(module_file(source, options, progress, cache), name=name)


def module_file(
    source: Given, options: ModelOptions | None = None, progress: _Progress = _silent, cache: Cache | None = None
) -> Given:
    """The source itself if it is a module or nothing that is known, else the file with the module of the model."""
    kind = recognise(source)
    if kind.is_model:
        return compile_model(source, options, progress, cache).module
    if kind not in (VMFB, UNKNOWN):
        raise refusal(source, kind)
    if options is not None and options.given:
        message = "this is a compiled module already: sizes and flow can only be set for models"
        raise UsageError(Diagnostic(Status.INVALID_ARGUMENT, message, _shown(source), "give the .onnx or .mlir file"))
    return source


def is_model(source: Given) -> bool:
    """Whether a source is a model that IREE's compiler takes."""
    return recognise(source).is_model


def module_shapes(source: Given, options: ModelOptions) -> tuple[Mapping[str, tuple[int, ...]], ModelOptions]:
    """The shapes that options give a compiled module's inputs, and the other options; of a model, all are its own."""
    return ({}, options) if is_model(source) else (options.shapes, replace(options, shapes={}))


def compile_model(
    source: Given, options: ModelOptions | None = None, progress: _Progress = _silent, cache: Cache | None = None
) -> Made:
    """The module of a model and the MLIR it was made from, both in the cache.

    Raise `BuildError` where the extra `compiler` is not installed, `UnsupportedError` where IREE cannot compile the
    model, `UsageError` for sizes that do not fit it.
    """
    from transpile.front.compiler import Job, compiled

    kind = recognise(source)
    if not kind.is_model:
        raise refusal(source, kind)
    options, cache = options or ModelOptions(), cache or Cache()
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        return compiled(Job(path, kind, _module_name(path.stem), options, progress), cache)
    with tempfile.TemporaryDirectory(prefix="transpile-") as folder:
        path = Path(folder, "model")
        path.write_bytes(source)
        return compiled(Job(path, kind, "module", options, progress), cache)


def write_module(module: Path, target: str | os.PathLike[str]) -> Path:
    """A copy of a module in the cache under a name of the user's, complete or not at all."""
    path = Path(target)
    with reported(f"{path} cannot be written", "choose a place that you can write to"):
        handle, made = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.absolute().parent)
        os.close(handle)
        try:
            shutil.copyfile(module, made)
            os.chmod(made, 0o666 & ~_umask())
            os.replace(made, path)
        except BaseException:
            os.unlink(made)
            raise
    return path


def _umask() -> int:
    """It can only be asked for by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def refusal(source: Given, kind: Kind) -> ContainerError:
    """Why a file of this kind is no module, and what helps."""
    hint = kind.hint or "models are .onnx and MLIR, modules .vmfb"
    message = f"this is {kind.what}" if kind is not UNKNOWN else "this is neither a module nor a model"
    return ContainerError(Diagnostic(Status.INVALID_ARGUMENT, message, _shown(source), hint))


def _module_name(stem: str) -> str:
    """What the module is called: names of packages and of symbols in C follow it."""
    name = re.sub(r"\W+", "_", stem, flags=re.ASCII).strip("_")
    return f"_{name}" if name[:1].isdigit() else name or "module"


def _shown(source: Given) -> str:
    return os.fspath(source) if isinstance(source, (str, os.PathLike)) else "<memory>"
