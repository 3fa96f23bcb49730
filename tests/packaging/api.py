"""The API reference, made from signatures and docstrings: what `docs/api.md` holds.

`pytest tests/packaging/test_api.py --bless` writes the page anew.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import is_dataclass
from types import FunctionType
from typing import Any

import transpile
from transpile.emit import EmitOptions, Output
from transpile.explanation import Explanation
from transpile.native.cache import Cache
from transpile.native.toolchain import Compiler
from transpile.program import Function
from transpile.verify import Report

HEAD = """# API reference

Made from the docstrings by `pytest tests/packaging/test_api.py --bless`; a test keeps it current. The names are in
`transpile`; those of the last section are in `transpile.emit`, `transpile.verify`, `transpile.explanation`,
`transpile.native.toolchain` and `transpile.native.cache`.
"""

SECTIONS: dict[str, list[Any]] = {
    "Functions": [
        transpile.load,
        transpile.compile,
        transpile.build,
        transpile.emit,
        transpile.verify,
        transpile.disassemble,
        transpile.explain,
    ],
    "Programs": [
        transpile.Program,
        Function,
        transpile.Argument,
        transpile.Storage,
        transpile.VmBuffer,
        transpile.VmList,
    ],
    "Errors": [
        transpile.TranspileError,
        transpile.ContainerError,
        transpile.VerifyError,
        transpile.UnsupportedError,
        transpile.BuildError,
        transpile.UsageError,
        transpile.VmError,
        transpile.Diagnostic,
        transpile.Status,
    ],
    "Options and results": [EmitOptions, Output, Report, Explanation, Compiler, Cache],
}


def reference() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_lines()]).rstrip() + "\n"


def _lines() -> Iterator[str]:
    for title, items in SECTIONS.items():
        yield f"## {title}\n"
        for item in items:
            yield from _class(item) if inspect.isclass(item) else _callable(item, item.__name__, "###")


def _class(item: type) -> Iterator[str]:
    yield f"### class {item.__name__}\n"
    if is_dataclass(item) or "__init__" in vars(item):
        yield f"```text\n{_signature(item.__name__, item)}\n```\n"
    yield from _text(item)
    for name, member in vars(item).items():
        if name.startswith("_"):
            continue
        if isinstance(member, property):
            yield f"#### {item.__name__}.{name}\n"
            yield from _text(member)
        elif isinstance(member, (FunctionType, classmethod, staticmethod)):
            yield from _callable(getattr(item, name), f"{item.__name__}.{name}", "####")


def _callable(item: Any, name: str, heading: str) -> Iterator[str]:
    yield f"{heading} {name}\n"
    yield f"```text\n{_signature(name, item)}\n```\n"
    yield from _text(item)


def _signature(name: str, item: Any) -> str:
    """One line, or one a parameter where that is too long."""
    signature = inspect.signature(item)
    shown = [parameter for key, parameter in signature.parameters.items() if key != "self"]
    parameters = [_parameter(parameter) for parameter in shown]
    kinds = [parameter.kind for parameter in shown]
    if inspect.Parameter.KEYWORD_ONLY in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        parameters.insert(kinds.index(inspect.Parameter.KEYWORD_ONLY), "*")
    unknown = inspect.isclass(item) or signature.return_annotation is inspect.Signature.empty
    result = "" if unknown else f" -> {signature.return_annotation}"
    text = f"{name}({', '.join(parameters)}){result}"
    if len(text) <= 100:
        return text
    return f"{name}(\n" + "".join(f"    {each},\n" for each in parameters) + f"){result}"


def _parameter(parameter: inspect.Parameter) -> str:
    """Name, type and default; what is only known when it is called is `...`."""
    star = "*" if parameter.kind is inspect.Parameter.VAR_POSITIONAL else ""
    text = f"{star}{parameter.name}: {parameter.annotation}"
    if parameter.default is inspect.Parameter.empty:
        return text
    default = repr(parameter.default)
    return f"{text} = {'...' if default.startswith(('<', 'mappingproxy')) else default}"


def _text(item: Any) -> Iterator[str]:
    """The docstring, if it was written here (dataclasses and enumerations get one by themselves)."""
    text = inspect.getdoc(item) or ""
    if text and not text.startswith((f"{getattr(item, '__name__', '')}(", "An enumeration.")):
        yield f"{text}\n"
