"""Files that are written into a folder together, where nothing of anybody else's is lost."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from transpile.cli.record import RECORD, RUNTIME, Written, digest_of, file_digest, read_record, record_text
from transpile.errors import Diagnostic, Status, UsageError

Content = str | bytes | memoryview

_SHOWN = 5
"""Refused files that a message names."""
_HINT = "choose another folder or --prefix, or replace what is there with --force"


def write_together(files: Mapping[str, Content], folder: Path, owner: str, *, force: bool = False) -> None:
    """Write all files or none, and remove what `owner` wrote earlier and no longer writes.

    Raise `UsageError`, with nothing written, where a file would take the place of another owner's, of one that no
    record has, or of one that was changed since it was written; `force` replaces these.  Names that differ in capitals
    alone count as the same, as many file systems have it.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with _locked(folder), tempfile.TemporaryDirectory(prefix=".emit-", dir=folder) as made:
            _write(files, folder, owner, Path(made), force=force)
    except BaseException:
        for path in missing:
            with suppress(OSError):
                path.rmdir()
        raise


def _write(files: Mapping[str, Content], folder: Path, owner: str, made: Path, *, force: bool) -> None:
    contents = {name: _bytes(content) for name, content in files.items()}
    planned = {name: Written(_owner(name, owner), digest_of(content)) for name, content in contents.items()}
    known = read_record(folder)
    problems = _problems(planned, known, folder, force=force)
    if problems:
        raise _refused(problems, folder)
    known = known or {}
    folded = {name.casefold() for name in planned}
    stale = [name for name in sorted(known) if _is_stale(name, known[name], planned, folder)]
    kept = {name: at for name, at in known.items() if name not in stale and name.casefold() not in folded}
    contents[RECORD] = _bytes(record_text({**kept, **planned}))
    for name, content in contents.items():
        path = made / "new" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    _move_in(list(contents), stale, folder, made)


def _problems(
    planned: Mapping[str, Written], known: dict[str, Written] | None, folder: Path, *, force: bool
) -> list[tuple[str, str]]:
    """Names that may not be written, and why."""
    found = []
    if os.path.lexists(folder / RECORD) and (known is None or not (folder / RECORD).is_file()):
        found.append((RECORD, "" if (folder / RECORD).is_dir() else "is not a record that transpile emit has written"))
    parents = {str(parent).casefold() for name in planned for parent in PurePosixPath(name).parents}
    present: dict[str, list[str]] = {}
    for name in _present(folder, "", parents):
        present.setdefault(name.casefold(), []).append(name)
    for name, at in planned.items():
        for other in present.get(name.casefold(), ()):
            reason = _objection(folder / other, (known or {}).get(other), at, same_name=other == name)
            found += [] if reason is None else [(other, reason)]
    found += [(name, "") for name in planned if not _inside(folder / name, folder)]
    return [(name, reason or "is not a plain file in this folder") for name, reason in found if not (force and reason)]


def _objection(path: Path, known: Written | None, planned: Written, *, same_name: bool) -> str | None:
    """Why a file may not be replaced; "" where nothing can take its place, None where it may be."""
    if path.is_dir() and not path.is_symlink():
        return ""
    if known and known.owner != planned.owner:
        return f"belongs to {known.owner!a}"
    now = file_digest(path)
    if same_name and now == planned.digest:
        return None
    if known is None:
        return "was not written by transpile emit"
    return None if now == known.digest else "was changed since transpile emit wrote it"


def _refused(problems: list[tuple[str, str]], folder: Path) -> UsageError:
    shown = [
        Diagnostic(Status.ALREADY_EXISTS, f"{name} {reason}", str(folder), _HINT) for name, reason in problems[:_SHOWN]
    ]
    if len(problems) > _SHOWN:
        message = f"{len(problems) - _SHOWN} more files would be overwritten"
        shown.append(Diagnostic(Status.ALREADY_EXISTS, message, str(folder), _HINT))
    return UsageError(*shown)


def _present(folder: Path, at: str, parents: set[str]) -> Iterator[str]:
    """What is in the folder, and in those of its folders that files go to; `parents` are these without capitals."""
    for path in sorted((folder / at).iterdir()):
        name = f"{at}{path.name}"
        if name.casefold() in parents and path.is_dir():
            yield from _present(folder, f"{name}/", parents)
        else:
            yield name


def _is_stale(name: str, known: Written, planned: Mapping[str, Written], folder: Path) -> bool:
    """Whether a file of an earlier emission is as it was written, and belongs to none that is written now."""
    owners = {at.owner for at in planned.values()}
    if name in planned or known.owner not in owners or not _inside(folder / name, folder):
        return False
    return not os.path.lexists(folder / name) or file_digest(folder / name) == known.digest


def _inside(path: Path, folder: Path) -> bool:
    """Whether a file would really be in the folder, which a link in its place or a file on the way prevents."""
    parent = path.parent
    if os.path.lexists(parent) and not parent.is_dir():
        return False
    return parent.resolve().is_relative_to(folder.resolve())


def _move_in(names: list[str], stale: list[str], folder: Path, made: Path) -> None:
    """Files one after the other, the record last; what has been done is undone if one cannot be moved."""
    done: list[tuple[Path, Path | None]] = []
    (made / "old").mkdir()
    try:
        for name in names[:-1]:
            _replace(made / "new" / name, folder / name, made / "old" / str(len(done)), done)
        fresh = [folder / name for name in names]
        for name in stale:
            path, moved = folder / name, made / "old" / str(len(done))
            if path.exists() and not any(other.exists() and other.samefile(path) for other in fresh):
                path.replace(moved)
                done.append((path, moved))
        _replace(made / "new" / names[-1], folder / names[-1], made / "old" / str(len(done)), done)
    except BaseException:
        for target, aside in reversed(done):
            with suppress(OSError):
                aside.replace(target) if aside else target.unlink(missing_ok=True)
        raise


def _replace(source: Path, target: Path, aside: Path, done: list[tuple[Path, Path | None]]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    before: Path | None = None
    if os.path.lexists(target):
        before = aside
        try:
            os.link(target, aside, follow_symlinks=False)
        except (OSError, NotImplementedError):  # file systems without links
            shutil.copy2(target, aside, follow_symlinks=False)
    done.append((target, before))
    source.replace(target)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Emissions into one folder go one after the other, where the system can lock one: each reads the record and
    writes it."""
    try:
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _owner(name: str, owner: str) -> str:
    return RUNTIME if name.startswith(f"{RUNTIME}/") else owner


def _bytes(content: Content) -> bytes | memoryview:
    return content.encode("utf-8") if isinstance(content, str) else content
