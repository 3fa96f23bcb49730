"""What `load` has found out about a module, kept in the cache: the next process only opens a library.

    contents, options, compiler, processor, our own files --key--> Opening

The key is made of what the C depends on, and not of the C: to find an entry nothing is read, verified or generated.
An entry is written after the module has been verified and its library compiled, so what it finds needs no check.
"""

from __future__ import annotations

import functools
import hashlib
import os
import pickle
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import _cffi_backend

from transpile.errors import BuildError
from transpile.front import Given
from transpile.native.build import Options, silent
from transpile.native.cache import Cache, digest
from transpile.native.toolchain import Compiler, find_compiler, has_openmp, processor_identity
from transpile.program import Declared
from transpile.resources import CSUPPORT, PACKAGE, TEMPLATES

LARGE = 8 << 20
"""Files above this are not read to find them again, if nothing has happened to them."""
SETTLED_SECONDS = 60
"""A file that changed since may change again with nothing to show for it: clocks of file systems are coarse, and those
of servers differ from ours."""
_FILE = "program"


class Opening(NamedTuple):
    """All that it takes to open a compiled module."""

    path: Path
    prefix: str
    types: str
    """The declarations of its library, as Python that cffi has made of them."""
    declared: Mapping[str, Declared]


class _Entry(NamedTuple):
    """An opening, as it is kept; the library is an entry of its own."""

    key: str
    name: str
    prefix: str
    types: str
    declared: Mapping[str, Declared]
    lacks_openmp: bool
    """The compiler had none, though it was asked for; it may have been installed since."""


@dataclass(frozen=True)
class Place:
    """Where the opening of one module with one set of options is kept."""

    source: Given
    contents: str
    """The digest of the source when it was looked up."""
    key: str
    cache: Cache
    compiler: Compiler
    openmp: bool

    def find(self) -> Opening | None:
        """What is kept, if it and its library are whole."""
        with suppress(OSError, BuildError):
            found = self.cache.find(self.key, _FILE)
            entry: _Entry | None = pickle.loads(found.read_bytes()) if found else None
            if entry is None or (entry.lacks_openmp and has_openmp(self.compiler)):
                return None
            path = self.cache.find(entry.key, entry.name)
            return Opening(path, entry.prefix, entry.types, entry.declared) if path else None
        return None

    def keep(self, opening: Opening) -> None:
        """For a verified module that was read from the source after it was looked up.

        A source that has changed meanwhile is not what was compiled.  Where nothing can be written, nothing is kept.
        """
        path, prefix, types, declared = opening
        lacks_openmp = self.openmp and not has_openmp(self.compiler)
        entry = pickle.dumps(_Entry(path.parent.name, path.name, prefix, types, declared, lacks_openmp))
        with suppress(OSError, BuildError):
            if _digest(self.source) == self.contents:
                self.cache.drop(self.key)
                self.cache.fetch(self.key, _FILE, lambda folder: _write(folder / _FILE, entry))


def place_of(source: Given, options: Options, supplied: Iterable[str]) -> Place | None:
    """Where a module is to be looked up; None where that cannot be said, and those who need it will say why."""
    with suppress(OSError, BuildError):
        cache, compiler = options.cache or Cache(), options.compiler or find_compiler()
        contents = _remembered_digest(source, cache)
        said = replace(options, jobs=None, compiler=None, cache=None, progress=silent)
        parts = [repr(replace(said, defines=dict(sorted(options.defines.items())))), "supplied", *sorted(supplied)]
        parts += ["compiler", *compiler.command, compiler.version, *_stamp(shutil.which(compiler.command[0]) or "")]
        parts += [processor_identity(compiler, options.target_cpu), _cffi_backend.__version__, _own_files()]
        key = digest(["program", contents, *parts])
        return Place(source, contents, key, cache, compiler, options.openmp)
    return None


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


@functools.cache
def _own_files() -> str:
    """A digest of this package, its templates and the runtime: another version makes another C, and so does a change
    to any of them."""
    paths = sorted({path for folder in (PACKAGE, TEMPLATES, CSUPPORT) for path in _files(os.fspath(folder))})
    return digest(part for path in paths for part in (path, _bytes(path)))


def _bytes(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:  # of some hundred files each layer above the system's would be felt
        return file.read()


def _files(folder: str) -> Iterator[str]:
    with os.scandir(folder) as found:
        for item in found:
            if not item.is_dir():
                yield item.path
            elif item.name != "__pycache__":
                yield from _files(item.path)


def _remembered_digest(source: Given, cache: Cache) -> str:
    """The digest of the contents, which for a large file that has been the same for a while is kept too."""
    if not isinstance(source, (str, os.PathLike)) or not _is_settled(os.stat(source)):
        return _digest(source)
    stamp = _stamp(source)

    def make(folder: Path) -> None:
        found = _digest(source)
        if _stamp(source) != stamp:
            raise OSError(f"{source} has changed")
        _write(folder / _FILE, found.encode())

    try:
        return cache.fetch(digest(["contents", *stamp]), _FILE, make).read_text()
    except (OSError, BuildError):  # where nothing can be written
        return _digest(source)


def _is_settled(status: os.stat_result) -> bool:
    return status.st_size > LARGE and max(status.st_mtime, status.st_ctime) < time.time() - SETTLED_SECONDS


def _digest(source: Given) -> str:
    if not isinstance(source, (str, os.PathLike)):
        return hashlib.sha256(source).hexdigest()
    with Path(source).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _stamp(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """What changes with a file."""
    status = os.stat(path)
    facts = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return (os.path.realpath(path), *map(str, facts))
