"""What the interpreter executes: one form a record.

Most forms are rows of the instruction table, whose operands, result and C function follow from the row.  The others are
structure: what branches, register copies and calls become when a function is decoded.  A form's fields are stored
behind the record's first unit, largest first, so that each is aligned without padding.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from transpile.isa.shapes import Field
from transpile.isa.table import Op, Trait, instructions

WORD_TYPES = ("i32", "i64", "f32", "f64")
_SIZES = {"H": 2, "I": 4, "i": 4, "Q": 8}


class FormField(NamedTuple):
    """One stored operand.

    `type` says how a case reads or writes it: a value type (a register), "refm" (a ref register that may be moved),
    "span" (one that holds a buffer), "u32", "u64" (numbers), "type", "string", "length", "label", "count" (of the
    list that ends the record) and "tail" (where that list begins).
    """

    name: str
    type: str
    format: str  # as in `struct`; "" for what is not stored in the fixed part


@dataclass(frozen=True)
class Form:
    """One kind of record.  `text` is a case's C with {fields} for structural forms, "" for rows of the table."""

    name: str
    fields: tuple[FormField, ...]
    result: FormField | None = None
    op: Op | None = None
    text: str = ""

    @property
    def has_tail(self) -> bool:
        """Whether a list ends the record; such forms stand alone."""
        return any(field.type in ("tail", "count") for field in self.fields)

    @property
    def jumps(self) -> bool:
        """Whether the case may go on elsewhere than at the next record."""
        return any(field.type == "label" for field in self.fields)

    @property
    def stored(self) -> tuple[FormField, ...]:
        """The fields in the fixed part, in the order in which values are given."""
        return tuple(field for field in (*self.fields, *((self.result,) if self.result else ())) if field.format)


def places(forms: tuple[Form, ...]) -> tuple[list[dict[str, int]], int]:
    """Byte offset of every field of every form in a record of these forms, and where the fixed part ends."""
    stored = [(number, field) for number, form in enumerate(forms) for field in form.stored]
    found: list[dict[str, int]] = [{} for _ in forms]
    at = 8
    for number, field in sorted(stored, key=lambda pair: -_SIZES[pair[1].format]):
        found[number][field.name] = at
        at += _SIZES[field.format]
    aligned = any(form.has_tail for form in forms)
    return found, at + -at % 4 if aligned else at


def _row_fields(field: Field) -> tuple[FormField, ...]:
    """The stored form of one field of the table."""
    kind, name = field.kind, field.name
    if kind.group == "register":
        if kind.type != "ref":
            return (FormField(name, kind.type, "H"),)
        return (FormField(name, "span" if kind.buffer else "refm" if kind.moves else "ref", "H"),)
    if kind.group == "immediate":
        return (FormField(name, "u64", "Q") if kind.type in ("i64", "f64") else FormField(name, "u32", "I"),)
    if kind.group == "string":
        return (FormField(name, "string", "I"), FormField(f"{name}_length", "length", "I"))
    if kind.group == "list":
        return (FormField(name, "count", "H"),)
    return (FormField(name, "type" if kind.group == "type" else "u32", "I"),)


def _row(op: Op) -> Form:
    fields = tuple(stored for field in op.operands for stored in _row_fields(field))
    result = _row_fields(op.result)[0] if op.result else None
    return Form(op.mnemonic, fields, result, op)


def is_structure(op: Op) -> bool:
    """Rows that are no form of their own: what they become is in `lower.py`."""
    if op.helper is not None:
        return False
    return Trait.PURE not in op.traits or any(field.kind.group == "list" for field in op.shape) or _copies(op)


def _copies(op: Op) -> bool:
    return all(field.kind.group == "register" for field in op.shape) and bool(op.operands)


_LABEL = FormField("target", "label", "i")
_CONDITION = FormField("condition", "i32", "H")
_ARGUMENTS, _RESULTS = FormField("arguments", "length", "I"), FormField("results", "length", "I")
_CALLEE = FormField("callee", "u32", "I")
_TAIL = FormField("tail", "tail", "")


def _copy(type_name: str, source: str) -> Form:
    return Form(
        f"copy.{type_name}",
        (FormField("source", source, "H"),),
        FormField("result", type_name, "H"),
        text="{source}",
    )


# How control and registers move.  A list of places is (kind, place) pairs of 16 bits, see interp.h.
STRUCTURE = (
    Form("jump", (_LABEL,), text="JUMP({target});"),
    Form("br_if", (_CONDITION, _LABEL), text="if ({condition}) JUMP({target});"),
    Form("br_unless", (_CONDITION, _LABEL), text="if (!{condition}) JUMP({target});"),
    Form(
        "br_table",
        (FormField("index", "i32", "H"), FormField("cases", "length", "I"), _TAIL),
        text="""\
const int32_t* distances = (const int32_t*)(const void*)(pc + {tail});
uint32_t index = (uint32_t){index};
JUMP_BY(distances + (index < {cases} ? index + 1 : 0));""",
    ),
    _copy("i32", "i32"),
    _copy("i64", "i64"),
    Form(
        "copy.ref",
        (FormField("source", "u16", "H"),),
        FormField("result", "refm", "H"),
        text="interp_own(refs, {source})",
    ),
    Form(
        "discard",
        (FormField("refs", "length", "I"), _TAIL),
        text="clear_refs(refs, LIST({tail}), {refs});\nNEXT_BEHIND({tail}, {refs});",
    ),
    Form(
        "end",
        (),
        text='status = vm_raise(vm, VM_INTERNAL, "execution ran past the end of the function");\ngoto failed;',
    ),
    Form(
        "call_function",
        (_CALLEE, _ARGUMENTS, _RESULTS, _TAIL),
        text="""\
frame->pc = pc;
TRY({part}, call(stack, &MODULE->functions[{callee}], LIST({tail}), {arguments}, &frame));
LOAD_FRAME();
DISPATCH();""",
    ),
    Form(
        "call_import",
        (_CALLEE, _ARGUMENTS, _RESULTS, _TAIL),
        text="""\
TRY({part}, call_import(vm, frame, {callee}, PLACES({tail}), {arguments}, {results}, scratch));
NEXT_BEHIND({tail}, 2 * ((size_t){arguments} + {results}));""",
    ),
    Form(
        "return",
        (_RESULTS, _TAIL),
        text="""\
const interp_place* from = PLACES({tail});
uint32_t count = {results};
const uint8_t* site = frame->caller ? frame->caller->pc : NULL;
hand_over(frame, from, count, site ? CALL_RESULTS(site) : NULL, results);
frame = leave(stack, frame);
if (!frame) return VM_OK;
LOAD_FRAME();
NEXT(CALL_SIZE(pc));""",
    ),
)


@lru_cache(maxsize=1)
def forms() -> dict[str, Form]:
    """Every form by its name."""
    rows = [_row(op) for op in instructions() if not is_structure(op)]
    return {form.name: form for form in (*rows, *STRUCTURE)}
