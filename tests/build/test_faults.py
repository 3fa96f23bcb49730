"""What the system refuses while a module is compiled: `BuildError` that names it and says what to do."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import transpile
from tests.ir.cases import assemble
from transpile.cli import main
from transpile.emit import EmitOptions, emit
from transpile.errors import BuildError, Status
from transpile.native import toolchain
from transpile.native.build import Options, compile_library
from transpile.native.cache import RECORD, Cache, default_root
from transpile.native.toolchain import find_compiler, supports
from transpile.opening import open_compiled

KEY = "ab" + "0" * 62
FIBONACCI = Path(__file__).parents[2] / "examples" / "fibonacci" / "fibonacci.vmfb"

# A small module without the runtime: quick to compile, and good for everything but calls.
PROLOGUE = """
import sys
from pathlib import Path
from tests.ir.cases import assemble
from transpile.native.build import Options, compile_library
from transpile.native.cache import Cache
from transpile.emit import EmitOptions, emit
from transpile.errors import BuildError
from transpile.opening import open_compiled

def compiled(root, number=1):
    output = emit(assemble("0i_i\\nentry:\\n  return (0,)"), EmitOptions(prefix=f"m{number}", optimize="none"))
    options = Options(optimize="none", target_cpu="baseline", openmp=False, cache=Cache(Path(root)), jobs=1)
    return compile_library(output, options, runtime=[])

def said(work):
    try:
        work()
    except BuildError as problem:
        return "BuildError: " + str(problem).replace("\\n", " ")
    return "done"
"""


def outcome(code: str, *arguments: str, inside: tuple[str, ...] = ()) -> list[str]:
    """The lines that the code prints in a process of its own, which ends well."""
    command = [*inside, sys.executable, "-c", PROLOGUE + code, *arguments]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def mounted(options: str, code: str, folder: Path) -> list[str]:
    """What the code prints where a file system of these options is mounted at its first argument."""
    place = folder / "mounted"
    place.mkdir(exist_ok=True)
    mount = f"mount -t tmpfs -o {options} tmpfs {place} && chmod 700 {place}"
    tried = ["unshare", "-m", "sh", "-c", mount]
    if not shutil.which("unshare") or subprocess.run(tried, capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system can be mounted here")
    return outcome(code, str(place), inside=("unshare", "-m", "sh", "-c", f'{mount} && exec "$@"', "-"))


@pytest.mark.parametrize("options", ["size=16k", "size=32k", "size=48k", "nr_inodes=2", "nr_inodes=4", "nr_inodes=9"])
def test_a_full_file_system(options: str, tmp_path: Path) -> None:
    code = "print(said(lambda: compiled(sys.argv[1])))"
    (line,) = mounted(f"{options},mode=700", code, tmp_path)
    assert line.startswith("BuildError") and "No space left on device" in line
    assert "df -i" in line and "TRANSPILE_CACHE" in line


def test_a_file_system_without_programs(tmp_path: Path) -> None:
    code = 'print(said(lambda: open_compiled(compiled(sys.argv[1]), "typedef int vm_module;", "m1")))'
    (line,) = mounted("noexec,mode=700", code, tmp_path)
    assert line.startswith("BuildError: PERMISSION_DENIED") and "mounted noexec" in line and "TRANSPILE_CACHE" in line


def test_a_file_system_that_is_read_only(tmp_path: Path) -> None:
    code = """
import subprocess
path = compiled(sys.argv[1])
Path(sys.argv[1], "new").rmdir()
subprocess.run(["mount", "-o", "remount,ro", sys.argv[1]], check=True)
print(compiled(sys.argv[1]) == path, said(lambda: compiled(sys.argv[1], 2)))
"""
    (line,) = mounted("mode=700", code, tmp_path)
    assert line.startswith("True BuildError: PERMISSION_DENIED: the cache directory")
    assert "Read-only file system" in line and "TRANSPILE_CACHE" in line


def test_too_few_file_handles(tmp_path: Path) -> None:
    """Each number of handles from none to enough: an answer or a BuildError, and what is cached stays."""
    code = """
import os, resource
from transpile.native import toolchain
from transpile.program import cffi_types
path = compiled(sys.argv[1])
cffi_types("typedef int vm_module;", "m1")
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
for count in (*range(12), 64):
    for cached in (toolchain.supports, toolchain.nest_target, toolchain.cpu_identity, toolchain._examine):
        cached.cache_clear()
    used = len(os.listdir("/proc/self/fd")) - 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + count, hard))
    found = said(lambda: compiled(sys.argv[1])), said(lambda: compiled(sys.argv[1], count + 2))
    opened = said(lambda: open_compiled(path, "typedef int vm_module;", "m1")) if count < 1 else ""
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(*found, opened, sep="|")
    sys.stdout.flush()
assert path.is_file()
"""
    lines = [line.split("|") for line in outcome(code, str(tmp_path / "c"))]
    assert all(words == "done" or words.startswith("BuildError") for line in lines for words in line[:2])
    assert lines[-1][:2] == ["done", "done"]
    assert all("ulimit -n" in words for words in lines[0]), lines[0]


def test_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd

    def nobody(uid: int) -> None:
        raise KeyError(uid)

    for name in ("TRANSPILE_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(BuildError, match=r"no folder for compiled files can be used.*TRANSPILE_CACHE"):
        default_root()
    monkeypatch.setenv("TRANSPILE_CACHE", "~nobody-of-this-name/x")
    with pytest.raises(BuildError, match=r"no folder for compiled files can be used.*TRANSPILE_CACHE"):
        Cache()


def written(folder: Path) -> None:
    (folder / "file").write_text("content")


def test_what_is_written_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files, then the names in their folder, then the folder's own name."""
    synced: list[str] = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(os.readlink(f"/proc/self/fd/{fd}")), fsync(fd)))
    entry = Cache(tmp_path / "c").fetch(KEY, "file", written).parent
    assert {Path(name).name for name in synced[:-2]} == {"file", RECORD}
    assert Path(synced[-2]).parent == tmp_path / "c" / "new" and synced[-1] == str(entry.parent)


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EIO])
def test_a_file_system_that_does_not_sync_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    fsync = os.fsync

    def refuses(fd: int) -> None:
        if Path(f"/proc/self/fd/{fd}").is_dir():
            raise OSError(number, os.strerror(number))
        fsync(fd)

    monkeypatch.setattr(os, "fsync", refuses)
    if number == errno.EINVAL:
        assert Cache(tmp_path / "c").fetch(KEY, "file", written).is_file()
    else:
        with pytest.raises(BuildError, match=r"cache directory .* Input/output error"):
            Cache(tmp_path / "c").fetch(KEY, "file", written)


def refusing(number: int, name: str) -> Callable[..., Any]:
    """`Path.open` as the system has it, but for files of this name."""
    opened = Path.open

    def refuse(self: Path, *arguments: Any, **named: Any) -> Any:
        if self.name == name:
            raise OSError(number, os.strerror(number), str(self))
        return opened(self, *arguments, **named)

    return refuse


def test_an_entry_that_cannot_be_read_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(tmp_path / "c")
    path = cache.fetch(KEY, "file", written)
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        written(folder)
        monkeypatch.undo()  # the new one can be read

    monkeypatch.setattr(Path, "open", refusing(errno.EACCES, "file"))
    monkeypatch.setattr(Path, "write_text", lambda self, text, **named: self.write_bytes(text.encode()))
    monkeypatch.setattr(Path, "write_bytes", lambda self, data: os.close(os.open(self, os.O_CREAT | os.O_RDWR)))
    assert cache.fetch(KEY, "file", make) == path
    assert len(made) == 1


def test_an_entry_that_cannot_be_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(tmp_path / "c")
    path = cache.fetch(KEY, "file", written)
    path.write_text("damaged")
    monkeypatch.setattr("transpile.native.cache._remove", lambda entry: None)
    with pytest.raises(BuildError, match=r"not empty.*TRANSPILE_CACHE"):
        cache.fetch(KEY, "file", written)


def test_no_handle_says_nothing_about_an_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(tmp_path / "c")
    cache.fetch(KEY, "file", written)
    monkeypatch.setattr(Path, "open", refusing(errno.EMFILE, "file"))
    with pytest.raises(BuildError, match=r"compiling failed: .*Too many open files.*ulimit -n"):
        cache.fetch(KEY, "file", lambda folder: pytest.fail("made again"))


@pytest.mark.parametrize(
    ("problem", "expected", "status"),
    [
        (OSError(errno.ENOENT, "No such file", "/usr/x.h"), r"compiling failed.*transpile doctor", "UNAVAILABLE"),
        (OSError(errno.EACCES, "Permission denied", "/x"), r"compiling failed.*transpile doctor", "PERMISSION_DENIED"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "compiling failed.*free memory", "RESOURCE_EXHAUSTED"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "cache directory .* df -i", "RESOURCE_EXHAUSTED"),
        (OSError(errno.EACCES, "Permission denied", 7), "compiling failed", "PERMISSION_DENIED"),
    ],
    ids=str,
)
def test_only_the_cache_is_blamed_for_the_cache(tmp_path: Path, problem: OSError, expected: str, status: str) -> None:
    def fail(folder: Path) -> None:
        raise problem

    with pytest.raises(BuildError, match=expected) as caught:
        Cache(tmp_path / "c").fetch(KEY, "file", fail)
    assert caught.value.diagnostics[0].status is Status[status]


def test_a_cache_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for root in (tmp_path / "file", tmp_path / "file" / "c", tmp_path / "link", tmp_path / ("x" * 300)):
        with pytest.raises(BuildError, match=r"the cache directory .* cannot be used.*TRANSPILE_CACHE"):
            Cache(root).fetch(KEY, "file", written)
        with pytest.raises(BuildError, match=r"the cache directory .* cannot be used.*TRANSPILE_CACHE"):
            Cache(root).workplace()


def test_a_thread_that_cannot_be_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(ThreadPoolExecutor, "submit", refuse)
    output = emit(assemble("0i_i\nentry:\n  return (0,)"), EmitOptions(prefix="m"))
    with pytest.raises(BuildError, match=r"can't start new thread.*ulimit -u.*--jobs"):
        compile_library(output, Options(openmp=False, cache=Cache(tmp_path / "c")))


def test_no_place_for_temporary_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere/at/all")
    supports.cache_clear()
    with pytest.raises(BuildError, match=r"cannot be tried.*TMPDIR"):
        supports(find_compiler(), "-O1")


def test_a_compiler_that_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = toolchain.Compiler(("/nowhere/cc",), "gcc", "1")
    for ask in (toolchain.nest_target, toolchain.cpu_identity):
        with pytest.raises(BuildError, match=r"/nowhere/cc.*cannot be run.*install gcc"):
            ask(gone, "native")


@pytest.mark.parametrize("engine", ["c", "interpreter"])
def test_a_library_that_cannot_be_loaded(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *arguments: str) -> None:
        raise OSError(f"cannot load library '{path}': cannot open shared object file: Too many open files")

    monkeypatch.setattr("transpile.opening.open_described", refuse)
    monkeypatch.setattr("transpile.interp.library._open", {})
    with pytest.raises(BuildError, match=r"cannot be loaded.*ulimit -n"):
        transpile.load(FIBONACCI, engine=engine, optimize="none")


def test_a_library_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "m.so").write_bytes(b"no library")
    with pytest.raises(BuildError, match=r"cannot be loaded.*doctor --clear-cache"):
        open_compiled(tmp_path / "m.so", "typedef int vm_module;", "m")


def test_a_file_of_our_own_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = emit(assemble("0i_i\nentry:\n  return (0,)"), EmitOptions(prefix="m"))
    refused = OSError(errno.EMFILE, "Too many open files")

    def refuse(*arguments: Any) -> None:
        raise refused

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(BuildError, match=r"cannot be compiled: .*ulimit -n"):
        compile_library(output, Options(cache=Cache(tmp_path / "c")))
    monkeypatch.undo()
    monkeypatch.setattr(sys.modules["transpile.emit"], "emit", refuse)
    with pytest.raises(BuildError, match=r"cannot be compiled: .*ulimit -n"):
        transpile.load(FIBONACCI, cache=Cache(tmp_path / "none"))
    monkeypatch.setattr("transpile.interp.library.generate", refuse)
    with pytest.raises(BuildError, match=r"cannot be compiled: .*ulimit -n"):
        transpile.load(FIBONACCI, engine="interpreter")


@pytest.mark.parametrize("wheel", [None, "1.0"])
def test_a_place_for_packages_that_is_none(tmp_path: Path, wheel: str | None) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BuildError, match=r"cannot be written: .*choose a folder"):
        transpile.build(FIBONACCI, tmp_path / "file", name="fib", optimize="none", wheel=wheel)


def test_the_doctor_tries_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TRANSPILE_CACHE", str(tmp_path / "file"))
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 3 and "cannot be used" in result.output and "set TRANSPILE_CACHE" in result.output
    monkeypatch.setenv("TRANSPILE_CACHE", str(tmp_path / "c"))
    assert CliRunner().invoke(main, ["doctor"]).exit_code == 0
    assert os.listdir(tmp_path / "c") == ["new"] and not os.listdir(tmp_path / "c" / "new")


def test_a_record_that_never_ends(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    path = cache.fetch(KEY, "file", written)
    path.with_name(RECORD).write_text("[" * 100_000)
    assert cache.fetch(KEY, "file", written).is_file()
    assert json.loads(path.with_name(RECORD).read_text())
