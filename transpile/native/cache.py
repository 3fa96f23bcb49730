"""A content-addressed directory of compiled files.

    <root>/<first two digits>/<key>/<file>      one entry, complete from the moment it is visible
    <root>/new/<random>/                        entries being made

An entry is made in `new/` and renamed into its place, so readers never see half of one and of two processes that make
the same entry one wins and both go on.  Its contents are loaded as native code: the root must belong to the user and
be writable by nobody else.
"""

from __future__ import annotations

import errno
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
from typing import IO

from transpile.errors import BuildError, Diagnostic, Status
from transpile.faults import EXHAUSTED, refusal

LIMIT_BYTES = 4 << 30
"""Beyond this the entries that have not been used for longest are dropped."""
RECORD = "record.json"
"""In an entry: length and digest of each other file, by which damage is found before anything is loaded."""
SAMPLE_BYTES = 8 << 20
"""Of a file longer than twice this only so much of its beginning and its end is read for the digest."""
PIECE_BYTES = 1 << 18
"""Of a file at once: what is read is still in the processor's caches when it is hashed, and in memory that is there."""
GRACE_SECONDS = 3600
"""An entry used within this time is never dropped: somebody may be about to load it."""

_HINT = "set TRANSPILE_CACHE to a directory of your own"


def digest(parts: Iterable[str | bytes | memoryview]) -> str:
    """A key for these parts; where one ends and the next begins matters."""
    state = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else memoryview(part).cast("B")
        state.update(len(data).to_bytes(8, "little"))
        state.update(data)
    return state.hexdigest()


def default_root() -> Path:
    """`TRANSPILE_CACHE`, else the platform's place for caches; `BuildError` where there is no home for one."""
    try:
        return _chosen_root()
    except RuntimeError as problem:  # HOME is not set, and the system does not know the user
        message = f"no folder for compiled files can be used: {problem}"
        hint = "set TRANSPILE_CACHE to a directory of your own, or HOME"
        raise BuildError(Diagnostic(Status.FAILED_PRECONDITION, message, hint=hint)) from None


def _chosen_root() -> Path:
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
        """The file `name` of entry `key`; if there is no such entry, `make(folder)` must write it into the folder.

        An entry that is there is found in a root that cannot be written to, too.
        """
        entry = self.root / key[:2] / key
        try:
            self._check_owner()
            if not _intact(entry, name):
                self._prepare()
                self._publish(entry, name, make)
                with suppress(OSError):
                    self.trim()
        except OSError as problem:
            raise self._refusal(problem) from None
        with suppress(OSError):
            os.utime(entry)
        return entry / name

    def find(self, key: str, name: str) -> Path | None:
        """The file `name` of entry `key`, if there is such an entry and it is whole; raises what `fetch` does, or
        `OSError`."""
        entry = self.root / key[:2] / key
        self._check_owner()
        if not _intact(entry, name):
            return None
        with suppress(OSError):
            os.utime(entry)
        return entry / name

    def drop(self, key: str) -> None:
        """Delete one entry, if it exists."""
        shutil.rmtree(self.root / key[:2] / key, ignore_errors=True)

    def workplace(self) -> Path:
        """The folder that entries are made in; `BuildError` if none can be."""
        try:
            self._prepare()
        except OSError as problem:
            raise self._refusal(problem) from None
        return self.root / "new"

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
        """Delete everything; return the number of bytes freed."""
        freed = self.trim(0, grace=-GRACE_SECONDS)
        shutil.rmtree(self.root / "new", ignore_errors=True)
        return freed

    def _publish(self, entry: Path, name: str, make: Callable[[Path], None]) -> None:
        folder = Path(tempfile.mkdtemp(dir=self.root / "new"))
        try:
            make(folder)
            if not (folder / name).is_file():
                raise BuildError(Diagnostic(Status.INTERNAL, f"the C compiler wrote no {name}", hint="check CC"))
            _seal(folder)
            entry.parent.mkdir(mode=0o700, exist_ok=True)
            try:
                folder.rename(entry)
            except OSError:
                if not _intact(entry, name):  # else another process was first, with the same contents
                    _remove(entry)
                    folder.rename(entry)
            _sync_folder(entry.parent)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _prepare(self) -> None:
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._check_owner()
        (self.root / "new").mkdir(mode=0o700, exist_ok=True)

    def _check_owner(self) -> None:
        if not hasattr(os, "getuid") or not self.root.exists():
            return
        status = self.root.stat()
        if status.st_uid != os.getuid():
            raise _unusable(self.root, "it belongs to another user")
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise _unusable(self.root, "other users can write to it")

    def _refusal(self, problem: OSError) -> BuildError:
        """Of the directory, unless the system names another file or has run out of something else."""
        named = problem.filename is None or Path(str(problem.filename)).is_relative_to(self.root)
        if named and problem.errno not in EXHAUSTED:
            return refusal(problem, f"the cache directory {self.root} cannot be used", _HINT)
        return refusal(problem, "compiling failed", "transpile doctor tries the compiler")


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
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    """Have the system write the names in a folder, where it can be asked to."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as problem:
        if problem.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):  # file systems without it
            raise
    finally:
        os.close(handle)


def _intact(entry: Path, name: str) -> bool:
    """Whether the file is there, and everything beside it is what was recorded."""
    try:
        facts = json.loads((entry / RECORD).read_text(encoding="utf-8"))
        return name in facts and all(_facts(entry / file) == known for file, known in facts.items())
    except OSError as problem:
        if problem.errno in EXHAUSTED:  # which says nothing about the entry
            raise
        return False
    except (ValueError, TypeError, AttributeError, RecursionError):
        return False


def _facts(path: Path) -> list[int | str]:
    length = path.stat().st_size
    state = hashlib.sha256()
    with path.open("rb") as file:
        if length > 2 * SAMPLE_BYTES:
            for piece in _pieces(file, SAMPLE_BYTES):
                state.update(piece)
            file.seek(-SAMPLE_BYTES, os.SEEK_END)
        for piece in _pieces(file, length):
            state.update(piece)
    return [length, state.hexdigest()]


def _pieces(file: IO[bytes], length: int) -> Iterator[bytes]:
    """At most so many of the next bytes."""
    while piece := file.read(min(length, PIECE_BYTES)):
        yield piece
        length -= len(piece)


def _remove(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        entry.unlink(missing_ok=True)


def _unusable(root: Path, reason: str) -> BuildError:
    message = f"the cache directory {root} cannot be used: {reason}"
    return BuildError(Diagnostic(Status.PERMISSION_DENIED, message, hint=_HINT))
