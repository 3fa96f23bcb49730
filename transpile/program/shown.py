"""A program and its functions as people see them: what `help` says, and the tables of a notebook."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from .signature import Argument

if TYPE_CHECKING:
    from .function import Function
    from .program import Program

_CELL = "text-align:left;vertical-align:top"


def program_text(program: Program) -> str:
    """A docstring: the functions and what they take and return."""
    functions = [f"  {function_text(function)}" for function in program.functions.values()]
    sizes = ", ".join(f"{what}: {size}" for what, size in _sizes(program))
    listed = "\n".join(["Functions:", *functions]) if functions else "It exports no functions."
    return f"An instance of module {program.name!r}.\n\n{listed}\n\n{sizes[:1].upper()}{sizes[1:]}."


def function_text(function: Function) -> str:
    """One line: `classify(image: float32[1, 64]) -> logits: float32[1, 10]`."""
    results = [_named(item) for item in function.outputs]
    inputs = ", ".join(_named(item) for item in function.inputs)
    return _printable(f"{function.__name__}({inputs}) -> {', '.join(results) or 'nothing'}")


def _printable(text: str) -> str:
    """Without what would move the cursor of a terminal."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _named(item: Argument) -> str:
    return f"{item.name}: {_type(item)}"


def _type(item: Argument) -> str:
    """`float32[1, 64]`, `int32`; nothing more than `object` where the type is not known."""
    dtype = "object" if item.dtype is None else item.dtype.name
    sizes = ", ".join("?" if size is None else str(size) for size in item.shape or ())
    return f"{dtype}[{sizes}]" if sizes else dtype


def _sizes(program: Program) -> Iterable[tuple[str, str]]:
    for what, size in program.library.sizes().items():
        yield what, _bytes(size)


def _bytes(size: int) -> str:
    """In units of which there are at least 10, or bytes."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= 10 * factor:
            return f"{size / factor:,.0f} {unit}"
    return f"{size:,} bytes"


# ---- notebooks: every text of the module is escaped ------------------------------------------------------------------


def program_html(program: Program) -> str:
    """A table of the functions."""
    rows = [
        _row(_code(name), _items(function.inputs), _items(function.outputs))
        for name, function in program.functions.items()
    ]
    sizes = "; ".join(f"{what}: {size}" for what, size in _sizes(program))
    title = f"<b>{escape(type(program).__name__)} {_code(program.name)}</b><br>{escape(sizes)}"
    return _table(title, ("Function", "Takes", "Returns"), rows)


def function_html(function: Function) -> str:
    """A table of what a function takes and returns."""
    rows = [
        _row(what, _code(item.name), escape(_type(item)))
        for what, items in (("takes", function.inputs), ("returns", function.outputs))
        for item in items
    ]
    paragraphs = [f"<p>{escape(text)}</p>" for text in (function.__doc__ or "").split("\n\n") if text]
    return _table(f"<b>Function {_code(function.__name__)}</b>", ("", "Name", "Type"), rows) + "".join(paragraphs)


def _items(items: Iterable[Argument]) -> str:
    return "<br>".join(f"{_code(item.name)} {escape(_type(item))}" for item in items)


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _row(*cells: str) -> str:
    return "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>"


def _table(title: str, heads: Iterable[str], rows: Iterable[str]) -> str:
    head = "<tr>" + "".join(f'<th style="{_CELL}">{name}</th>' for name in heads) + "</tr>"
    return f"<p>{title}</p><table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"
