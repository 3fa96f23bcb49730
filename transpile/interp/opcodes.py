"""The interpreter's opcodes: every form by itself, and frequent sequences of forms fused into one record.

A fused opcode executes its forms one after the other, each as it is defined; what is saved is the jump between them,
and reading back a register that the step before has just written.  Which sequences are worth it was measured on
compiled models; nothing depends on the choice but speed.

    add.i64 left<cmp.lt.i64.s condition<br_if        the step of a counted loop

`field<name` says that the field is the register the step before writes: its value is passed on as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import product

from transpile.interp.forms import Form, forms

# {k}: any value type, the same in the whole sequence; other braces: alternatives; *: anything.
SEQUENCES = (
    # branches and loops
    "cmp.* condition<{br_if,br_unless}",
    "and.{k} operand<cmp.nz.{k} condition<{br_if,br_unless}",
    "add.i32 left<cmp.{lt,eq,ne}.i32* condition<{br_if,br_unless}",
    "add.i64 left<cmp.{lt,eq,ne}.i64* condition<{br_if,br_unless}",
    "copy.i64 cmp.{lt,eq,ne}.i64* condition<{br_if,br_unless}",
    "add.i64 source<copy.i64 cmp.{lt,eq,ne}.i64* condition<{br_if,br_unless}",
    "{add,sub,mul,fma}.i64 source<copy.i64",
    "copy.{i32,i64} {jump,copy.i64}",
    "copy.i64 copy.i64 jump",
    # addresses
    "{add,mul,fma}.i64 {left,third}<{add,mul,fma}.i64",
    "{add,mul,fma}.i64 source_offset<buffer.load.*",
    "{add,mul,fma}.i64 target_offset<buffer.store.*",
    "{add,mul,fma}.i64 {left,third}<{add,fma}.i64 source_offset<buffer.load.{i32,f32}",
    "{add,fma}.i64 left<add.i64 left<add.i64 source_offset<buffer.load.{i32,f32}",
    "{add,fma}.i64 source_offset<buffer.load.f32 {add,fma}.i64 source_offset<buffer.load.f32",
    # arithmetic on memory
    "buffer.load.{k} {left,right,third}<{add,mul,fma,min,max}.{k}* value<buffer.store.{k}",
    "{add,sub,mul,div,fma,min,max,select}.{k}* value<buffer.store.{k}",
)


@dataclass(frozen=True)
class Opcode:
    """What one kind of record executes; `forwarded` names the field that each form gets from the one before, or ""."""

    number: int
    forms: tuple[Form, ...]
    forwarded: tuple[str, ...]

    @property
    def name(self) -> str:
        """The sequence in the notation above."""
        pairs = zip(self.forwarded, self.forms, strict=True)
        return " ".join(f"{field}<{form.name}" if field else form.name for field, form in pairs)


@lru_cache(maxsize=1)
def opcodes() -> tuple[Opcode, ...]:
    """All opcodes: the forms in order, then the fused ones."""
    singles = [((form,), ("",)) for form in forms().values()]
    fused = dict.fromkeys(sequence for text in SEQUENCES for sequence in expand(text))
    return tuple(Opcode(number, *parts) for number, parts in enumerate((*singles, *fused)))


Sequence = tuple[tuple[Form, ...], tuple[str, ...]]


def expand(text: str) -> list[Sequence]:
    """Every sequence of forms that a line of `SEQUENCES` stands for."""
    kinds = ("i32", "i64", "f32", "f64") if "{k}" in text else ("",)
    found: list[Sequence] = []
    for kind in kinds:
        elements = [_element(part) for part in text.replace("{k}", kind).split()]
        sequences = ((tuple(f for f, _ in parts), tuple(n for _, n in parts)) for parts in product(*elements))
        found += filter(_fits, sequences)
    return found


def _element(text: str) -> list[tuple[Form, str]]:
    """The forms that one word of a sequence stands for, with the field that is forwarded."""
    return [
        (form, field)
        for spelled in _alternatives(text)
        for field, _, pattern in [spelled.rpartition("<")]
        for form in forms().values()
        if fnmatchcase(form.name, pattern)
    ]


def _alternatives(text: str) -> list[str]:
    match = re.search(r"\{([^}]*)\}", text)
    if match is None:
        return [text]
    return [
        spelled
        for choice in match[1].split(",")
        for spelled in _alternatives(f"{text[: match.start()]}{choice}{text[match.end() :]}")
    ]


def _fits(sequence: Sequence) -> bool:
    """Whether each forwarded field exists and has the type of the result before it, and nothing but the end jumps."""
    parts, forwarded = sequence
    if any(form.jumps for form in parts[:-1]) or any(form.has_tail for form in parts):
        return False
    for before, form, name in zip(parts, parts[1:], forwarded[1:], strict=False):
        wanted = next((field.type for field in form.fields if field.name == name), None)
        if name and (before.result is None or before.result.type != wanted):
            return False
    return True
