"""Other operands for an instruction, by the kinds of its fields: mostly ones that the verifier takes."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tests.fuzz.hostile import number
from tests.fuzz.subjects import Piece, Subject
from transpile.isa.decode import Instruction
from transpile.isa.kinds import IMPORT_BIT, REF_BIT, Kind, ref_word
from transpile.isa.stream import Emitter
from transpile.isa.table import Op

WILD = 0.2
"""How often an operand is any number."""
_BITS = {"i32": 32, "f32": 32, "i64": 64, "f64": 64}


class Operands:
    """Values for the fields of the instructions of one function."""

    def __init__(self, choose: random.Random, subject: Subject, function: int) -> None:
        self.choose = choose
        self.module = subject.module
        descriptor = subject.module.functions[function]
        self.words, self.refs = descriptor.i32_registers, descriptor.ref_registers
        pieces = (piece.instruction for piece in subject.code if piece.function == function)
        self.blocks = [instruction.offset for instruction in pieces if instruction.op.mnemonic == "block"]

    def another(self, kind: Kind, value: Any) -> Any:
        """A value for a field that holds `value`, of the same length."""
        return self._makers[kind.group](self, kind, value)

    def register(self, kind: Kind, old: int) -> int:
        return self.word(kind.type, old)

    def word(self, type_name: str, old: int) -> int:
        if self.choose.random() < WILD:
            return number(self.choose, 2, old)
        if type_name == "ref" or (type_name == "any" and old & REF_BIT):
            return ref_word(self.below(self.refs), self.choose.random() < 0.2)
        if type_name in ("i64", "f64"):
            return self.below(self.words) & ~1
        return self.below(self.words)

    def list(self, kind: Kind, old: tuple[int, ...]) -> tuple[int, ...]:
        return self.one(old, lambda word: self.word(kind.type, word))

    def segments(self, kind: Kind, old: tuple[int, ...]) -> tuple[int, ...]:
        return self.one(old, lambda word: number(self.choose, 2, word))

    def remap(self, kind: Kind, old: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        def changed(pair: tuple[int, int]) -> tuple[int, int]:
            source, target = (self.word("any", word) for word in pair)
            return (source, pair[1]) if self.choose.random() < 0.5 else (pair[0], target)

        return self.one(old, changed)

    def cases(self, kind: Kind, old: tuple[Any, ...]) -> tuple[Any, ...]:
        def changed(case: Any) -> Any:
            target, copies = case
            if self.choose.random() < 0.5:
                return self.target(kind, target), copies
            return target, self.remap(kind, copies)

        return self.one(old, changed)

    def target(self, kind: Kind, old: int) -> int:
        if self.choose.random() < WILD:
            return number(self.choose, 4, old)
        return self.choose.choice(self.blocks)

    def immediate(self, kind: Kind, old: int) -> int:
        bits = _BITS[kind.type]
        value = number(self.choose, bits // 8, old & ((1 << bits) - 1))
        return value - (1 << bits) if kind.type[0] == "i" and value >> (bits - 1) else value

    def globals(self, kind: Kind, old: int) -> int:
        return self.index(self.module.global_refs if kind.type == "ref" else self.module.global_bytes, old)

    def types(self, kind: Kind, old: int) -> int:
        return self.index(len(self.module.types), old)

    def rodata(self, kind: Kind, old: int) -> int:
        return self.index(len(self.module.rodata), old)

    def function(self, kind: Kind, old: int) -> int:
        if self.choose.random() < 0.5 and self.module.imports:
            return IMPORT_BIT | self.index(len(self.module.imports), old) & 0xFFFFFFFF
        return self.index(len(self.module.functions), old)

    def text(self, kind: Kind, old: bytes) -> bytes:
        return bytes(self.one(tuple(old), lambda byte: self.choose.randrange(256)))

    def index(self, count: int, old: int) -> int:
        return number(self.choose, 4, old) if self.choose.random() < WILD else self.below(count)

    def below(self, count: int) -> int:
        return self.choose.randrange(max(count, 1))

    def one(self, old: tuple[Any, ...], change: Callable[[Any], Any]) -> tuple[Any, ...]:
        """`old` with one entry changed."""
        if not old:
            return old
        place = self.choose.randrange(len(old))
        return (*old[:place], change(old[place]), *old[place + 1 :])

    _makers: dict[str, Callable[[Operands, Kind, Any], Any]] = {  # noqa: RUF012
        "register": register,
        "list": list,
        "segments": segments,
        "remap": remap,
        "cases": cases,
        "target": target,
        "immediate": immediate,
        "global": globals,
        "type": types,
        "rodata": rodata,
        "function": function,
        "string": text,
    }


def mutated(choose: random.Random, subject: Subject, piece: Piece) -> bytes:
    """The instruction's bytes with one operand changed."""
    instruction = piece.instruction
    if not instruction.fields:
        return encoded(instruction.op, instruction, instruction.fields)
    operands = Operands(choose, subject, piece.function)
    place = choose.randrange(len(instruction.fields))
    fields = list(instruction.fields)
    fields[place] = operands.another(instruction.op.shape[place].kind, fields[place])
    return encoded(instruction.op, instruction, tuple(fields))


def encoded(op: Op, instruction: Instruction, fields: tuple[Any, ...]) -> bytes:
    """Bytes of an instruction in the place of another one: padding depends on whether that is even."""
    out, parity = Emitter(), instruction.offset & 1
    out.put_bytes(bytes(parity))
    if op.prefix is not None:
        out.put("u8", op.prefix)
    out.put("u8", op.code)
    for field, value in zip(op.shape, fields, strict=True):
        field.kind.encode(out, value)
    return bytes(out.code[parity:])
