"""Generated C to a shared library: parallel compilation, with everything that can be reused taken from the cache.

The library of one module is one cache entry, keyed by every byte and flag that goes into it.  The runtime's objects
are entries of their own, keyed by flags alone, so that a new module costs only its own code.
"""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol

from transpile.errors import BuildError, Diagnostic, Status
from transpile.faults import hint_in, refusal, reported
from transpile.native.cache import Cache, digest
from transpile.native.toolchain import Compiler, Flags, Optimize, cpu_identity, find_compiler, flags, library_suffix
from transpile.resources import CSUPPORT, TEMPLATES

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

TIME_LIMIT = "TRANSPILE_COMPILER_SECONDS"
"""The environment variable with the time that one run of the compiler may take; an hour without it."""
MESSAGE_LINES = 40
"""Lines of a compiler's output that an error shows."""
BINDING = TEMPLATES / "python" / "binding.c"
"""What Python needs of a library beside the runtime."""

# The runtime's functions are what cffi calls, so they stay visible; generated code is hidden but for its module.
_RUNTIME_FLAGS = ("-fvisibility=default",)


class Generated(Protocol):
    """C as `transpile.emit` returns it."""

    @property
    def prefix(self) -> str: ...
    @property
    def files(self) -> Mapping[str, str | bytes | memoryview]: ...
    @property
    def sources(self) -> Sequence[str]: ...
    @property
    def constants(self) -> str: ...


def silent(text: str) -> None:
    """Tells nobody."""


@dataclass(frozen=True)
class Options:
    """How to compile; the defaults suit a library that is used on the machine that builds it.  `relaxed` allows fused
    multiply-add and reassociation: results are close to the interpreter's, but not bit for bit.  `progress` is told
    what is being done, from any thread."""

    optimize: Optimize = "speed"
    target_cpu: str = "native"
    jobs: int | None = None
    sanitize: bool = False
    openmp: bool = True
    relaxed: bool = False
    defines: Mapping[str, str | int] = field(default_factory=dict)
    compiler: Compiler | None = None
    cache: Cache | None = None
    progress: Callable[[str], None] = field(default=silent, compare=False, repr=False)


@dataclass(frozen=True)
class _Build:
    """Options with everything looked up."""

    compiler: Compiler
    flags: Flags
    cache: Cache
    jobs: int
    identity: tuple[str, ...]
    progress: Callable[[str], None]

    def compile(self, folder: Path, source: str, target: Path, extra: Sequence[str] = ()) -> None:
        # Relative names and the folder as working directory: objects do not depend on where the folder is.
        include = ("-I.", f"-I{CSUPPORT}")
        self.run([*self.flags.compile, *extra, *include, "-c", source, "-o", str(target)], folder, source)

    def run(self, arguments: Sequence[str], folder: Path, what: str) -> None:
        command = [*self.compiler.command, *arguments]
        done = _finished(command, folder, what)
        if done.returncode != 0:
            raise _failed(what, command, done)

    def each(self, what: str, work: Callable[[str], None], names: Iterable[str]) -> None:
        """Run `work` for all names in parallel; the first failure cancels what has not begun."""
        from concurrent.futures import ThreadPoolExecutor

        pool = ThreadPoolExecutor(max_workers=self.jobs)
        try:
            tasks = [_submitted(pool, work, name) for name in names]
            for count, done in enumerate(tasks):
                self.progress(f"compiling {what}: {count} of {len(tasks)} files")
                done.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _submitted(pool: ThreadPoolExecutor, work: Callable[[str], None], name: str) -> Future[None]:
    try:
        return pool.submit(work, name)
    except RuntimeError as problem:  # no thread could be started
        raise refusal(OSError(errno.EAGAIN, str(problem)), "the C compiler cannot be started") from None


def compile_library(
    output: Generated, options: Options | None = None, *, runtime: Sequence[Path] | None = None
) -> Path:
    """Compile generated C with the runtime and return the shared library's path in the cache.

    `runtime` replaces the runtime's sources.  Raise `BuildError` with the compiler's own words when it fails.
    """
    with reported("the module cannot be compiled", "transpile doctor tries the compiler"):
        return _compiled(output, options or Options(), runtime)


def _compiled(output: Generated, options: Options, runtime: Sequence[Path] | None) -> Path:
    sources = (*(_runtime_sources() if runtime is None else runtime), BINDING)
    build = _prepare(options, sources)
    names = sorted(output.files)
    contents = [part for name in names for part in (name, output.files[name])]
    key = digest(["library", *build.identity, *build.flags.module, output.prefix, *output.sources, *contents])
    name = f"{_checked(output.prefix)}{library_suffix()}"
    return build.cache.fetch(key, name, lambda folder: _make_library(build, output, sources, folder / name))


def write_files(files: Mapping[str, str | bytes | memoryview], folder: Path) -> None:
    """Write generated files into a folder."""
    for name, content in files.items():
        data = content.encode("utf-8") if isinstance(content, str) else content
        (folder / _checked(name)).write_bytes(data)


def runtime_files() -> list[Path]:
    """The runtime's sources and headers."""
    return sorted(path for path in CSUPPORT.iterdir() if path.suffix in (".c", ".h", ".inc"))


def _runtime_sources() -> tuple[Path, ...]:
    from transpile.emit import runtime_sources

    return tuple(runtime_sources())


def _prepare(options: Options, runtime: Sequence[Path]) -> _Build:
    compiler = options.compiler or find_compiler()
    chosen = flags(
        compiler,
        options.optimize,
        options.target_cpu,
        sanitize=options.sanitize,
        openmp=options.openmp,
        relaxed=options.relaxed,
    )
    defines = tuple(f"-D{name}={value}" for name, value in sorted(options.defines.items()))
    chosen = replace(chosen, compile=(*chosen.compile, *defines))
    files = sorted({*runtime_files(), *runtime, BINDING.with_suffix(".h")})
    identity = (
        *compiler.command,
        compiler.version,
        cpu_identity(compiler, options.target_cpu),
        *chosen.compile,
        *chosen.link,
        digest(part for path in files for part in (path.name, path.read_bytes())),
    )
    jobs = options.jobs or os.cpu_count() or 1
    return _Build(compiler, chosen, options.cache or Cache(), jobs, identity, options.progress)


def _make_library(build: _Build, output: Generated, runtime: Sequence[Path], target: Path) -> None:
    folder = target.parent / "c"
    folder.mkdir()
    write_files(output.files, folder)
    objects = {name: f"{_checked(name)}.o" for name in output.sources}
    largest_first = sorted(output.sources, key=lambda name: (-len(output.files[name]), name))
    own = build.flags.module
    build.each("the module", lambda name: build.compile(folder, name, folder / objects[name], own), largest_first)
    shared = _runtime_objects(build, runtime)
    # The library is linked beside the objects and moved, so that a linker's side files stay behind.
    names = [*(objects[name] for name in output.sources), *map(str, shared)]
    build.run([*names, "-o", target.name, *build.flags.link], folder, target.name)
    if not (folder / target.name).is_file():
        message = f"the C compiler reported success but wrote no output: {build.compiler}"
        hint = "transpile doctor tries the compiler; check CC"
        raise BuildError(Diagnostic(Status.INTERNAL, message, target.name, hint))
    (folder / target.name).rename(target)
    if output.constants:
        (folder / output.constants).rename(target.with_suffix(".rodata"))
    shutil.rmtree(folder)


def _runtime_objects(build: _Build, sources: Sequence[Path]) -> list[Path]:
    """Compiled runtime sources, from the cache if these flags have been used before."""
    if not sources:
        return []
    by_name = {path.name: path for path in sources}

    def compile_all(folder: Path) -> None:
        build.each(
            "the runtime",
            lambda name: build.compile(by_name[name].parent, name, folder / f"{name}.o", _RUNTIME_FLAGS),
            by_name,
        )

    first = next(iter(by_name))
    key = digest(["runtime", *build.identity, *by_name])
    entry = build.cache.fetch(key, f"{first}.o", compile_all).parent
    return [entry / f"{name}.o" for name in by_name]


def _checked(name: str) -> str:
    """A name that stays in its folder; generated names always do."""
    if not name or PurePosixPath(name).name != name or "\\" in name or name.startswith((".", "-")):
        message = f"{name!r} is not a plain file name"
        raise BuildError(Diagnostic(Status.INVALID_ARGUMENT, message))
    return name


def _finished(command: Sequence[str], folder: Path, what: str) -> subprocess.CompletedProcess[str]:
    """Run a compiler to its end, or end it with all it has started when its time is over."""
    limit = _time_limit()
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "LC_ALL": "C"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as problem:
        hint = "transpile doctor tries the compiler; check CC and PATH"
        raise refusal(problem, f"the C compiler cannot be started for {what}", hint) from None
    try:
        output, errors = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        message = f"the C compiler has not ended within {limit:g} seconds\n  command: {shlex.join(command)}"
        hint = f"{TIME_LIMIT} sets another limit; --optimize=none compiles quickest"
        raise BuildError(Diagnostic(Status.DEADLINE_EXCEEDED, message, what, hint)) from None
    finally:
        if process.poll() is None:
            _end(process)
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def _end(process: subprocess.Popen[str]) -> None:
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _time_limit() -> float:
    text = os.environ.get(TIME_LIMIT, "3600")
    try:
        limit = float(text)
    except ValueError:
        limit = 0.0
    if not 0 < limit < 1e9:
        message = f"{TIME_LIMIT}={text!r} is not a number of seconds"
        raise BuildError(Diagnostic(Status.INVALID_ARGUMENT, message, hint="write a number above 0, such as 600"))
    return limit


def _failed(what: str, command: Sequence[str], done: subprocess.CompletedProcess[str]) -> BuildError:
    lines = (done.stderr or done.stdout).strip().splitlines() or [f"exit code {done.returncode}"]
    shown = lines[:MESSAGE_LINES]
    if len(lines) > len(shown):
        shown.append(f"... and {len(lines) - len(shown)} more lines")
    reason = "was killed (out of memory?)" if done.returncode < 0 else "failed"
    message = f"the C compiler {reason}:\n" + "\n".join(f"  {line}" for line in shown)
    hint = hint_in(message)
    return BuildError(Diagnostic(Status.INTERNAL, f"{message}\n  command: {shlex.join(command)}", what, hint))
