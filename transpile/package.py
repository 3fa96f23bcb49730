"""Python packages out of modules: importable folders that need numpy and cffi, but neither transpile nor IREE.

<name>/__init__.py      one typed function an export, and the class Module for instances of one's own
<name>/_program/        the files of transpile/program, as they are
<name>/_library.so      the compiled module
<name>/_runtime.cdef    the runtime's declarations, for cffi
<name>/__init__.pyi     its types alone
<name>/py.typed
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

from transpile.build import Options
from transpile.cdef import runtime_cdef
from transpile.container import Module
from transpile.errors import BuildError, Diagnostic, Status
from transpile.loader import compile_module, declarations, export_signature, read
from transpile.program import Declared, Program
from transpile.program.signature import identifiers, python_type, shape_of
from transpile.resources import TEMPLATES
from transpile.toolchain import library_suffix

if TYPE_CHECKING:
    from transpile.loader import Source

_PROGRAM = Path(__file__).parent / "program"
# Names the generated file uses itself: a function of such a name gets an underscore, a parameter too.
_USED = (
    *("Any", "ArrayLike", "Callable", "Declared", "Mapping", "Module", "NDArray", "Path", "Program", "VmBuffer"),
    *("VmError", "VmList", "annotations", "cast", "np", "open_library", "partial", "self", "super", "threading"),
    *("int", "float", "tuple", "_DECLARATIONS", "_FOLDER", "_instance", "_library", "_lock", "_program", "_shared"),
)
_ATTRIBUTES = (*dir(Program), "exports", "library", "name")


def build_package(
    source: Source,
    folder: str | os.PathLike[str],
    options: Options | None = None,
    *,
    name: str | None = None,
    verified: bool = True,
) -> Path:
    """Write the package into `folder`, in place of an earlier one; on failure the earlier one stays as it was."""
    module = read(source, verified=verified)
    name = _package_name(name or module.name, chosen=name is not None)
    options = options or Options(target_cpu="baseline")
    output, library = compile_module(module, options)
    target = Path(folder) / name
    if target.exists() and not (target / "_runtime.cdef").is_file():
        message = f"{target} exists and is no package written by transpile"
        raise BuildError(Diagnostic(Status.ALREADY_EXISTS, message, hint="choose another --name or folder"))
    target.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=target.parent))
    try:
        _write(made, module, output.prefix, library, relaxed=options.relaxed)
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


def package_sources(module: Module, prefix: str, library: str, *, relaxed: bool = False) -> dict[str, str]:
    """The texts of the package's `__init__.py` and of its stub."""
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
    declared = declarations(module)
    values = {
        "module_name": module.name,
        "prefix": prefix,
        "library": library,
        "relaxed": relaxed,
        "functions": _functions(module, declared),
        "declarations": {name: tuple(value) for name, value in sorted(declared.items())},
    }
    names = ("__init__.py", "__init__.pyi")
    return {name: environment.get_template(f"package{Path(name).suffix}.j2").render(values) for name in names}


def _functions(module: Module, declared: dict[str, Declared]) -> list[dict[str, Any]]:
    exports = {e.name: e for e in reversed(module.exports) if not e.name.startswith("__")}
    ordered = [e for e in module.exports if exports.get(e.name) is e]
    found = []
    for identifier, export in zip(identifiers((e.name for e in ordered), (*_USED, *_ATTRIBUTES)), ordered, strict=True):
        signature = export_signature(module, export)
        shape = shape_of(signature.calling_convention if signature else "", declared.get(export.name))
        annotations = [python_type(kind, mlir) for kind, mlir in zip(shape.kinds, shape.types, strict=True)]
        found.append(
            {
                "identifier": identifier,
                "export": export.name,
                "parameters": list(zip(identifiers(shape.names, _USED), annotations, strict=True)),
                "returns": shape.return_type(),
                "doc": declared[export.name].text if export.name in declared else signature_text(export.name),
            }
        )
    return found


def signature_text(name: str) -> str:
    """The docstring of a function about which the module says nothing."""
    return f"Calls the module's export {name!r}."


def _write(folder: Path, module: Module, prefix: str, library: Path, *, relaxed: bool) -> None:
    file = f"_library{library_suffix()}"
    for source, text in package_sources(module, prefix, file, relaxed=relaxed).items():
        (folder / source).write_text(text, encoding="utf-8")
    (folder / "_runtime.cdef").write_text(runtime_cdef(), encoding="utf-8")
    (folder / "py.typed").touch()
    shutil.copyfile(library, folder / file)
    shutil.copytree(_PROGRAM, folder / "_program", ignore=shutil.ignore_patterns("__pycache__"))


def _package_name(name: str, *, chosen: bool) -> str:
    if chosen and not name.isidentifier():
        message = f"{name!r} is no Python package name"
        raise BuildError(Diagnostic(Status.INVALID_ARGUMENT, message, hint="use letters, digits and underscores"))
    return name if chosen else identifiers([name])[0]
