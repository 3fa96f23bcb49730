"""Python packages out of modules: importable folders that need numpy and cffi, but neither transpile nor IREE.

<name>/__init__.py      one typed function an export, and the class Module for instances of one's own
<name>/_program/        the files of transpile/program, as they are
<name>/_library.so      the compiled module
<name>/_runtime.cdef    the runtime's declarations, for cffi
<name>/__init__.pyi     its types alone
<name>/py.typed
<name>/model.json       name, version and functions with their inputs and outputs, for programs
"""

from __future__ import annotations

import importlib.metadata
import json
import keyword
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

from transpile import __version__
from transpile.container import Module
from transpile.emit import Output
from transpile.errors import BuildError, Diagnostic, Status, UsageError
from transpile.faults import reported
from transpile.front import ModelOptions
from transpile.loader import compile_module, export_signature, read
from transpile.native.build import Options
from transpile.native.cdef import runtime_cdef
from transpile.native.toolchain import library_suffix
from transpile.program import Declared, Program
from transpile.program.signature import OUT, described, identifiers, is_real, python_type, shape_of
from transpile.resources import TEMPLATES
from transpile.signatures import declarations

if TYPE_CHECKING:
    from transpile.loader import Source

VERSION = "0.0.0"
"""Of a package whose version nobody has said."""
MARK = "_runtime.cdef"
"""The file by which a package of ours is known."""
_PROGRAM = Path(__file__).parents[1] / "program"
# Names the generated file uses itself: a function of such a name gets an underscore, a parameter too.
_USED = (
    *("Any", "ArrayLike", "Callable", "Declared", "Mapping", "Module", "NDArray", "Path", "Program", "VmBuffer"),
    *("VmError", "VmList", "annotations", "cast", "np", "open_library", "partial", "self", "super", "threading"),
    *("int", "float", "tuple", "_DECLARATIONS", "_FOLDER", "_instance", "_library", "_lock", "_program", "_shared"),
)
_ATTRIBUTES = (*dir(Program), "exports", "functions", "library", "name")


def build_package(
    source: Source,
    folder: str | os.PathLike[str],
    options: Options | None = None,
    *,
    name: str | None = None,
    version: str = VERSION,
    verified: bool = True,
    model: ModelOptions | None = None,
) -> Path:
    """Write the package into `folder`, in place of an earlier one; on failure the earlier one stays as it was."""
    options = options or Options(target_cpu="baseline")
    module = read(source, verified=verified, model=model, progress=options.progress, cache=options.cache)
    name = _package_name(name or default_name(source, module), chosen=name is not None)
    output, library = compile_module(module, options)
    target = Path(folder) / name
    if target.exists() and not (target / MARK).is_file():
        message = f"{target} exists and was not written by transpile"
        raise BuildError(Diagnostic(Status.ALREADY_EXISTS, message, hint="choose another --name or folder"))
    with reported(f"the package {name} cannot be written", "choose a folder that you can write to"):
        target.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=target.parent))
        try:
            _write(made, module, output, library, version, options)
            made.chmod(0o755)
            replace_folder(made, target)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return target


def replace_folder(made: Path, target: Path) -> None:
    """Put a finished folder in the place of another; the other one comes back if that fails."""
    if not target.exists():
        made.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent)) / "old"
    target.rename(old)
    try:
        made.rename(target)
    except OSError:
        old.rename(target)
        raise
    finally:
        shutil.rmtree(old.parent, ignore_errors=True)


def package_sources(
    module: Module,
    prefix: str,
    library: str,
    version: str = VERSION,
    *,
    relaxed: bool = False,
    uses: Mapping[str, str] | None = None,
    declared: dict[str, Declared] | None = None,
) -> dict[str, str]:
    """The texts of the package's `__init__.py` and of its stub; `uses` as in `Output`, `declared` as `declarations`
    finds it, if somebody has asked."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES / "python"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Python source: every text of the module goes through `ascii`
    )
    environment.filters["pyrepr"] = ascii
    environment.filters["pystring"] = lambda text: ascii(text).replace('"', "'").replace("\\", "/")
    declared = declarations(module) if declared is None else declared
    values = {
        "module_name": module.name,
        "prefix": prefix,
        "library": library,
        "relaxed": relaxed,
        "version": version,
        "generator": __version__,
        "functions": _functions(module, declared, uses or {}),
        "declarations": {name: tuple(value) for name, value in sorted(declared.items())},
    }
    names = ("__init__.py", "__init__.pyi")
    return {name: environment.get_template(f"package{Path(name).suffix}.j2").render(values) for name in names}


def _functions(module: Module, declared: dict[str, Declared], uses: Mapping[str, str]) -> list[dict[str, Any]]:
    every = {e.name: e for e in reversed(module.exports)}
    exports = {name: e for name, e in every.items() if is_real(name, every)}
    ordered = [e for e in module.exports if exports.get(e.name) is e]
    found = []
    for identifier, export in zip(identifiers((e.name for e in ordered), (*_USED, *_ATTRIBUTES)), ordered, strict=True):
        signature = export_signature(module, export)
        shape = shape_of(signature.calling_convention if signature else "", declared.get(export.name))
        names = identifiers(shape.names, (*_USED, OUT))
        text = declared[export.name].text if export.name in declared else signature_text(export.name)
        annotations = [python_type(kind, mlir) for kind, mlir in zip(shape.kinds, shape.types, strict=True)]
        out = ["*", f"out: {shape.return_type()} | None = None"] if shape.takes_out else []
        found.append(
            {
                "identifier": identifier,
                "export": export.name,
                "parameters": [f"{name}: {type}" for name, type in zip(names, annotations, strict=True)] + out,
                "passed": [*names, *(["out=out"] if out else [])],
                "returns": shape.return_type(),
                "doc": described(text, shape.copied(uses[export.name], names) if export.name in uses else ""),
            }
        )
    return found


def signature_text(name: str) -> str:
    """The docstring of a function about which the module says nothing."""
    return f"Calls the module's export {name!r}."


def model_facts(
    module: Module, version: str, options: Options, declared: dict[str, Declared] | None = None
) -> dict[str, Any]:
    """What a package holds, for programs: `model.json`; `declared` as in `package_sources`."""
    declared = declarations(module) if declared is None else declared
    names = {export.name for export in module.exports}
    functions: dict[str, Any] = {}
    for export in module.exports:
        if export.name in functions or not is_real(export.name, names):
            continue
        signature = export_signature(module, export)
        shape = shape_of(signature.calling_convention if signature else "0v_v", declared.get(export.name))
        functions[export.name] = {
            "inputs": [item.as_dict() for item in shape.inputs],
            "outputs": [item.as_dict() for item in shape.outputs],
        }
    made_by = {"transpile": __version__, "optimize": options.optimize, "target_cpu": options.target_cpu}
    return {"name": module.name, "version": version, "relaxed": options.relaxed, **made_by, "functions": functions}


def _write(folder: Path, module: Module, output: Output, library: Path, version: str, options: Options) -> None:
    file = f"_library{library_suffix()}"
    declared = declarations(module)
    sources = package_sources(
        module, output.prefix, file, version, relaxed=options.relaxed, uses=output.uses, declared=declared
    )
    for source, text in sources.items():
        (folder / source).write_text(text, encoding="utf-8")
    facts = json.dumps(model_facts(module, version, options, declared), indent=1)
    (folder / "model.json").write_text(f"{facts}\n", encoding="utf-8")
    (folder / MARK).write_text(runtime_cdef(), encoding="utf-8")
    (folder / "py.typed").touch()
    shutil.copyfile(library, folder / file)
    shutil.copytree(_PROGRAM, folder / "_program", ignore=shutil.ignore_patterns("__pycache__"))


def default_name(source: Source, module: Module) -> str:
    """The module's; for one that nobody named, which IREE calls `module`, that of its file."""
    if module.name != "module" or not isinstance(source, (str, os.PathLike)):
        return module.name
    return Path(source).stem


def _package_name(name: str, *, chosen: bool) -> str:
    """The package's name, or `UsageError` where an import of it would not work or would find something else."""
    name = name if chosen else identifiers([name])[0]
    reason = _unusable(name)
    if reason:
        message = f"{name!r} is not a valid package name: {reason}"
        raise UsageError(Diagnostic(Status.INVALID_ARGUMENT, message, hint="choose another with --name="))
    return name


def _unusable(name: str) -> str:
    """Why a package cannot have this name; "" if it can."""
    if not name.isidentifier():
        return "letters, digits and underscores are allowed, a letter first"
    if keyword.iskeyword(name) or not name.strip("_"):
        return "Python reserves it"
    if name.startswith("__"):
        return "names with two underscores at their beginning are Python's own"
    if name.lower() in {known.lower() for known in (*sys.stdlib_module_names, *sys.builtin_module_names, "test")}:
        return "Python's standard library has a module of that name"
    if _distribution_name(name) in _installed():
        return "an installed distribution has that name"
    return ""


def _distribution_name(name: str) -> str:
    """As pip compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _installed() -> set[str]:
    """Names that installed distributions have or import by, but for packages that this tool has written."""
    found = {"transpile", "numpy", "cffi", "pip"}
    for distribution in importlib.metadata.distributions():
        files = distribution.files or []
        if any(file.name == MARK and len(file.parts) == 2 for file in files):
            continue
        found.add(_distribution_name(distribution.metadata["Name"] or ""))
        found |= {_distribution_name(file.parts[0].removesuffix(".py")) for file in files if _imported(file.parts)}
    return found


def _imported(parts: tuple[str, ...]) -> bool:
    """Whether a file of a distribution is a module at the top, or a package's beginning."""
    return (parts[-1] == "__init__.py" and len(parts) == 2) or (len(parts) == 1 and parts[0].endswith(".py"))
