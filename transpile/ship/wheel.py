"""Wheels out of modules: what `pip install` takes, made of the package that `transpile/ship/package.py` writes.

<name>-<version>-py3-none-<platform>.whl     for any Python 3.11 or newer on this kind of machine

The library is loaded through cffi and does not depend on a Python version.  The archive itself, its METADATA and its
RECORD are hatchling's work.
"""

from __future__ import annotations

import os
import sysconfig
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transpile.errors import BuildError, Diagnostic, Status
from transpile.faults import reported
from transpile.front import ModelOptions
from transpile.loader import read
from transpile.native.build import Options
from transpile.ship.package import VERSION as VERSION
from transpile.ship.package import build_package, model_facts

if TYPE_CHECKING:
    from transpile.loader import Source

DEPENDENCIES = ("cffi>=1.16", "numpy>=1.26")


def build_wheel(
    source: Source,
    folder: str | os.PathLike[str],
    options: Options | None = None,
    *,
    name: str | None = None,
    version: str = VERSION,
    verified: bool = True,
    model: ModelOptions | None = None,
) -> Path:
    """Write a wheel into `folder` and return its path; the same module and options give the same bytes."""
    _require_hatchling()
    options = options or Options(target_cpu="baseline")
    module = read(source, verified=verified, model=model, progress=options.progress, cache=options.cache)
    hint = "choose a folder that you can write to; TMPDIR chooses where it is made"
    with reported("the wheel cannot be written", hint), tempfile.TemporaryDirectory(prefix="transpile-") as root:
        package = build_package(module, root, options, name=name, version=version)
        facts = model_facts(module, version, options)
        project = _project(package.name, version, _description(module.name, options), _readme(package.name, facts))
        return _archived(package, Path(folder), project)


def platform_tag() -> str:
    """This system and processor as a wheel's name spells them."""
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


def _description(module: str, options: Options | None) -> str:
    relaxed = ", with relaxed arithmetic" if options is not None and options.relaxed else ""
    return f"IREE VM module {module!a}, compiled to native code{relaxed}"


def _readme(package: str, facts: dict[str, Any]) -> str:
    """What a page of an index shows: how each function is called."""
    lines = [f"# {package}", "", "Functions on numpy arrays, compiled to native code.", "", "```text"]
    for name, function in facts["functions"].items():
        given, made = ([_shown(item) for item in function[key]] for key in ("inputs", "outputs"))
        lines.append(
            f"{package}.{name}({', '.join(given)}) -> {', '.join(made) or 'None'}".encode("ascii", "replace").decode()
        )
    return "\n".join([*lines, "```", ""])


def _shown(item: dict[str, Any]) -> str:
    """As `image: float32[batch, 64]`."""
    shape = "" if not item["shape"] else f"[{', '.join('?' if n is None else str(n) for n in item['shape'])}]"
    return f"{item['name']}: {item['dtype'] or 'object'}{shape}".replace("`", "'")


def _project(package: str, version: str, description: str, readme: str) -> dict[str, Any]:
    """What would be in a `pyproject.toml`."""
    wheel = {"packages": [package], "ignore-vcs": True, "core-metadata-version": "2.3"}
    return {
        "project": {
            "name": package,
            "version": version,
            "description": description,
            "readme": {"content-type": "text/markdown", "text": readme},
            "requires-python": ">=3.11",
            "dependencies": list(DEPENDENCIES),
            "classifiers": ["Programming Language :: Python :: 3", "Typing :: Typed"],
        },
        "tool": {"hatch": {"build": {"targets": {"wheel": wheel}}}},
    }


def _archived(package: Path, folder: Path, project: dict[str, Any]) -> Path:
    from hatchling.builders.wheel import WheelBuilder

    class Builder(WheelBuilder):
        """With the tag of a library that is no extension module."""

        def get_default_build_data(self) -> dict[str, Any]:
            return {**super().get_default_build_data(), "pure_python": False, "tag": f"py3-none-{platform_tag()}"}

    try:
        (built,) = Builder(str(package.parent), config=project).build(
            directory=str(folder.absolute()), versions=["standard"]
        )
    except ValueError as problem:  # a name or a version that the standards for metadata do not allow
        raise BuildError(Diagnostic(Status.INVALID_ARGUMENT, f"no wheel of this name: {problem}")) from None
    return folder / Path(built).name


def _require_hatchling() -> None:
    try:
        import hatchling  # noqa: F401
    except ImportError:
        hint = "pip install hatchling"
        raise BuildError(Diagnostic(Status.UNAVAILABLE, "making wheels needs hatchling", hint=hint)) from None
