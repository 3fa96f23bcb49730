"""Calls of internal functions and imports as C text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from transpile.c.literals import C_TYPES
from transpile.c.names import Names
from transpile.container import Module
from transpile.container.convention import Span
from transpile.emit.arrays import TYPE_NAMES
from transpile.emit.constant_arrays import ConstantArrays
from transpile.emit.expressions import Expressions
from transpile.imports import NATIVE, Native
from transpile.ir.nodes import Op, Value
from transpile.ir.registers import PRIMITIVE_TYPES, Registers
from transpile.isa.kinds import IMPORT_BIT
from transpile.passes.kernel import Get

_ELEMENT_TYPES = {"buffer_view.assert": 2, "buffer_view.create": 3}
"""Which argument of an import is an element type."""
_TYPE_TEXTS = {str(number): name for number, name in TYPE_NAMES.items()}


@dataclass
class Calls:
    """Knows what every callee of a module is called in C; of a nested module, which functions are plain kernels."""

    module: Module
    names: Names
    registers: Registers
    nested: bool = False
    kernels: dict[int, list[Get]] = field(default_factory=dict)
    """Plain kernels, and the bindings that each takes out of its list."""

    def __post_init__(self) -> None:
        self.arrays = ConstantArrays(self.names)

    def native(self, number: int) -> Native | None:
        """The runtime's own implementation of an import, if it has one."""
        item = self.module.imports[number]
        convention = item.signature.calling_convention if item.signature else ""
        return NATIVE.get((item.full_name, convention))

    def import_function(self, number: int) -> str:
        native = self.native(number)
        return native.function if native else self.names.own(f"import{number}")

    def function(self, number: int) -> str:
        return self.names.function(number, self.module.function_name(number))

    def text(self, op: Op, expressions: Expressions) -> str:
        """The call up to its output parameters, parenthesis left open."""
        callee = op.attrs["callee"]
        number = callee & ~IMPORT_BIT
        if not callee & IMPORT_BIT:
            arguments = [expressions.text(v) for v in op.operands]
            return f"{self.function(number)}({', '.join(['vm', *arguments])}"
        arguments = self._import_arguments(number, op.operands, op.attrs.get("segments"), expressions)
        return f"{self.import_function(number)}({', '.join(['vm', *arguments])}"

    def _import_arguments(
        self, number: int, operands: list[Value], segments: tuple[int, ...] | None, expressions: Expressions
    ) -> list[str]:
        texts: list[str] = []
        values = iter(operands)
        typed = _ELEMENT_TYPES.get(self.module.imports[number].full_name.partition(".")[2])
        for index, item in enumerate(self.registers.imports[number].arguments):
            if not isinstance(item, Span):
                text = expressions.text(next(values))
                texts.append(_TYPE_TEXTS.get(text, text) if index == typed and self.native(number) else text)
                continue
            count = segments[index] if segments is not None else 0
            rows = [[next(values) for _ in item.elements] for _ in range(count)]
            texts.append(f"{count}u")
            texts += self._columns(item, rows, expressions)
        return texts

    def _columns(self, span: Span, rows: list[list[Value]], expressions: Expressions) -> list[str]:
        """A span of tuples as one array an element: C has no anonymous tuples."""
        return [
            self.arrays.text(C_TYPES[PRIMITIVE_TYPES[kind]], [row[position] for row in rows], expressions)
            for position, kind in enumerate(span.elements)
        ]

    def lists(self, op: Op) -> Iterator[int]:
        """Lengths of the arrays that a call or a helper takes."""
        callee = op.attrs.get("callee", 0)
        if callee & IMPORT_BIT:
            segments = op.attrs.get("segments") or ()
            arguments = self.registers.imports[callee & ~IMPORT_BIT].arguments
            for count, item in zip(segments, arguments, strict=False):
                if isinstance(item, Span):
                    yield from [count] * len(item.elements)
        elif "callee" not in op.attrs and any(field.kind.group == "list" for field in op.row.operands):
            yield len(op.operands) - sum(field.kind.group == "register" for field in op.row.operands)
