"""Arrays of constants that imports are called with: each content once, among the module's tables.

    hal_command_buffer_dispatch(vm, ref3, …, 3u, vmc_net_i32_2_0_2, …)

Built on the stack for each call, they would be most of the code of a program that records dispatches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from transpile.c.literals import integer
from transpile.c.names import Names
from transpile.emit.expressions import Expressions
from transpile.ir.nodes import Value
from transpile.isa.operations import Operation

_BITS = {"int32_t": 32, "int64_t": 64}
_LONGEST = 40  # of what is spelled out in a name


class ConstantArrays:
    """The arrays of one module."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._found: dict[str, tuple[str, list[str]]] = {}

    def text(self, c_type: str, values: Sequence[Value], expressions: Expressions) -> str:
        """An array argument: one of the module's, or one built on the spot where something is not constant."""
        bits = _BITS.get(c_type)
        numbers = [number for value in values if (number := _constant(value)) is not None]
        if not values or bits is None or len(numbers) < len(values) or min(numbers) == -(1 << (bits - 1)):
            return expressions.array(c_type, [expressions.text(value) for value in values])
        name = self.names.own(f"i{bits}_{_spelled(numbers)}")
        self._found[name] = (c_type, [integer(number, bits) for number in numbers])
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


def _constant(value: Value) -> int | None:
    """The integer that a value always is."""
    op = value.op
    return int(op.attrs["value"]) if op is not None and op.row.does is Operation.CONST else None


def _spelled(numbers: Sequence[int]) -> str:
    text = "_".join(f"m{-number}" if number < 0 else str(number) for number in numbers)
    return text if len(text) <= _LONGEST else hashlib.sha256(text.encode()).hexdigest()[:12]
