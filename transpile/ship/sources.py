"""Source archives out of modules: C, its runtime, and the CMake file that builds and installs them.

<name>-<version>.tar.gz     <name>-<version>/CMakeLists.txt, main.c, <prefix>.h, …, csupport/

The same module and options give the same bytes.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from transpile.emit import EmitOptions, emit
from transpile.errors import Diagnostic, Status, UsageError
from transpile.faults import reported
from transpile.loader import read
from transpile.native.build import Options, runtime_files
from transpile.resources import LICENCE
from transpile.ship.package import VERSION, default_name
from transpile.ship.programs import main_files

if TYPE_CHECKING:
    from transpile.front import ModelOptions
    from transpile.loader import Source

_VERSION = re.compile(r"[0-9][0-9A-Za-z.+!_-]{0,60}")


def build_sources(
    source: Source,
    folder: str | os.PathLike[str],
    options: Options | None = None,
    *,
    name: str | None = None,
    version: str = VERSION,
    verified: bool = True,
    model: ModelOptions | None = None,
) -> Path:
    """Write the archive into `folder` and return its path; `name` is also the prefix of the C symbols."""
    options = options or Options(target_cpu="baseline")
    if not _VERSION.fullmatch(version):
        raise UsageError(Diagnostic(Status.INVALID_ARGUMENT, f"{version!r} is not a version", hint="write it like 1.2"))
    module = read(source, verified=verified, model=model, progress=options.progress, cache=options.cache)
    options.progress("generating C")
    prefix = name or default_name(source, module)
    output = emit(module, EmitOptions(prefix=prefix if name else None, optimize=options.optimize))
    files = {**output.files, **{f"csupport/{path.name}": path.read_bytes() for path in runtime_files()}}
    files |= main_files(output, release=version)
    files |= {"csupport/LICENSE": LICENCE.read_bytes()} if LICENCE else {}
    root = f"{output.prefix}-{version}"
    target = Path(folder) / f"{root}.tar.gz"
    with reported(f"{target} cannot be written", "choose a folder that you can write to"):
        target.parent.mkdir(parents=True, exist_ok=True)
        made = target.with_name(f".{target.name}.new")
        try:
            made.write_bytes(_archive({f"{root}/{path}": content for path, content in sorted(files.items())}))
            made.replace(target)
        finally:
            made.unlink(missing_ok=True)
    return target


def _archive(files: dict[str, str | bytes | memoryview]) -> bytes:
    """A compressed archive without times, users and names of this machine."""
    written = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=written, mode="wb", mtime=0, filename="") as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, content in files.items():
            data = content.encode("utf-8") if isinstance(content, str) else bytes(content)
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    return written.getvalue()
