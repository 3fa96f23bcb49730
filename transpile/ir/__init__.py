"""The intermediate form: SSA functions lifted from bytecode."""

from transpile.ir.check import IRError, check
from transpile.ir.lift import lift_function
from transpile.ir.nodes import Block, Edge, Function, Op, Terminator, Value
from transpile.ir.registers import Registers
from transpile.ir.text import format_function, parse_function

__all__ = [
    "Block",
    "Edge",
    "Function",
    "IRError",
    "Op",
    "Registers",
    "Terminator",
    "Value",
    "check",
    "format_function",
    "lift_function",
    "parse_function",
]
