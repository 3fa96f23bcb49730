"""Arrays of constants that imports are called with: each content once, among the module's tables.

    hal_command_buffer_dispatch(vm, ref3, …, 3u, vmc_net_i32_2_0_2, …)

Built on the stack for each call, they would be most of the code of a program that records dispatches.
"""

from __future__ import annotations

import hashlib
import re

from transpile.c.names import Names
from transpile.emit.expressions import Expressions

_CONSTANT = re.compile(r"-?\d+|INT64_C\(-?\d+\)")
_LONGEST = 40  # of what is spelled out in a name


class ConstantArrays:
    """The arrays of one module."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._found: dict[str, tuple[str, list[str]]] = {}

    def text(self, c_type: str, elements: list[str], expressions: Expressions) -> str:
        """An array argument: one of the module's, or one built on the spot where something is not constant."""
        if not elements or c_type not in ("int32_t", "int64_t") or not all(map(_CONSTANT.fullmatch, elements)):
            return expressions.array(c_type, elements)
        name = self.names.own(f"{'i32' if c_type == 'int32_t' else 'i64'}_{_spelled(elements)}")
        self._found[name] = (c_type, elements)
        return name

    def declarations(self, hidden: str) -> list[str]:
        """For the files that use them."""
        return [f"{hidden} extern {head};" for head, _ in self._rows()]

    def definitions(self) -> list[str]:
        """For the file with the tables."""
        return [f"{head} = {{{', '.join(elements)}}};" for head, elements in self._rows()]

    def _rows(self) -> list[tuple[str, list[str]]]:
        return [
            (f"const {c_type} {name}[{len(elements)}]", elements)
            for name, (c_type, elements) in sorted(self._found.items())
        ]


def _spelled(elements: list[str]) -> str:
    text = "_".join(re.sub(r"INT64_C\((.*)\)", r"\1", element).replace("-", "m") for element in elements)
    return text if len(text) <= _LONGEST else hashlib.sha256(text.encode()).hexdigest()[:12]
