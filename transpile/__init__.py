"""Compile IREE VM bytecode modules (`.vmfb`), ONNX models and MLIR to C and call them from numpy.

    import transpile

    program = transpile.load("model.onnx")
    program.main(image)

`load` needs a C compiler the first time; afterwards the compiled library comes from a cache.  `build` writes a Python
package that needs neither this package nor IREE, `emit` gives the C, `verify` and `disassemble` show what is in a
module, `explain` what is done with its loops.  Models (`.onnx`, `.mlir`) are compiled to modules first, which takes the
extra `compiler`; `compile` does that alone.  Importing this package is quick: everything else is imported when it is
first used.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from transpile.errors import (
    BuildError,
    ContainerError,
    Diagnostic,
    Status,
    TranspileError,
    UnsupportedError,
    UsageError,
    VerifyError,
)

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from transpile.emit import EmitOptions, Output
    from transpile.explanation import Explanation
    from transpile.front import Flow, ModelOptions
    from transpile.loader import Engine, Source
    from transpile.native.cache import Cache
    from transpile.native.toolchain import Compiler, Optimize
    from transpile.program import Argument, Program, Storage, VmBuffer, VmError, VmList
    from transpile.program.parameters import Archives
    from transpile.verify import Report

__version__ = "0.1.0"

__all__ = [
    "Argument",
    "BuildError",
    "ContainerError",
    "Diagnostic",
    "Program",
    "Status",
    "Storage",
    "TranspileError",
    "UnsupportedError",
    "UsageError",
    "VerifyError",
    "VmBuffer",
    "VmError",
    "VmList",
    "__version__",
    "build",
    "compile",
    "disassemble",
    "emit",
    "explain",
    "load",
    "verify",
]

_FROM_PROGRAM = ("Argument", "Program", "Storage", "VmBuffer", "VmError", "VmList")


def load(
    source: Source,
    *,
    optimize: Optimize = "speed",
    target_cpu: str = "native",
    relaxed: bool = False,
    imports: Mapping[str, Callable[..., Any]] | None = None,
    parameters: Archives | None = None,
    threads: int | None = None,
    devices: int = 1,
    engine: Engine = "c",
    verify: bool = True,
    jobs: int | None = None,
    compiler: Compiler | None = None,
    cache: Cache | None = None,
    dims: Mapping[str, int] | None = None,
    shapes: Mapping[str, Sequence[int]] | None = None,
    flow: Flow = "auto",
) -> Program:
    """Compile a module and return an instance of it whose exports are attributes.

    `source` is a path, the bytes of a file, or a module that has been read; an ONNX or MLIR model is compiled to a
    module first, with `dims`, `shapes` and `flow` as for `compile`.  `optimize` is "speed", "size" or "none";
    `target_cpu` is "native", "baseline", "dispatch" (baseline, plus loop nests for wider vectors, chosen at run time)
    or a name that the C compiler accepts.  `relaxed` lets the C compiler fuse and reorder arithmetic: results are then
    close to IREE's instead of equal.  `imports` maps "module.function" to Python functions, for imports
    that the runtime does not have.  `parameters` maps scopes to files of parameters (`.irpa`; `.safetensors` and
    `.gguf` with the extra `parameters`).  `threads` is how many threads the program may use (default: all, or
    OMP_NUM_THREADS).  `devices` is how many devices a program finds that was compiled for several; all of them are this
    CPU.  `engine="interpreter"` interprets the bytecode instead of compiling C made from it, with the same results and
    errors.  `verify=False` skips all checks of the module: malformed bytecode then has undefined behaviour.
    """
    from transpile import loader
    from transpile.native.build import Options

    options = Options(
        optimize=optimize, target_cpu=target_cpu, relaxed=relaxed, jobs=jobs, compiler=compiler, cache=cache
    )
    return loader.load(
        source, options, imports,
        parameters=parameters, threads=threads, devices=devices, engine=engine, verified=verify,
        model=_model(dims, shapes, flow),
    )  # fmt: skip


def compile(
    source: str | os.PathLike[str] | bytes,
    target: str | os.PathLike[str] | None = None,
    *,
    dims: Mapping[str, int] | None = None,
    shapes: Mapping[str, Sequence[int]] | None = None,
    flow: Flow = "auto",
    opset: int | None = None,
    flags: Sequence[str] = (),
    cache: Cache | None = None,
) -> Path:
    """Compile a model (`.onnx`, `.mlir`, StableHLO or TOSA, as text or bytecode) to a module, and return its path.

    It is written to `target`, or stays in the cache.  `dims` gives sizes to named dimensions of an ONNX model, `shapes`
    whole shapes to its inputs.  `flow` is "vmvx", "inline-static", "inline-dynamic" or "vm"; `opset` the ONNX operator
    set to bring the model to; `flags` are added to those of `iree-compile`.  Raise `BuildError` where the extra
    `compiler` is not installed, `UnsupportedError` with the operator and the node that IREE cannot compile.
    """
    from transpile.front import compile_model, write_module

    made = compile_model(source, _model(dims, shapes, flow, opset, flags), cache=cache)
    return made.module if target is None else write_module(made.module, target)


def _model(
    dims: Mapping[str, int] | None,
    shapes: Mapping[str, Sequence[int]] | None,
    flow: Flow,
    opset: int | None = None,
    flags: Sequence[str] = (),
) -> ModelOptions:
    from transpile.front import ModelOptions

    sizes = {name: tuple(shape) for name, shape in (shapes or {}).items()}
    return ModelOptions(dims or {}, sizes, flow, opset, tuple(flags))


def verify(source: Source) -> Report:
    """Check a module against every rule of the verifier; the report holds all findings."""
    from transpile import loader
    from transpile.verify import verify as check

    return check(loader.read(source, verified=False))


def disassemble(source: Source) -> str:
    """Return the module as text, with one line for each instruction."""
    from transpile import loader
    from transpile.isa.disasm import module_lines

    return "\n".join(module_lines(loader.read(source, verified=False))) + "\n"


def explain(source: Source, *, function: str | None = None, processor: str | None = None) -> Explanation:
    """Say what `optimize="speed"` does with each loop of a module, and why: a text if printed, tables in a notebook.

    `function` limits it to functions of one name.  `processor` is what loops are planned for, a name that
    `transpile explain --processor` takes; without it, the one that the C compiler makes code for on this machine.
    """
    from transpile import loader
    from transpile.explain import explain as explained
    from transpile.explanation import Explanation
    from transpile.native.toolchain import find_compiler, nest_target
    from transpile.nests.plan.target import row_of

    target = row_of(processor) if processor else nest_target(find_compiler(), "native")
    return Explanation(tuple(explained(loader.read(source), target, function)))


def emit(source: Source, options: EmitOptions | None = None, *, verify: bool = True) -> Output:
    """Return the C for a module: files by name, and which of them to compile."""
    from transpile import loader
    from transpile.emit import emit as generate

    return generate(loader.read(source, verified=verify), options)


def build(
    source: Source,
    folder: str | os.PathLike[str],
    *,
    name: str | None = None,
    optimize: Optimize = "speed",
    target_cpu: str = "baseline",
    relaxed: bool = False,
    wheel: str | None = None,
    verify: bool = True,
    jobs: int | None = None,
    dims: Mapping[str, int] | None = None,
    shapes: Mapping[str, Sequence[int]] | None = None,
    flow: Flow = "auto",
) -> Path:
    """Write an importable Python package for a module into `folder` and return its path.

    If `wheel` is a version, write a wheel of that version instead, which pip can install.  `dims`, `shapes` and `flow`
    are for models, as for `compile`.
    """
    from transpile.native.build import Options
    from transpile.ship.package import build_package
    from transpile.ship.wheel import build_wheel

    options = Options(optimize=optimize, target_cpu=target_cpu, relaxed=relaxed, jobs=jobs)
    model = _model(dims, shapes, flow)
    if wheel is not None:
        return build_wheel(source, folder, options, name=name, version=wheel, verified=verify, model=model)
    return build_package(source, folder, options, name=name, verified=verify, model=model)


def __getattr__(name: str) -> Any:
    if name in _FROM_PROGRAM:
        from transpile import program

        return getattr(program, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class _Package(ModuleType):
    """Keeps `verify`, `emit` and `explain` the functions above: importing the modules of these names would rebind them.

    The modules are reached as always by `from transpile.verify import ...`.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if name not in ("emit", "explain", "verify") or not isinstance(value, ModuleType):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
