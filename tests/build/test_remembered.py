"""What a second `load` finds: the same library and the same answers, and none of the work."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import transpile
from transpile import remembered
from transpile.errors import UnsupportedError
from transpile.loader import load
from transpile.native import toolchain
from transpile.native.build import Options
from transpile.native.cache import RECORD, Cache
from transpile.native.toolchain import find_compiler, processor_identity
from transpile.remembered import Place, place_of

EXAMPLES = Path(__file__).parents[2] / "examples"
DIGITS = EXAMPLES / "digits" / "digits.vmfb"
FIBONACCI = EXAMPLES / "fibonacci" / "fibonacci.vmfb"
QUICK = Options(optimize="none", target_cpu="baseline")

WATCHED = """
import sys
import transpile
program = transpile.load(sys.argv[1], optimize="none", target_cpu="baseline")
made = [name for name in sys.modules if name.startswith(
    ("transpile.emit", "transpile.nests", "transpile.passes", "transpile.ir", "transpile.verify", "transpile.container",
     "jinja2", "pycparser", "concurrent.futures"))]
print(program.fib(10), *made)
"""


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    """With libraries, and nothing that is remembered of modules."""
    cache = Cache(tmp_path_factory.mktemp("stocked") / "cache")
    for path in (FIBONACCI, DIGITS):
        load(path, replace(QUICK, cache=cache), verified=False)
    return cache


@pytest.fixture
def cache(stocked: Cache, tmp_path: Path) -> Cache:
    return Cache(Path(shutil.copytree(stocked.root, tmp_path / "cache")))


@pytest.fixture
def options(cache: Cache) -> Options:
    return replace(QUICK, cache=cache)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The sources that `load` has read."""
    seen: list[Any] = []
    read = transpile.loader.read
    monkeypatch.setattr("transpile.loader.read", lambda given, **named: (seen.append(given), read(given, **named))[1])
    return seen


def place(source: remembered.Contents, options: Options, supplied: tuple[str, ...] = ()) -> Place:
    found = place_of(source, options, supplied)
    assert found is not None
    return found


def test_a_second_load_in_a_fresh_process_imports_nothing_that_makes_c(cache: Cache) -> None:
    command = [sys.executable, "-c", WATCHED, str(FIBONACCI)]
    environment = {**os.environ, "TRANSPILE_CACHE": str(cache.root)}
    first, second = (
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()
        for _ in range(2)
    )
    assert first[0] == "55" and "transpile.emit" in first
    assert second == ["55"]


def test_a_second_load_reads_no_module_and_gives_the_same(options: Options, reads: list[Any]) -> None:
    first, second, from_bytes = load(DIGITS, options), load(DIGITS, options), load(DIGITS.read_bytes(), options)
    assert reads == [DIGITS]
    image = np.linspace(0, 1, 64, dtype=np.float32).reshape(first.classify.inputs[0].shape)
    assert first.classify(image).tobytes() == second.classify(image).tobytes() == from_bytes.classify(image).tobytes()
    assert repr(first.classify) == repr(second.classify) and second.classify.__doc__ == first.classify.__doc__
    assert pickle.loads(pickle.dumps(second)).classify(image).tobytes() == first.classify(image).tobytes()


def test_the_key_holds_contents_options_imports_compiler_and_processor(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = find_compiler()
    changed = tmp_path / "changed.vmfb"
    changed.write_bytes(DIGITS.read_bytes() + b"\0")
    one = place(DIGITS, options).key
    others = [
        place(changed, options),
        place(FIBONACCI, options),
        place(DIGITS, options, ("a.b",)),
        place(DIGITS, replace(options, compiler=replace(compiler, version="another"))),
        *(
            place(DIGITS, replace(options, **{name: value}))
            for name, value in (
                ("optimize", "size"), ("target_cpu", "native"), ("sanitize", True), ("openmp", False),
                ("relaxed", True), ("defines", {"A": 1}),
            )
        ),
    ]  # fmt: skip
    monkeypatch.setattr(toolchain, "_processor", lambda: "flags: another")
    others.append(place(DIGITS, replace(options, target_cpu="native")))
    assert len({one, *(other.key for other in others)}) == 1 + len(others)
    same = replace(options, jobs=3, progress=lambda text: None, compiler=compiler)
    assert place(DIGITS.read_bytes(), same).key == place(tmp_path / shutil.copy(DIGITS, tmp_path), same).key == one


def test_another_program_in_the_compilers_place_is_another_compiler(options: Options, tmp_path: Path) -> None:
    path = tmp_path / "mycc"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    named = replace(options, compiler=replace(find_compiler(), command=(str(path),)))
    before = place(DIGITS, named).key
    path.write_text("#!/bin/sh\n# newer\n")
    assert place(DIGITS, named).key != before


def test_a_change_to_our_own_files_is_noticed(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = place(DIGITS, options).key
    folder = tmp_path / "csupport"
    shutil.copytree(remembered.CSUPPORT, folder)
    monkeypatch.setattr(remembered, "CSUPPORT", folder)
    keys = [before]
    for change in (lambda: None, lambda: (folder / "vm.h").open("a").write("\n"), (folder / "new.h").touch):
        change()
        remembered._own_files.cache_clear()
        keys.append(place(DIGITS, options).key)
    remembered._own_files.cache_clear()
    assert len(set(keys)) == len(keys)


def corrupted(path: Path) -> None:
    in_place_of(path, path.read_bytes()[:-1] + b"!")


def cut(path: Path) -> None:
    in_place_of(path, path.read_bytes()[:10])


def in_place_of(path: Path, contents: bytes) -> None:
    """In another file of that name: the one that is there may be running."""
    path.unlink()
    path.write_bytes(contents)


@pytest.mark.parametrize("damage", [corrupted, cut, Path.unlink, lambda path: path.with_name(RECORD).write_text("{")])
@pytest.mark.parametrize("part", ["program", "library"])
def test_damage_is_found_and_repaired(
    part: str, damage: Callable[[Path], None], options: Options, cache: Cache, reads: list[Any]
) -> None:
    library = Path(load(FIBONACCI, options).library.path)
    entry = cache.find(place(FIBONACCI, options).key, "program")
    assert entry
    damage(entry if part == "program" else library)
    assert load(FIBONACCI, options).fib(10) == 55 and len(reads) == 2
    assert load(FIBONACCI, options).fib(10) == 55 and len(reads) == 2


def test_a_library_that_is_gone_is_made_again(options: Options, cache: Cache) -> None:
    library = Path(load(FIBONACCI, options).library.path)
    cache.drop(library.parent.name)
    assert place(FIBONACCI, options).find() is None
    load(FIBONACCI, options)
    assert library.is_file() and place(FIBONACCI, options).find()


def test_what_was_not_verified_is_not_kept(options: Options, reads: list[Any]) -> None:
    load(FIBONACCI, options, verified=False)
    assert place(FIBONACCI, options).find() is None
    load(FIBONACCI, options)
    assert place(FIBONACCI, options).find() and load(FIBONACCI, options, verified=False).fib(10) == 55
    assert len(reads) == 2


def test_what_is_refused_is_refused_again(options: Options, tmp_path: Path) -> None:
    load(FIBONACCI, options)
    for _ in range(2):
        with pytest.raises(UnsupportedError, match="does not import it"):
            load(FIBONACCI, options, imports={"a.b": abs})
        with pytest.raises(FileNotFoundError):
            load(tmp_path / "missing.vmfb", options)


def test_a_source_that_changes_while_it_is_compiled_is_not_kept(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "module.vmfb"
    shutil.copy(FIBONACCI, path)
    compile_module = transpile.loader.compile_module

    def replaced(*given: Any) -> Any:
        made = compile_module(*given)
        os.replace(shutil.copy(DIGITS, tmp_path / "new"), path)
        return made

    monkeypatch.setattr("transpile.loader.compile_module", replaced)
    assert load(path, options).fib(10) == 55
    assert place(FIBONACCI, options).find() is None and place(DIGITS, options).find() is None


def test_openmp_that_was_installed_since_is_used(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "has_openmp", lambda compiler: False)
    load(FIBONACCI, options)
    assert place(FIBONACCI, options).find()
    monkeypatch.setattr(remembered, "has_openmp", lambda compiler: True)
    assert place(FIBONACCI, options).find() is None
    load(FIBONACCI, options)
    assert place(FIBONACCI, options).find()


def test_a_cache_that_is_read_only(options: Options, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    load(FIBONACCI, options)
    there = place(FIBONACCI, options)
    opening = there.find()
    assert opening

    def refuses(*given: Any) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(cache, "_publish", refuses)
    assert load(FIBONACCI, options).fib(10) == 55
    cache.drop(there.key)
    there.keep(opening)
    assert there.find() is None and load(FIBONACCI, options).fib(10) == 55


# ---- large files ----------------------------------------------------------------------------------------------------


@pytest.fixture
def digests(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The sources whose contents have been looked at; any file that is a minute old is large."""
    monkeypatch.setattr(remembered, "LARGE", 0)
    seen: list[Any] = []
    digest = remembered._digest
    monkeypatch.setattr(remembered, "_digest", lambda source: (seen.append(source), digest(source))[1])
    return seen


def later(monkeypatch: pytest.MonkeyPatch, path: Path, seconds: float) -> None:
    monkeypatch.setattr(remembered.time, "time", lambda: path.stat().st_ctime + seconds)


def test_a_large_file_that_stays_as_it_is_is_looked_at_once(
    options: Options, tmp_path: Path, digests: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(shutil.copy(FIBONACCI, tmp_path))
    later(monkeypatch, path, 61)
    keys = {place(path, options).key for _ in range(3)}
    assert digests == [path] and len(keys) == 1
    status = path.stat()
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # a change that hides: the system knows when it was
    later(monkeypatch, path, 61)
    assert place(path, options).key not in keys and digests == [path, path]


def test_a_file_that_has_just_changed_is_looked_at_again(
    options: Options, tmp_path: Path, digests: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(shutil.copy(FIBONACCI, tmp_path))
    later(monkeypatch, path, 59)
    assert place(path, options).key == place(path, options).key and digests == [path, path]


# ---- the processor --------------------------------------------------------------------------------------------------


def test_the_compiler_is_asked_where_the_system_does_not_say(monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = find_compiler()
    monkeypatch.setattr(toolchain, "_processor", lambda: "")
    assert processor_identity(compiler, "native") == toolchain.cpu_identity(compiler, "native")
    assert processor_identity(compiler, "baseline") == toolchain.cpu_identity(compiler, "baseline")
