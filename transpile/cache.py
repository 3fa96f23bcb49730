"""A content-addressed directory of compiled files.

    <root>/<first two digits>/<key>/<file>      one entry, complete from the moment it is visible
    <root>/new/<random>/                        entries being made

An entry is made in `new/` and renamed into its place, so readers never see half of one and of two processes that make
the same entry one wins and both go on.  Its contents are loaded as native code: the root must belong to the user and
be writable by nobody else.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from transpile.errors import BuildError, Diagnostic, Status

LIMIT_BYTES = 4 << 30
"""Beyond this the entries that have not been used for longest are dropped."""
RECORD = "record.json"
"""In an entry: length and digest of each other file, by which damage is found before anything is loaded."""
SAMPLE_BYTES = 16 << 20
"""Of a file longer than twice this only so much of its beginning and its end is read for the digest."""
GRACE_SECONDS = 3600
"""An entry used within this time is never dropped: somebody may be about to load it."""


def digest(parts: Iterable[str | bytes | memoryview]) -> str:
    """A key for these parts; where one ends and the next begins matters."""
    state = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else memoryview(part).cast("B")
        state.update(len(data).to_bytes(8, "little"))
        state.update(data)
    return state.hexdigest()


def default_root() -> Path:
    """`TRANSPILE_CACHE`, else the platform's place for caches."""
    chosen = os.environ.get("TRANSPILE_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "transpile"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "transpile" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "transpile"


@dataclass(frozen=True)
class Entry:
    """One entry; `used` is when it was last asked for."""

    path: Path
    size: int
    used: float


class Cache:
    """The entries under one root."""

    def __init__(self, root: Path | None = None, limit: int = LIMIT_BYTES) -> None:
        self.root = (root or default_root()).absolute()
        self.limit = limit

    def fetch(self, key: str, name: str, make: Callable[[Path], None]) -> Path:
        """The file `name` of entry `key`; if there is no such entry, `make(folder)` must write it into the folder."""
        self._prepare()
        entry = self.root / key[:2] / key
        if not _intact(entry, name):
            try:
                self._publish(entry, name, make)
            except OSError as problem:
                raise _unusable(self.root, str(problem)) from None
            self.trim()
        with suppress(OSError):
            os.utime(entry)
        return entry / name

    def drop(self, key: str) -> None:
        """Forget one entry, if there is one."""
        shutil.rmtree(self.root / key[:2] / key, ignore_errors=True)

    def entries(self) -> Iterator[Entry]:
        """All entries, in no order."""
        for path in self.root.glob("[0-9a-f][0-9a-f]/*"):
            with suppress(OSError):  # another process may have dropped it meanwhile
                yield Entry(path, _size(path), path.stat().st_mtime)

    def trim(self, limit: int | None = None, grace: float = GRACE_SECONDS) -> int:
        """Drop the entries unused for longest until `limit` bytes are left; returns the bytes freed."""
        found = sorted(self.entries(), key=lambda entry: entry.used)
        excess = sum(entry.size for entry in found) - (self.limit if limit is None else limit)
        freed = 0
        for entry in found:
            if freed >= excess or entry.used > time.time() - grace:
                break
            shutil.rmtree(entry.path, ignore_errors=True)
            freed += entry.size
        return freed

    def clear(self) -> int:
        """Drop everything; returns the bytes freed."""
        freed = self.trim(0, grace=-GRACE_SECONDS)
        shutil.rmtree(self.root / "new", ignore_errors=True)
        return freed

    def _publish(self, entry: Path, name: str, make: Callable[[Path], None]) -> None:
        folder = Path(tempfile.mkdtemp(dir=self.root / "new"))
        try:
            make(folder)
            _seal(folder)
            if not _intact(folder, name):
                raise BuildError(Diagnostic(Status.INTERNAL, f"the C compiler wrote no {name}", hint="check CC"))
            entry.parent.mkdir(mode=0o700, exist_ok=True)
            try:
                folder.rename(entry)
            except OSError:
                if not _intact(entry, name):  # else another process was first, with the same contents
                    _remove(entry)
                    folder.rename(entry)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _prepare(self) -> None:
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._check_owner()
            (self.root / "new").mkdir(mode=0o700, exist_ok=True)
        except OSError as problem:
            raise _unusable(self.root, str(problem)) from None

    def _check_owner(self) -> None:
        if not hasattr(os, "getuid"):
            return
        status = self.root.stat()
        if status.st_uid != os.getuid():
            raise _unusable(self.root, "it belongs to another user")
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise _unusable(self.root, "other users can write to it")


def _size(entry: Path) -> int:
    return sum(f.stat().st_size for f in entry.rglob("*") if f.is_file() and f.name != RECORD)


def _seal(folder: Path) -> None:
    """Record what is in an entry, and have the system write all of it before the entry is visible."""
    facts = {path.name: _facts(path) for path in sorted(folder.iterdir()) if path.is_file()}
    (folder / RECORD).write_text(json.dumps(facts), encoding="utf-8")
    for path in folder.iterdir():
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())


def _intact(entry: Path, name: str) -> bool:
    """Whether the file is there, and everything beside it is what was recorded."""
    try:
        facts = json.loads((entry / RECORD).read_text(encoding="utf-8"))
        return name in facts and all(_facts(entry / file) == known for file, known in facts.items())
    except (OSError, ValueError, TypeError, AttributeError):
        return False


def _facts(path: Path) -> list[int | str]:
    length = path.stat().st_size
    state = hashlib.sha256()
    with path.open("rb") as file:
        if length > 2 * SAMPLE_BYTES:
            state.update(file.read(SAMPLE_BYTES))
            file.seek(-SAMPLE_BYTES, os.SEEK_END)
        state.update(file.read())
    return [length, state.hexdigest()]


def _remove(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        entry.unlink(missing_ok=True)


def _unusable(root: Path, reason: str) -> BuildError:
    message = f"the cache directory cannot be used: {reason}"
    hint = "set TRANSPILE_CACHE to a directory of your own"
    return BuildError(Diagnostic(Status.PERMISSION_DENIED, message, str(root), hint))
