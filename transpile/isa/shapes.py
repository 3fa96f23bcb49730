"""Operand layouts shared by families of instructions.

A shape is the ordered list of an instruction's fields exactly as they stand in the byte stream: operands first, then
results (`call.yieldable` has its target between the two).
"""

from __future__ import annotations

from dataclasses import dataclass

from transpile.isa import kinds as k
from transpile.isa.kinds import Kind


@dataclass(frozen=True)
class Field:
    """One operand or result: its kind, its name, and whether the instruction writes it."""

    kind: Kind
    name: str
    is_result: bool = False


Shape = tuple[Field, ...]


def _shape(*operands: tuple[Kind, str], result: Kind | None = None, name: str = "result") -> Shape:
    fields = tuple(Field(kind, label) for kind, label in operands)
    return fields if result is None else (*fields, Field(result, name, is_result=True))


NONE: Shape = ()


def nullary(result: Kind) -> Shape:
    return _shape(result=result)


def immediate(value: Kind, result: Kind) -> Shape:
    return _shape((value, "value"), result=result)


def unary(operand: Kind, result: Kind | None = None) -> Shape:
    return _shape((operand, "operand"), result=result or operand)


def binary(operand: Kind, result: Kind | None = None) -> Shape:
    return _shape((operand, "left"), (operand, "right"), result=result or operand)


def ternary(operand: Kind) -> Shape:
    return _shape((operand, "first"), (operand, "second"), (operand, "third"), result=operand)


def shift(operand: Kind) -> Shape:
    return _shape((operand, "operand"), (k.I32, "amount"), result=operand)


def power(base: Kind) -> Shape:
    return _shape((base, "base"), (k.I64, "exponent"), result=base)


def select(value: Kind) -> Shape:
    return _shape((k.I32, "condition"), (value, "true_value"), (value, "false_value"), result=value)


def switch(value: Kind, values: Kind) -> Shape:
    return _shape((k.I32, "index"), (value, "default_value"), (values, "values"), result=value)


def global_load(place: Kind, value: Kind) -> Shape:
    return _shape((place, "byte_offset"), result=value)


def global_store(place: Kind, value: Kind) -> Shape:
    return _shape((place, "byte_offset"), (value, "value"))


def global_load_ref(place: Kind) -> Shape:
    return _shape((place, "global"), (k.TYPE, "type"), result=k.REFM, name="value")


def global_store_ref(place: Kind) -> Shape:
    return _shape((place, "global"), (k.TYPE, "type"), (k.REFM, "value"))


def list_get(value: Kind) -> Shape:
    return _shape((k.REF, "list"), (k.I32, "index"), result=value)


def list_set(value: Kind) -> Shape:
    return _shape((k.REF, "list"), (k.I32, "index"), (value, "value"))


def buffer_load(value: Kind) -> Shape:
    return _shape((k.BUFFER, "source_buffer"), (k.I64, "source_offset"), result=value)


def buffer_store(value: Kind) -> Shape:
    return _shape((k.BUFFERW, "target_buffer"), (k.I64, "target_offset"), (value, "value"))


def buffer_fill(value: Kind) -> Shape:
    return _shape((k.BUFFERW, "target_buffer"), (k.I64, "target_offset"), (k.I64, "length"), (value, "value"))


CONST_RODATA = _shape((k.RODATA, "rodata"), result=k.REFM, name="value")
LIST_ALLOC = _shape((k.TYPE, "element_type"), (k.I32, "initial_capacity"), result=k.REFM)
LIST_RESERVE = _shape((k.REF, "list"), (k.I32, "minimum_capacity"))
LIST_SIZE = _shape((k.REF, "list"), result=k.I32)
LIST_RESIZE = _shape((k.REF, "list"), (k.I32, "new_size"))
LIST_GET_REF = _shape((k.REF, "list"), (k.I32, "index"), (k.TYPE, "type"), result=k.REFM)
SELECT_REF = _shape(
    (k.I32, "condition"), (k.TYPE, "type"), (k.REFM, "true_value"), (k.REFM, "false_value"), result=k.REFM
)
SWITCH_REF = _shape(
    (k.I32, "index"), (k.TYPE, "type"), (k.REFM, "default_value"), (k.LIST_REFM, "values"), result=k.REFM
)
CAST_REF = _shape((k.REFM, "operand"), (k.TYPE, "type"), result=k.REFM)
ASSIGN_REF = _shape((k.REFM, "source"), result=k.REFM)
DISCARD_REFS = _shape((k.LIST_REF, "refs"))

BUFFER_ALLOC = _shape((k.I64, "length"), (k.I32, "alignment"), result=k.REFM)
BUFFER_CLONE = _shape(
    (k.BUFFER, "source_buffer"), (k.I64, "offset"), (k.I64, "length"), (k.I32, "alignment"), result=k.REFM
)
BUFFER_LENGTH = _shape((k.BUFFER, "source_buffer"), result=k.I64)
BUFFER_COPY = _shape(
    (k.BUFFER, "source_buffer"), (k.I64, "source_offset"), (k.BUFFERW, "target_buffer"), (k.I64, "target_offset"),
    (k.I64, "length"),
)  # fmt: skip
BUFFER_COMPARE = _shape(
    (k.BUFFER, "lhs_buffer"), (k.I64, "lhs_offset"), (k.BUFFER, "rhs_buffer"), (k.I64, "rhs_offset"), (k.I64, "length"),
    result=k.I32,
)  # fmt: skip
BUFFER_HASH = _shape((k.BUFFER, "source_buffer"), (k.I64, "source_offset"), (k.I64, "length"), result=k.I64)

BRANCH = _shape((k.TARGET, "dest"), (k.REMAP, "operands"))
COND_BRANCH = _shape(
    (k.I32, "condition"), (k.TARGET, "true_dest"), (k.REMAP, "true_operands"), (k.TARGET, "false_dest"),
    (k.REMAP, "false_operands"),
)  # fmt: skip
COND_BREAK = _shape((k.I32, "condition"), (k.TARGET, "dest"), (k.REMAP, "operands"))
BRANCH_TABLE = _shape(
    (k.I32, "index"), (k.TARGET, "default_dest"), (k.REMAP, "default_operands"), (k.CASES, "cases")
)
CALL = _shape((k.FUNCTION, "callee"), (k.LIST_ANY, "operands"), result=k.LIST_ANY, name="results")
CALL_VARIADIC = _shape(
    (k.FUNCTION, "callee"), (k.SEGMENTS, "segments"), (k.LIST_ANY, "operands"), result=k.LIST_ANY, name="results"
)
CALL_YIELDABLE = _shape(
    (k.FUNCTION, "callee"), (k.LIST_ANY, "operands"), (k.TARGET, "dest"), result=k.LIST_ANY, name="results"
)
CALL_VARIADIC_YIELDABLE = _shape(
    (k.FUNCTION, "callee"), (k.SEGMENTS, "segments"), (k.LIST_ANY, "operands"), (k.TARGET, "dest"),
    result=k.LIST_ANY, name="results",
)  # fmt: skip
RETURN = _shape((k.LIST_ANY, "operands"))
FAIL = _shape((k.I32, "status"), (k.STRING, "message"))
IMPORT_RESOLVED = _shape((k.FUNCTION, "import"), result=k.I32)
EVENT = _shape((k.STRING, "event_name"), (k.LIST_ANY, "operands"))
