"""The instruction set: field kinds, operand layouts, the table, and what follows from it."""

from transpile.isa.decode import DecodeError, Instruction, decode
from transpile.isa.table import BY_CODE, BY_NAME, TABLE, Feature, Op, Trait, instructions

__all__ = [
    "BY_CODE",
    "BY_NAME",
    "TABLE",
    "DecodeError",
    "Feature",
    "Instruction",
    "Op",
    "Trait",
    "decode",
    "instructions",
]
