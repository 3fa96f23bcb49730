"""Many modules as C in one shared library: one compilation, one link, one `dlopen`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from transpile.emit import Output
from transpile.native.build import Options, compile_library
from transpile.native.cdef import runtime_cdef

TABLE = "fuzz_modules"
PREFIX = "m0"


@dataclass(frozen=True)
class Bundle:
    """Generated C whose one source includes those of all modules."""

    files: Mapping[str, str | bytes | memoryview]
    prefix: str = PREFIX
    sources: tuple[str, ...] = ("bundle.c",)
    constants: str = ""


def prefix(place: int) -> str:
    """Symbols of the module at this place of a bundle."""
    return f"m{place}"


def compile_bundle(outputs: Sequence[Output], *, sanitize: bool) -> Path:
    """The library of modules that were emitted with the prefixes of their places."""
    files = {name: content for output in outputs for name, content in output.files.items()}
    lines = [f'#include "{name}"' for output in outputs for name in output.sources]
    table = ", ".join(f"&{output.prefix}_module" for output in outputs)
    lines.append(f"VM_EXPORT const vm_module* const {TABLE}[] = {{{table}}};")
    bundle = Bundle({**files, "bundle.c": "\n".join(lines) + "\n"})
    return compile_library(bundle, replace(OPTIONS, sanitize=sanitize))


def cdef() -> str:
    """Declarations of the runtime and of the table."""
    return f"{runtime_cdef()}\nextern const vm_module* const {TABLE}[];"


OPTIONS = Options(optimize="none", target_cpu="baseline", openmp=False)
