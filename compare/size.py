"""How large a module is: as bytecode, as C, as machine code.

Only the module's own objects count as its machine code; the runtime is weighed apart, by linking with and without it.
"""

from __future__ import annotations

import functools
import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from compare.builds import Level, emitted
from compare.engines import Unavailable
from transpile import container
from transpile.container import Module
from transpile.emit import Output, runtime_sources
from transpile.errors import TranspileError
from transpile.native.build import write_files
from transpile.native.toolchain import Compiler, Flags, find_compiler, flags
from transpile.resources import CSUPPORT

_PART = re.compile(r"\.(?:part|isra|constprop|cold|lto_priv)(?:\.\d+)*$")


@dataclass
class Sections:
    """Bytes that a program loads, by what they are."""

    text: int = 0
    rodata: int = 0
    data: int = 0
    bss: int = 0
    unwind: int = 0
    """Tables for debuggers and exceptions."""

    def __add__(self, other: Sections) -> Sections:
        return Sections(**{key: value + getattr(other, key) for key, value in asdict(self).items()})


@dataclass(frozen=True)
class ModuleSize:
    """The module as a file."""

    vmfb: int
    bytecode: int
    """Instructions of the module and of the modules nested in it."""
    weights: int
    """Constants, nested modules apart."""


@dataclass
class BuildSize:
    """The module as C and as machine code, at one level."""

    level: str
    target_cpu: str
    c_bytes: int
    c_lines: int
    own: Sections
    """The module's objects, without weights."""
    linked: int
    """Bytes of the stripped shared library with the runtime, weights included."""
    linked_without_runtime: int
    emit_seconds: float
    compile_seconds: float
    library_seconds: float
    """From the module in memory to a library that can be loaded: also the runtime is compiled, and all is linked."""
    functions: dict[str, int] = field(default_factory=dict)
    """Machine code by function."""
    locations: dict[str, int] = field(default_factory=dict)
    """Machine code by source location."""
    text_ratio: float = 0.0
    """Machine code over bytecode."""


def module_size(module: Module) -> ModuleSize:
    """The sizes of a module and of those nested in it."""
    nested = [container.load(bytes(entry.data)) for entry in module.rodata if entry.is_module]
    constants = sum(entry.length for entry in module.rodata if not entry.is_module)
    inner = [module_size(each) for each in nested]
    return ModuleSize(
        module.archive.size,
        len(module.bytecode) + sum(each.bytecode for each in inner),
        constants + sum(each.weights for each in inner),
    )


def build_size(module: Module, level: Level, target_cpu: str = "baseline", *, detail: bool = False) -> BuildSize:
    """Generate, compile and weigh; nothing comes from a cache, so that the times are those of a first build."""
    started = time.perf_counter()
    try:
        output = emitted(module, level, target_cpu)
    except TranspileError as problem:
        raise Unavailable(str(problem)) from problem
    took = time.perf_counter() - started
    with tempfile.TemporaryDirectory(prefix="compare-") as name:
        return _weighed(_Workshop(Path(name), output, level, target_cpu), module, took, detail)


def _weighed(shop: _Workshop, module: Module, emit_seconds: float, detail: bool) -> BuildSize:
    runtime = _runtime(shop.compiler, shop.flags)
    started = time.perf_counter()
    objects = shop.compile(shop.output.sources)
    compiled = time.perf_counter() - started
    linked = shop.link([*objects, *runtime.objects], "with")
    made = time.perf_counter() - started + runtime.seconds
    texts = [text for text in shop.output.files.values() if isinstance(text, str)]
    own = sum((sections(path) for path in objects), Sections())
    own.rodata -= sum(len(data) for data in shop.output.files.values() if not isinstance(data, str))
    result = BuildSize(
        shop.level.name,
        shop.target_cpu,
        sum(map(len, texts)),
        sum(text.count("\n") for text in texts),
        own,
        linked,
        shop.link(objects, "without"),
        emit_seconds,
        compiled,
        emit_seconds + made,
        functions(objects),
    )
    if detail:
        from compare.source_map import SourceMap  # needs pyelftools

        result.locations = SourceMap(shop.output).sizes(shop.compile(shop.output.sources, ("-g1",)))
    result.text_ratio = own.text / max(1, module_size(module).bytecode)
    return result


class _Workshop:
    """A folder with the generated files in it, and how to compile there."""

    def __init__(self, folder: Path, output: Output, level: Level, target_cpu: str) -> None:
        self.folder, self.output, self.level, self.target_cpu = folder, output, level, target_cpu
        self.compiler: Compiler = find_compiler()
        self.flags: Flags = flags(self.compiler, level.compiled, target_cpu, relaxed=level.relaxed)
        write_files(output.files, folder)

    def compile(self, sources: Sequence[str], extra: Sequence[str] = ()) -> list[Path]:
        """Objects of generated files."""
        with ThreadPoolExecutor() as pool:
            return list(pool.map(lambda source: self._object(source, self.folder, extra), sources))

    def link(self, objects: Sequence[Path], name: str) -> int:
        """Bytes of a stripped shared library; what is missing in it stays undefined."""
        target = self.folder / f"{name}.so"
        command = [*self.compiler.command, *map(str, objects), "-o", str(target), *self.flags.link, "-s"]
        _run(command, self.folder)
        return target.stat().st_size

    def _object(self, source: str, folder: Path, extra: Sequence[str]) -> Path:
        target = self.folder / f"{source}{''.join(extra)}.o"
        _compile(self.compiler, (*self.flags.compile, *self.flags.module, *extra), folder / source, target)
        return target


@dataclass(frozen=True)
class _Runtime:
    """The runtime's objects, which are the same for all modules, and how long it took to make them."""

    folder: tempfile.TemporaryDirectory[str]
    objects: list[Path]
    seconds: float


@functools.lru_cache(maxsize=8)
def _runtime(compiler: Compiler, chosen: Flags) -> _Runtime:
    folder = tempfile.TemporaryDirectory(prefix="compare-")
    started = time.perf_counter()
    targets = [(path, Path(folder.name, f"{path.name}.o")) for path in runtime_sources()]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda pair: _compile(compiler, chosen.compile, *pair), targets))
    return _Runtime(folder, [target for _, target in targets], time.perf_counter() - started)


def _compile(compiler: Compiler, options: Sequence[str], source: Path, target: Path) -> None:
    include = ("-I.", f"-I{CSUPPORT}")
    _run([*compiler.command, *options, *include, "-c", source.name, "-o", str(target)], source.parent)


def _run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise Unavailable(f"the C compiler failed: {done.stderr.strip()[:300]}")


def sections(path: Path) -> Sections:
    """The sections of an object or a library, from its ELF headers."""
    found = Sections()
    with path.open("rb") as file:
        for section in _elf(file).iter_sections():
            kind = _kind(section)
            if kind:
                setattr(found, kind, getattr(found, kind) + section["sh_size"])
    return found


def _kind(section: Any) -> str | None:
    writes, runs, loaded = 1, 4, 2
    flags_ = section["sh_flags"]
    if not flags_ & loaded:
        return None
    if section.name.startswith((".eh_frame", ".gcc_except_table")):
        return "unwind"
    if section["sh_type"] == "SHT_NOBITS":
        return "bss"
    if flags_ & runs:
        return "text"
    # Tables of pointers are written by the loader only.
    return "data" if flags_ & writes and not section.name.startswith(".data.rel.ro") else "rodata"


def functions(objects: Sequence[Path]) -> dict[str, int]:
    """Bytes of machine code by function, largest first; the parts a compiler splits off count with their function."""
    found: dict[str, int] = {}
    for path in objects:
        with path.open("rb") as file:
            table = _elf(file).get_section_by_name(".symtab")
            for symbol in table.iter_symbols() if table else ():
                if symbol["st_info"]["type"] == "STT_FUNC" and symbol["st_size"]:
                    name = _PART.sub("", symbol.name)
                    found[name] = found.get(name, 0) + symbol["st_size"]
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _elf(file: Any) -> Any:
    try:
        from elftools.common.exceptions import ELFError
        from elftools.elf.elffile import ELFFile
    except ImportError:
        raise Unavailable("sizes need pyelftools: pip install pyelftools") from None
    try:
        return ELFFile(file)
    except ELFError as problem:
        raise Unavailable(f"sizes are read from ELF files only: {problem}") from None
