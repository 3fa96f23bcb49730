"""From a file to a program that can be called: read (or make) the module, verify, generate C, compile, open."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from transpile.errors import Diagnostic, Status, UnsupportedError
from transpile.faults import reported
from transpile.front import GIVEN, is_model, module_file, open_module
from transpile.native.build import Options, compile_library, silent
from transpile.native.toolchain import DISPATCH, find_compiler, nest_target
from transpile.opening import open_known
from transpile.program import Program, cffi_types
from transpile.remembered import Opening, Place, place_of

Engine = Literal["c", "interpreter"]
"""What runs a module: the C that is generated from it, or the bytecode interpreter."""

if TYPE_CHECKING:
    from transpile.container import Export, Module, Signature
    from transpile.emit import Output
    from transpile.front import ModelOptions
    from transpile.native.cache import Cache
    from transpile.program.parameters import Archives

    Source: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | Module


def read(
    source: Source,
    *,
    verified: bool = True,
    model: ModelOptions | None = None,
    progress: Callable[[str], None] = silent,
    cache: Cache | None = None,
) -> Module:
    """Read a module, or make one of a model, and verify it unless told otherwise; what could not run is refused."""
    module = open_module(source, model, progress, cache)
    if verified:
        from transpile.emit.executables import check_executables
        from transpile.verify import check

        check(module)
        check_executables(module)
    return module


def load(
    source: Source,
    options: Options | None = None,
    imports: Mapping[str, Callable[..., Any]] | None = None,
    *,
    parameters: Archives | None = None,
    threads: int | None = None,
    devices: int = 1,
    engine: Engine = "c",
    verified: bool = True,
    model: ModelOptions | None = None,
) -> Program:
    """Compile a module (or find it compiled), or decode it for the interpreter, and return a fresh instance of it."""
    options = options or Options()
    made_by = _made_by(source, options, imports, parameters, threads, devices, engine, verified, model)
    if engine == "interpreter":
        from transpile.interp import open_interpreter

        module = read(source, verified=verified, model=model, progress=options.progress, cache=options.cache)
        exact = replace(options, relaxed=False)  # there is nothing to gain
        return open_interpreter(
            module, imports=imports, parameters=parameters, threads=threads, devices=devices, options=exact,
            made_by=made_by,
        )  # fmt: skip
    place = _place(source, options, model, imports or ())
    opening = place.find() if place else None
    if opening is None:
        module = read(source, verified=verified, model=model, progress=options.progress, cache=options.cache)
        opening = _opening(module, options, frozenset(imports or ()))
        if place and verified:
            place.keep(opening)
    library = open_known(opening.path, opening.types, opening.prefix)
    settings: dict[str, Any] = {"parameters": parameters or {}, "threads": threads}
    settings |= {"devices": devices, "made_by": made_by}
    return Program(library, opening.declared, imports or {}, **settings)


def _place(source: Source, options: Options, model: ModelOptions | None, supplied: Iterable[str]) -> Place | None:
    """Where it is known how to open a module; nowhere for one that has been read already."""
    if not isinstance(source, GIVEN):
        return None
    return place_of(module_file(source, model, options.progress, options.cache), options, supplied)


def _opening(module: Module, options: Options, supplied: frozenset[str]) -> Opening:
    """Compile a module that has been read."""
    from transpile.native.cdef import runtime_cdef
    from transpile.signatures import declarations

    check_bound(module, supplied)
    output, path = compile_module(module, options, supplied)
    return Opening(path, output.prefix, cffi_types(runtime_cdef(), output.prefix), declarations(module))


def _made_by(source: Source, options: Options, *given: Any) -> Callable[[], Program] | None:
    """The same call of `load` for another process; a file is opened there again, under its full path."""
    if not isinstance(source, GIVEN):
        return None
    sent = os.path.abspath(source) if isinstance(source, (str, os.PathLike)) else bytes(source)
    return partial(_again, sent, replace(options, progress=silent), *given)


def _again(source: str | bytes, *given: Any) -> Program:
    """What a pickled program becomes: read and checked by the first one of a process, and only opened by others."""
    if is_model(source):  # of files that nobody knows of here
        return _load(source, *given)
    return _opened(pickle.dumps((source, *given)), _stamp(source)).new_instance()


@lru_cache(maxsize=4)
def _opened(pickled: bytes, stamp: tuple[int, ...]) -> Program:
    """A program that nobody calls, as a model for others."""
    return _load(*pickle.loads(pickled))


def _stamp(source: str | bytes) -> tuple[int, ...]:
    """What changes with a file."""
    if isinstance(source, bytes) or not os.path.exists(source):
        return ()
    found = os.stat(source)
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _load(
    source: str | bytes,
    options: Options,
    imports: Mapping[str, Callable[..., Any]] | None,
    parameters: Archives | None,
    threads: int | None,
    devices: int,
    engine: Engine,
    verified: bool,
    model: ModelOptions | None,
) -> Program:
    settings: dict[str, Any] = {"parameters": parameters, "threads": threads, "devices": devices}
    return load(source, options, imports, **settings, engine=engine, verified=verified, model=model)


def compile_module(module: Module, options: Options, supplied: frozenset[str] = frozenset()) -> tuple[Output, Path]:
    """Generate C for a verified module and compile it to a shared library; `supplied` imports are the embedder's."""
    with reported("the module cannot be compiled", "transpile doctor tries the compiler"):
        return _compile_module(module, options, supplied)


def _compile_module(module: Module, options: Options, supplied: frozenset[str]) -> tuple[Output, Path]:
    from transpile.emit import EmitOptions, emit

    compiler = options.compiler or find_compiler()
    target = nest_target(compiler, options.target_cpu).name
    options.progress("generating C")
    dispatch = options.target_cpu == DISPATCH
    chosen = EmitOptions(optimize=options.optimize, target=target, dispatch=dispatch, supplied=supplied)
    output = emit(module, chosen)
    return output, compile_library(output, replace(options, compiler=compiler))


def export_signature(module: Module, export: Export) -> Signature | None:
    """The signature of an export; None in a module that is not well-formed."""
    return module.signatures[export.ordinal] if 0 <= export.ordinal < len(module.signatures) else None


def check_bound(module: Module, supplied: Iterable[str]) -> None:
    """Raise `UnsupportedError` for required imports that nobody supplies and for supplied ones nobody would call."""
    from transpile.imports import NATIVE

    names = set(supplied)
    problems = []
    for item in module.imports:
        convention = item.signature.calling_convention if item.signature else ""
        native = (item.full_name, convention) in NATIVE
        if native and item.full_name in names:
            problems.append(_problem(item.full_name, "is built into the runtime and cannot be replaced", ""))
        elif not native and not item.optional and item.full_name not in names:
            hint = "load(..., imports={name: function}) takes a Python function for it"
            problems.append(_problem(item.full_name, "is required and not supplied", hint, Status.NOT_FOUND))
    for name in sorted(names - {item.full_name for item in module.imports}):
        problems.append(_problem(name, f"is supplied, but module {module.name!r} does not import it", ""))
    if problems:
        raise UnsupportedError(*problems)


def _problem(name: str, message: str, hint: str, status: Status = Status.INVALID_ARGUMENT) -> Diagnostic:
    return Diagnostic(status, f"{name} {message}", "imports", hint)
