"""The cases of the interpreter's loop, from the forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from transpile.c.helpers import helpers
from transpile.c.literals import C_TYPES
from transpile.interp.forms import Form, FormField, places
from transpile.interp.opcodes import Opcode
from transpile.isa.table import Trait

_READ = {
    "i32": "GET_I32({})",
    "i64": "GET_I64({})",
    "f32": "GET_F32({})",
    "f64": "GET_F64({})",
    "ref": "GET_REF({})",
    "span": "GET_SPAN({})",
    "u16": "U16({})",
    "u32": "U32({})",
    "u64": "U64({})",
    "type": "TYPE({})",
    "string": "STRING({})",
    "label": "{}",
    "tail": "{}",
}
_LENGTHS = {"H": "U16({})", "I": "U32({})"}
_GATHER = {"i32": "words", "f32": "words", "i64": "pairs", "f64": "pairs", "ref": "refs"}


@dataclass(frozen=True)
class _Step:
    """One form of an opcode: where its fields are, and what it gets from the step before."""

    form: Form
    number: int
    at: dict[str, int]
    end: int
    given: dict[str, str]

    def read(self, field: FormField) -> str:
        if field.name in self.given:
            return self.given[field.name]
        place = self.end if field.type == "tail" else self.at[field.name]
        return (_LENGTHS[field.format] if field.type == "length" else _READ[field.type]).format(place)

    @property
    def result(self) -> str:
        return f"result{self.number}"

    def write(self, value: str) -> str:
        assert self.form.result is not None
        type_name = self.form.result.type
        setter = "REF" if type_name == "refm" else type_name.upper()
        return f"SET_{setter}({self.at[self.form.result.name]}, {value});"


def case(opcode: Opcode) -> dict[str, Any]:
    """Template context of one case."""
    found, end = places(opcode.forms)
    lines: list[str] = []
    given: dict[str, str] = {}
    for number, form in enumerate(opcode.forms):
        step = _Step(form, number, found[number], end, given)
        lines += _lines(step)
        if number + 1 < len(opcode.forms):
            forwarded = opcode.forwarded[number + 1]
            given = {forwarded: step.result} if forwarded else {}
    return {
        "label": f"op_{opcode.number}",
        "number": opcode.number,
        "title": opcode.name,
        "lines": lines,
        "size": "" if _leaves(opcode.forms[-1]) else end + -end % 8,
    }


def _leaves(form: Form) -> bool:
    """Whether the case itself says where to go on."""
    return form.name in ("jump", "end") or form.has_tail


def _lines(step: _Step) -> list[str]:
    op = step.form.op
    if op is None:
        return _structure(step)
    if op.helper is None:
        return _constant(step)
    if Trait.MAY_FAIL in op.traits:
        return _fallible(step, op.helper)
    return _plain(step, op.helper)


def _structure(step: _Step) -> list[str]:
    values = {field.name: step.read(field) for field in step.form.fields}
    text = step.form.text.format(part=step.number, **values)
    if step.form.result is None:
        return text.split("\n")
    kind = "ref" if step.form.result.type == "refm" else step.form.result.type
    return [f"{C_TYPES[kind]} {step.result} = {text};", step.write(step.result)]


def _constant(step: _Step) -> list[str]:
    """Bits as they are: registers do not know floats."""
    assert step.form.result is not None
    type_name = step.form.result.type
    place = step.at[step.form.result.name]
    if type_name == "refm":
        return [f"SET_REF({place}, NULL);"]
    value = step.read(step.form.fields[0]) if step.form.fields else "0"
    bits = 64 if type_name in ("i64", "f64") else 32
    return [f"SET_I{bits}({place}, (int{bits}_t){value});"]


def _plain(step: _Step, helper: str) -> list[str]:
    before, arguments, after = _arguments(step, helper)
    text = f"{helper}({', '.join(arguments)})"
    form = step.form
    if form.result is None:
        return [*before, f"{text};", *after, *_tail(step)]
    kind = "ref" if form.result.type == "refm" else form.result.type
    return [*before, f"{C_TYPES[kind]} {step.result} = {text};", *after, step.write(step.result), *_tail(step)]


def _fallible(step: _Step, helper: str) -> list[str]:
    before, arguments, after = _arguments(step, helper)
    form, lines = step.form, []
    if form.result is not None:
        kind = "ref" if form.result.type == "refm" else form.result.type
        lines.append(f"{C_TYPES[kind]} {step.result} = {'NULL' if kind == 'ref' else '0'};")
        arguments.append(f"&{step.result}")
    text = f"{helper}({', '.join(arguments)})"
    lines += [*before, f"status = {text};", *after, f"CHECK({step.number});"]
    return [*lines, *([step.write(step.result)] if form.result else []), *_tail(step)]


def _arguments(step: _Step, helper: str) -> tuple[list[str], list[str], list[str]]:
    """What comes before the call, its arguments, and what comes behind it whether it fails or not."""
    params = helpers()[helper].params
    before: list[str] = []
    after: list[str] = []
    arguments = [name for name in params[:1] if name in ("vm", "zero")]
    for field in step.form.fields:
        if field.type == "refm":
            name = f"{field.name}{step.number}"
            before.append(f"vm_ref {name} = PEEK_REF({step.at[field.name]});")
            after.append(f"SPEND_REF({step.at[field.name]}, {name});")
            arguments.append(name)
        elif field.type == "count":
            opened, texts, closed = _list(step, field)
            before += opened
            arguments += texts
            after += closed
        else:
            arguments.append(step.read(field))
    if "move" in params:
        assert step.form.result is not None
        arguments.append(f"MOVES({step.at[step.form.result.name]})")
    return before, arguments, after


def _list(step: _Step, field: FormField) -> tuple[list[str], list[str], list[str]]:
    """The list that ends the record, gathered into an array."""
    assert step.form.op is not None
    kind = next(f.kind.type for f in step.form.op.operands if f.name == field.name)
    count, tail = f"U16({step.at[field.name]})", f"LIST({step.end})"
    array = f"({C_TYPES[kind]}*)(void*)scratch"
    bank = "refs" if kind == "ref" else "words"
    opened = [f"gather_{_GATHER[kind]}({array}, {bank}, {tail}, {count});"]
    closed = [f"spend_refs({array}, refs, {tail}, {count});"] if kind == "ref" else []
    return opened, [array, count], closed


def _tail(step: _Step) -> list[str]:
    counts = [field for field in step.form.fields if field.type == "count"]
    return [f"NEXT_BEHIND({step.end}, U16({step.at[counts[0].name]}));"] if counts else []
