"""Entries are complete or absent, whoever else is at work."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from transpile.errors import BuildError
from transpile.native.cache import RECORD, Cache, default_root, digest

KEY = "ab" + "0" * 62


def test_where_parts_end_matters() -> None:
    assert digest(["ab", "c"]) != digest(["a", "bc"]) != digest(["abc"])
    assert digest(["ab"]) == digest([b"ab"]) == digest([memoryview(b"ab")])


def test_an_entry_is_made_once(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "file").write_text("content")

    first = cache.fetch(KEY, "file", make)
    assert first == cache.fetch(KEY, "file", make) and first.read_text() == "content"
    assert len(made) == 1 and not any((cache.root / "new").iterdir())


def test_a_failed_entry_leaves_nothing(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")

    def fail(folder: Path) -> None:
        (folder / "file").write_text("half")
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        cache.fetch(KEY, "file", fail)
    assert list(cache.entries()) == [] and not any((cache.root / "new").iterdir())


def test_the_first_of_many_wins(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")

    def make(folder: Path) -> None:
        (folder / "file").write_text(folder.name)
        time.sleep(0.05)

    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda _: cache.fetch(KEY, "file", make), range(8)))
    assert len(set(paths)) == 1 and paths[0].read_text()
    assert len(list(cache.entries())) == 1 and not any((cache.root / "new").iterdir())


def test_a_damaged_entry_is_made_again(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    path = cache.fetch(KEY, "file", lambda folder: (folder / "file").touch())
    path.rename(path.with_name("other"))
    assert cache.fetch(KEY, "file", lambda folder: (folder / "file").touch()).exists()


def _overwritten(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _made_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGE: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: _overwritten(path, b""),
    "half": lambda path: _overwritten(path, b"cont"),
    "flipped": lambda path: _overwritten(path, b"contenu"),
    "missing": Path.unlink,
    "folder": _made_a_folder,
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("victim", ["file", "file.rodata", RECORD])
def test_damage_is_found(tmp_path: Path, damage: str, victim: str) -> None:
    cache = Cache(tmp_path / "c")

    def make(folder: Path) -> None:
        (folder / "file").write_bytes(b"content")
        (folder / "file.rodata").write_bytes(b"content")

    entry = cache.fetch(KEY, "file", make).parent
    DAMAGE[damage](entry / victim)
    cache.fetch(KEY, "file", make)
    assert [(entry / name).read_bytes() for name in ("file", "file.rodata")] == [b"content"] * 2
    assert not any((cache.root / "new").iterdir())


@pytest.mark.parametrize(("at", "found"), [(0, True), (3, True), (4, False), (7, False), (8, True), (11, True)])
def test_of_large_files_the_ends_are_compared(
    at: int, found: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transpile.native.cache.SAMPLE_BYTES", 4)
    cache = Cache(tmp_path / "c")
    path = cache.fetch(KEY, "file", lambda folder: (folder / "file").write_bytes(b"abcdefghijkl"))
    damaged = bytearray(b"abcdefghijkl")
    damaged[at] ^= 1
    path.write_bytes(damaged)
    cache.fetch(KEY, "file", lambda folder: (folder / "file").write_bytes(b"abcdefghijkl"))
    assert path.read_bytes() == (b"abcdefghijkl" if found else damaged)


def test_a_file_in_the_place_of_an_entry(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    entry = cache.fetch(KEY, "file", lambda folder: (folder / "file").touch()).parent
    shutil.rmtree(entry)
    entry.touch()
    assert cache.fetch(KEY, "file", lambda folder: (folder / "file").touch()).is_file()


def test_a_compiler_that_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="wrote no file"):
        Cache(tmp_path / "c").fetch(KEY, "file", lambda folder: None)


def test_a_full_disk(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))

    with pytest.raises(BuildError, match=r"No space left on device.*TRANSPILE_CACHE"):
        Cache(tmp_path / "c").fetch(KEY, "file", fail)


def test_the_oldest_entries_are_dropped(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c", limit=250)
    now = time.time()

    def add(number: int, age: float) -> Path:
        path = cache.fetch(f"{number:064x}", "file", lambda folder: (folder / "file").write_bytes(bytes(100)))
        os.utime(path.parent, (now - age, now - age))
        return path

    old, older = add(1, 8000), add(2, 9000)
    assert older.exists()
    recent = add(3, 10)
    assert old.exists() and not older.exists()
    assert cache.trim(0) == 100
    assert recent.exists() and not old.exists()
    assert cache.clear() == 100 and not recent.exists()


def test_a_folder_others_can_write_to_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "c"
    root.mkdir()
    root.chmod(0o777)
    with pytest.raises(BuildError, match="other users can write to it"):
        Cache(root).fetch(KEY, "file", lambda folder: None)
    (tmp_path / "file").touch()
    with pytest.raises(BuildError, match="TRANSPILE_CACHE"):
        Cache(tmp_path / "file").fetch(KEY, "file", lambda folder: None)


def test_the_root_is_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSPILE_CACHE", "/somewhere")
    assert default_root() == Path("/somewhere")
    monkeypatch.delenv("TRANSPILE_CACHE")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert default_root() == Path("/xdg/transpile")
