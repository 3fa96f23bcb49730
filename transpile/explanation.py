"""What `transpile.explain` returns: the report on a module's loops, as text and as tables in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from transpile.columns import hanging
from transpile.isa.disasm import printable

if TYPE_CHECKING:
    from transpile.explain import Explained, Loop

_COLOURS = {"tile": "#197545", "map": "#1f5fd6", "strip": "#96590a", "literal": "#6a7280"}
_CELL = "text-align:left;vertical-align:top"


@dataclass(frozen=True)
class Explanation:
    """What was done with each loop of a module, and why.

    `functions` has one entry for each function, those of nested modules included; their `loops` have a `kind` (tile,
    map, strip or literal), a `location` and `lines`, pairs of a title and a text.  Printed it is a text; in a notebook
    it is one table for each loop.
    """

    functions: tuple[Explained, ...]

    def __str__(self) -> str:
        return "\n".join(line for item in self.functions for line in _lines(item))

    def _repr_html_(self) -> str:
        return "".join(map(_function, self.functions))


def _lines(item: Explained) -> Iterator[str]:
    yield hanging("", printable(f"@{item.function} of {item.module}"), 4)
    for loop in item.loops:
        yield from loop_lines(loop, 2)


def loop_lines(loop: Loop, indent: int) -> Iterator[str]:
    """Where it is, ending with its kind, and what there is to say of it."""
    yield hanging(" " * indent, f"{loop_head(loop)}: {loop.kind}", indent + 4)
    for title, text in loop.lines:
        yield hanging(f"{' ' * indent}  {title + ':':<10}", printable(text))


def loop_head(loop: Loop) -> str:
    """Where a loop is."""
    return printable(f"loop at {loop.offset:#x}" + (f" ({loop.location})" if loop.location else ""))


def _function(item: Explained) -> str:
    name = f"<code>@{escape(printable(item.function))}</code> of <code>{escape(printable(item.module))}</code>"
    return f"<h4>{name}</h4>" + ("".join(map(_loop, item.loops)) or "<p>It has no loops.</p>")


def _loop(loop: Loop) -> str:
    """Open, so that a printed notebook has it too."""
    badge = f'<b style="color:{_COLOURS[loop.kind]}">{loop.kind}</b>'
    rows = "".join(
        f'<tr><td style="{_CELL}">{escape(title)}</td><td style="{_CELL}">{escape(printable(text))}</td></tr>'
        for title, text in loop.lines
    )
    summary = f"<summary>{badge} {escape(loop_head(loop))}</summary>"
    return f"<details open>{summary}<table><tbody>{rows}</tbody></table></details>"
