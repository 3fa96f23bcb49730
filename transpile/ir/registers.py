"""Which registers an instruction reads and writes, with the types of the values.

The table knows this for fixed fields; calls and returns take it from calling conventions.  The ownership rules of the
bytecode versions live here as well: which MOVE bits count (`spec`: version 15 ignores them on fixed operands and on
arguments of imports).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from transpile.container import Module
from transpile.container.convention import Convention, Span, parse
from transpile.isa import kinds as k
from transpile.isa.decode import Instruction
from transpile.isa.table import BY_NAME

PRIMITIVE_TYPES = {"i": "i32", "I": "i64", "f": "f32", "F": "f64", "r": "ref"}
_RETURN = BY_NAME["return"]


class Operand(NamedTuple):
    """A register as an instruction uses it: its word in the stream, the value's type, whether it is consumed."""

    word: int
    type: str
    move: bool


def argument_types(convention: Convention, segments: tuple[int, ...] | None) -> list[str]:
    """Types of the flat argument list of a call; `segments` gives the repeat count of every span."""
    types: list[str] = []
    for index, item in enumerate(convention.arguments):
        if isinstance(item, Span):
            count = segments[index] if segments is not None else 0
            types.extend(PRIMITIVE_TYPES[e] for e in item.elements * count)
        else:
            types.append(PRIMITIVE_TYPES[item])
    return types


@dataclass
class Registers:
    """The view of a verified module that lifting needs: conventions and ownership rules."""

    module: Module

    @cached_property
    def functions(self) -> list[Convention]:
        """Conventions of the internal functions."""
        return [parse(s.calling_convention) if s else Convention() for s in self.module.signatures]

    @cached_property
    def imports(self) -> list[Convention]:
        """Conventions of the imports."""
        return [parse(i.signature.calling_convention) if i.signature else Convention() for i in self.module.imports]

    def callee(self, instruction: Instruction) -> Convention:
        is_import, number = instruction.callee
        return self.imports[number] if is_import else self.functions[number]

    def reads(self, instruction: Instruction, index: int) -> list[Operand]:
        """What the instruction (of internal function `index`) reads, in stream order."""
        return [
            operand
            for field, value in instruction.items()
            if not field.is_result
            for operand in self._operands(instruction, index, field.kind, value)
        ]

    def writes(self, instruction: Instruction) -> list[Operand]:
        """What the instruction writes, in order."""
        for field, value in instruction.items():
            if field.is_result:
                if field.kind.group == "register":
                    return [Operand(value, field.kind.type, False)]
                types = [PRIMITIVE_TYPES[r] for r in self.callee(instruction).results]
                return [Operand(word, t, False) for word, t in zip(value, types, strict=False)]
        return []

    def takes_source(self, instruction: Instruction) -> bool:
        """Whether a MOVE bit on the result empties the global or list element it was loaded from."""
        result = next((v for f, v in instruction.items() if f.is_result and f.kind is k.REFM), None)
        return result is not None and self.module.major > 15 and k.is_move(result)

    def _operands(self, instruction: Instruction, index: int, kind: k.Kind, value: object) -> Iterator[Operand]:
        if kind.group == "register":
            assert isinstance(value, int)
            yield Operand(value, kind.type, kind.moves and self.module.major > 15 and k.is_move(value))
        elif kind.group == "list":
            assert isinstance(value, tuple)
            moves = kind.moves and not self._borrows(instruction)
            for word, type_name in zip(value, self._list_types(instruction, index, kind, value), strict=False):
                yield Operand(word, type_name, moves and k.is_move(word))

    def _borrows(self, instruction: Instruction) -> bool:
        calls_import = any(f.kind is k.FUNCTION for f in instruction.op.shape) and instruction.callee[0]
        return calls_import and self.module.major == 15

    def _list_types(
        self, instruction: Instruction, index: int, kind: k.Kind, words: tuple[int, ...]
    ) -> list[str]:
        if kind.type != "any":
            return [kind.type] * len(words)
        if instruction.op is _RETURN:
            return [PRIMITIVE_TYPES[r] for r in self.functions[index].results]
        if any(f.kind is k.FUNCTION for f in instruction.op.shape):
            has_segments = any(f.kind is k.SEGMENTS for f in instruction.op.shape)
            return argument_types(self.callee(instruction), instruction["segments"] if has_segments else None)
        return ["ref" if k.is_ref(word) else "i32" for word in words]
