"""The C compiler: which one, what it is, and the flags that keep generated code bit for bit equal to the interpreter.

The compiler is the one `CC` names (words are split as a shell would: `CC="ccache gcc"`), else the first of `cc`, `gcc`
and `clang` on the path, else the one in the `ziglang` wheel (`pip install ziglang`).
"""

from __future__ import annotations

import functools
import importlib.util
import itertools
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from transpile.errors import BuildError, Diagnostic, Status
from transpile.faults import refusal, reported

if TYPE_CHECKING:
    from transpile.nests.plan.target import Target

Kind = Literal["gcc", "clang", "zig", "other"]
Optimize = Literal["speed", "size", "none"]
LEVELS: tuple[Optimize, ...] = ("speed", "size", "none")

CANDIDATES = ("cc", "gcc", "clang")
HINT = "install gcc or clang, set CC to a C compiler, or install the one in Python's zig wheel: pip install ziglang"

# No reassociation, no fused multiply-add, no value-changing shortcut.  That nothing reads errno or the exception flags
# lets sqrt and comparisons be single instructions and changes no result.
EXACT = ("-std=c99", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math")
# What `relaxed` adds for a module's own code, and never for the runtime: products fuse with sums, and sums may be added
# up in another order, which also costs the sign of some zeros.  Nothing assumes that numbers are finite, and denormals
# are what they were (no -ffast-math, which would link code that flushes them in the whole process).
RELAXED = ("-ffp-contract=fast", "-fassociative-math", "-fno-signed-zeros", "-DVM_RELAXED=1")
SHARED_OBJECT = ("-fPIC", "-fvisibility=hidden")
BY_LEVEL: Mapping[Optimize, tuple[str, ...]] = {
    "speed": ("-O2", "-falign-loops=32"),
    "size": ("-Os", "-fno-asynchronous-unwind-tables", "-ffunction-sections", "-fdata-sections"),
    "none": ("-O0",),
}
# clang vectorises at -O2 by itself.
GCC_SPEED = ("-ftree-vectorize", "-fvect-cost-model=dynamic")
SANITIZE = ("-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer", "-g")
OPENMP = "-fopenmp"
DISPATCH = "dispatch"
"""A target like baseline, whose C has versions of loop nests for wider vectors and chooses among them at run time."""

_CPU_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")
_FACTS = frozenset({
    "vendor_id", "cpu family", "model", "model name", "stepping", "flags", "cache size",
    "CPU implementer", "CPU architecture", "CPU variant", "CPU part", "CPU revision", "Features", "isa", "uarch",
})  # fmt: skip
PROBE_SECONDS = 600
"""For one question to a compiler; zig compiles its C library when it first links."""


@dataclass(frozen=True)
class Compiler:
    """A working C compiler; `version` is the first line it prints about itself."""

    command: tuple[str, ...]
    kind: Kind
    version: str

    def __str__(self) -> str:
        return f"{shlex.join(self.command)} ({self.version})"


@dataclass(frozen=True)
class Flags:
    """Everything a build passes to the compiler that is not a file name; `module` is for generated files alone."""

    compile: tuple[str, ...]
    link: tuple[str, ...]
    module: tuple[str, ...] = ()


def find_compiler(environment: Mapping[str, str] | None = None) -> Compiler:
    """The C compiler to use; raises `BuildError` when there is none or when `CC` does not work."""
    environment = os.environ if environment is None else environment
    named = environment.get("CC", "").strip()
    return _examine(_split(named) if named else _search(environment.get("PATH")))


def flags(
    compiler: Compiler,
    optimize: Optimize = "speed",
    target_cpu: str = "native",
    *,
    sanitize: bool = False,
    openmp: bool = True,
    relaxed: bool = False,
) -> Flags:
    """Compile and link flags for a shared library; `relaxed` gives up the interpreter's bits for speed."""
    threads = (OPENMP,) if openmp and has_openmp(compiler) else ()
    checks = SANITIZE if sanitize else ()
    vectorise = GCC_SPEED if optimize == "speed" and compiler.kind == "gcc" else ()
    common = (*BY_LEVEL[optimize], *vectorise, *cpu_flags(compiler, target_cpu), *threads, *checks)
    module = RELAXED if relaxed else ()
    return Flags((*EXACT, *SHARED_OBJECT, *common), (*common, *_link_flags(optimize)), module)


@functools.lru_cache(maxsize=64)
def supports(compiler: Compiler, *options: str) -> bool:
    """Whether a program compiled and linked with these options builds (a flag alone proves nothing: its library may
    be missing)."""
    hint = "set TMPDIR to a directory that can be written to"
    with reported("the C compiler cannot be tried", hint), tempfile.TemporaryDirectory(prefix="transpile-") as folder:
        source = Path(folder, "probe.c")
        source.write_text("int main(void) { return 0; }\n")
        return _run([*compiler.command, *options, "probe.c", "-o", "probe"], folder).returncode == 0


def has_openmp(compiler: Compiler) -> bool:
    """Whether programs with OpenMP build; zig has none, and is not asked: its first answer takes minutes."""
    return compiler.kind != "zig" and supports(compiler, OPENMP)


def cpu_flags(compiler: Compiler, target_cpu: str) -> tuple[str, ...]:
    """What tells the compiler which CPU to make code for."""
    if target_cpu in ("baseline", DISPATCH):
        return ()
    if not _CPU_NAME.fullmatch(target_cpu):
        message = f"{target_cpu!r} is not a CPU name"
        hint = 'try "native", "baseline", "dispatch" or "x86-64-v3"'
        raise BuildError(Diagnostic(Status.INVALID_ARGUMENT, message, hint=hint))
    x86 = platform.machine().lower() in ("x86_64", "amd64", "i686", "i386")
    if compiler.kind == "zig":
        return (f"-mcpu={target_cpu.replace('-', '_')}",)
    return (f"-march={target_cpu}",) if x86 else (f"-mcpu={target_cpu}",)


@functools.lru_cache(maxsize=16)
def nest_target(compiler: Compiler, target_cpu: str) -> Target:
    """What raised loops are planned for on a processor."""
    from transpile.nests.plan.target import known_by

    lines = _macros(compiler, target_cpu).splitlines()
    return known_by(line.split()[1] for line in lines if line.startswith("#define "))


@functools.lru_cache(maxsize=16)
def cpu_identity(compiler: Compiler, target_cpu: str) -> str:
    """What a target means on this machine: for "native", what the compiler makes of it.  A part of cache keys, so that
    a cache on a shared disk never hands one machine's code to another."""
    machine = f"{sys.platform} {platform.machine()}"
    if target_cpu != "native":
        return f"{machine} {target_cpu}"
    return f"{machine} {_macros(compiler, 'native') or platform.processor()}"


def processor_identity(compiler: Compiler, target_cpu: str) -> str:
    """The same from the system, without a question to the compiler, where the system says what processor it is."""
    facts = _processor() if target_cpu == "native" else ""
    return f"{sys.platform} {platform.machine()} {facts}" if facts else cpu_identity(compiler, target_cpu)


@functools.cache
def _processor() -> str:
    """What Linux says of the first processor and does not change while it runs; "" where that is nothing."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            lines = list(itertools.takewhile(str.strip, file))
    except OSError:
        return ""
    facts = (line.partition(":") for line in lines)
    return "\n".join(f"{name.strip()}:{value.strip()}" for name, _, value in facts if name.strip() in _FACTS)


def _macros(compiler: Compiler, target_cpu: str) -> str:
    """What the compiler defines for a processor; "" if it has never heard of it."""
    with reported(f"the C compiler {compiler} cannot be run", HINT):
        asked = [*cpu_flags(compiler, target_cpu), "-E", "-dM", "-x", "c", os.devnull]
        return _run([*compiler.command, *asked], None).stdout or ""


def library_suffix() -> str:
    """Of a shared library's file name on this system."""
    return {"darwin": ".dylib", "win32": ".dll"}.get(sys.platform, ".so")


def _split(text: str) -> tuple[str, ...]:
    try:
        first, *rest = shlex.split(text)
    except ValueError as problem:
        raise _missing(f"CC={text!r} cannot be split into words: {problem}") from None
    # Compilations run in other folders, where a relative path would mean something else.
    return (os.path.abspath(first) if os.sep in first else first, *rest)


def _search(path: str | None) -> tuple[str, ...]:
    for name in CANDIDATES:
        if shutil.which(name, path=path):
            return (name,)
    if importlib.util.find_spec("ziglang"):
        return (sys.executable, "-m", "ziglang", "cc")
    raise _missing(f"no C compiler found ({', '.join(CANDIDATES)}, ziglang)")


@functools.lru_cache(maxsize=16)
def _examine(command: tuple[str, ...]) -> Compiler:
    try:
        shown = _run([*command, "--version"], None)
    except OSError as problem:
        raise refusal(problem, f"the C compiler {shlex.join(command)!r} cannot be run", HINT) from None
    if shown.returncode != 0:
        raise _missing(f"{shlex.join(command)!r} --version failed: {shown.stderr.strip() or shown.returncode}")
    lines = (shown.stdout or shown.stderr).strip().splitlines()
    return Compiler(command, _kind(command, shown.stdout), lines[0] if lines else "unknown version")


def _kind(command: Sequence[str], version: str) -> Kind:
    if "ziglang" in command or Path(command[0]).stem == "zig":
        return "zig"
    if "clang" in version.lower():
        return "clang"
    return "gcc" if "Free Software Foundation" in version else "other"


def _link_flags(optimize: Optimize) -> tuple[str, ...]:
    # -Bsymbolic: the library uses its own runtime even when another one is loaded in the same process.
    if not sys.platform.startswith("linux"):
        return ("-shared", "-lm")
    gc = ("-Wl,--gc-sections", "-s") if optimize == "size" else ()
    return ("-shared", "-Wl,-Bsymbolic", *gc, "-lm")


def _run(command: Sequence[str], folder: str | None) -> subprocess.CompletedProcess[str]:
    # Diagnostics are matched and shown in English, whatever the user's locale.
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=PROBE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        message = f"the C compiler gave no answer in {PROBE_SECONDS} s to: {shlex.join(command)}"
        hint = "run the command by hand; set CC to another compiler if it hangs"
        raise BuildError(Diagnostic(Status.DEADLINE_EXCEEDED, message, hint=hint)) from None


def _missing(message: str) -> BuildError:
    return BuildError(Diagnostic(Status.UNAVAILABLE, message, hint=HINT))
