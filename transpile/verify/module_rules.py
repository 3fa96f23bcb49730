"""Rules about the tables of a module: V2 to V17, V44 to V46 and V48."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from transpile.container import ConventionError, Module, parse_convention
from transpile.verify.facts import SUPPORTED_MAJORS, SUPPORTED_MINOR, available_features, missing_features
from transpile.verify.report import Collector

_VALUE_TYPES = frozenset({"i8", "i16", "i32", "i64", "f32", "f64"})
_VM_TYPES = frozenset({"!vm.opaque", "!vm.buffer"})
_HOOKS = frozenset({"__init", "__deinit"})
_LIST_PREFIX = "!vm.list"
_HAL_TYPES = frozenset(
    f"!hal.{name}"
    for name in (
        "allocator", "buffer", "buffer_view", "channel", "command_buffer", "descriptor_set_layout", "device", "event",
        "executable", "executable_cache", "fence", "file", "pipeline_layout", "pool", "semaphore",
    )
)  # fmt: skip


def check_module(module: Module, out: Collector) -> None:
    """Apply the rules about tables."""
    _version(module, out)
    _names(module, out)
    _signatures(module, out)
    _exports(module, out)
    _types(module, out)
    _storage(module, out)


def _version(module: Module, out: Collector) -> None:
    if module.major not in SUPPORTED_MAJORS or module.minor > SUPPORTED_MINOR:
        supported = ", ".join(f"{major}.{SUPPORTED_MINOR}" for major in SUPPORTED_MAJORS)
        out.module("V12", f"bytecode version {module.major}.{module.minor}", f"one of {supported}")
        return
    lack = missing_features(module.requirements, available_features(module.major))
    if lack:
        out.module("V2", *lack)


def _names(module: Module, out: Collector) -> None:
    if not module.name:
        out.module("V3", "module without a name", "a name")
    for rule, table, names in (
        ("V4", "types", module.types),
        ("V6", "dependencies", (item.name for item in module.dependencies)),
        ("V8", "imports", (item.full_name for item in module.imports)),
        ("V10", "exports", (item.name for item in module.exports)),
    ):
        for index in _nameless(names):
            out.module(rule, f"{table}[{index}] is missing or has no name", "an entry with a name")


def _nameless(names: Iterable[str | None]) -> Iterator[int]:
    return (index for index, name in enumerate(names) if not name)


def _signatures(module: Module, out: Collector) -> None:
    for index, signature in enumerate(module.signatures):
        if signature is None:
            out.module("V7", f"signatures[{index}] is missing", "a signature")
    if len(module.signatures) != len(module.functions):
        out.module("V9", f"{len(module.signatures)} signatures", f"{len(module.functions)}, one a function")
    for index, item in enumerate(module.imports):
        if item.signature is None:
            out.module("V44", f"imports[{index}] {item.full_name} has no signature", "a calling convention")
            continue
        try:
            parse_convention(item.signature.calling_convention)
        except ConventionError as problem:
            diagnostic = problem.diagnostics[0]
            found = f"imports[{index}] {item.full_name}: {diagnostic.message} ({diagnostic.where})"
            out.module("V44", found, "a calling convention", diagnostic.status)


def _exports(module: Module, out: Collector) -> None:
    for index, item in enumerate(module.exports):
        if not 0 <= item.ordinal < len(module.functions):
            found = f"exports[{index}] {item.name} refers to function {item.ordinal}"
            out.module("V11", found, f"an ordinal below {len(module.functions)}")
        elif item.name in _HOOKS and not _takes_and_gives_nothing(module, item.ordinal):
            found = f"exports[{index}] {item.name} is function {item.ordinal} with a convention of its own"
            out.module("V48", found, "no arguments and no results, 0v_v")


def _takes_and_gives_nothing(module: Module, ordinal: int) -> bool:
    """Also where there is no convention to be read: other rules are about that."""
    signature = module.signatures[ordinal] if ordinal < len(module.signatures) else None
    with suppress(ConventionError):
        convention = parse_convention(signature.calling_convention if signature else "")
        return not convention.arguments and not convention.results
    return True


def _types(module: Module, out: Collector) -> None:
    dialects = {item.module_name for item in module.imports} - {"", "hal", "vm"}
    for index, name in enumerate(module.types):
        if name and not _known(name, dialects):
            out.module("V17", f"types[{index}] is {name}", "a value, VM or HAL type, or a type of an imported module")


def _known(name: str, dialects: set[str]) -> bool:
    if name in _VALUE_TYPES or name in _VM_TYPES or name in _HAL_TYPES or name.startswith(_LIST_PREFIX):
        return True
    dialect, dot, rest = name[1:].partition(".")
    return name[0] == "!" and dialect in dialects and bool(dot and rest)


def _storage(module: Module, out: Collector) -> None:
    for index, segment in enumerate(module.rodata):
        if not segment.in_range:
            found = f"rodata[{index}] at {segment.offset}, {segment.length} bytes long"
            out.module("V5", found, "a range inside the file")
    if module.global_bytes < 0:
        out.module("V45", f"{module.global_bytes} bytes of globals", "0 or more")
    if module.global_refs < 0:
        out.module("V45", f"{module.global_refs} ref globals", "0 or more")
    _overlaps(module, out)


def _overlaps(module: Module, out: Collector) -> None:
    end, owner = 0, -1
    ranges = ((f.bytecode_offset, f.bytecode_length, i) for i, f in enumerate(module.functions))
    for start, length, index in sorted(r for r in ranges if r[0] >= 0 and r[1] > 0):
        if start < end:
            found = f"code of function {index} at {start} begins inside function {owner}, which ends at {end}"
            out.module("V46", found, "functions with bytes of their own")
        if start + length > end:
            end, owner = start + length, index
