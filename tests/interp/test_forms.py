"""The interpreter's opcodes follow from the instruction table, all of them."""

from __future__ import annotations

import re

import pytest

from tests.csupport.support import COMPILERS, CSUPPORT, run
from transpile.c.helpers import helpers
from transpile.interp.cases import case
from transpile.interp.forms import STRUCTURE, Form, forms, is_structure, places
from transpile.interp.library import generate
from transpile.interp.opcodes import SEQUENCES, expand, opcodes
from transpile.isa.table import instructions

WARNINGS = "-std=c99 -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes -Werror".split()
# What becomes of the rows that are no form of their own.
BECOMES = {
    "br": "jump",
    "break": "jump",
    "call": "call_function call_import",
    "call.variadic": "call_import",
    "call.variadic.yieldable": "call_import jump",
    "call.yieldable": "call_function call_import jump",
    "cond_br": "br_if br_unless",
    "cond_break": "jump",
    "br_table": "br_table",
    "return": "return",
    "yield": "jump",
    "assign.ref": "copy.ref",
    "discard.refs": "discard",
    "print": "discard",
    "trace": "discard",
}


def test_every_instruction_has_a_case() -> None:
    structure = {op.mnemonic for op in instructions() if is_structure(op)}
    assert structure == set(BECOMES)
    assert {name for names in BECOMES.values() for name in names.split()} <= {form.name for form in STRUCTURE}
    rows = {op.mnemonic for op in instructions()} - structure
    assert {name for name, form in forms().items() if form.op is not None} == rows


def test_every_case_calls_the_helpers_of_its_forms_and_no_others() -> None:
    known = set(helpers())
    for opcode in opcodes():
        text = "\n".join(case(opcode)["lines"])
        called = [name for name in re.findall(r"\bvm_\w+(?=\()", text) if name in known and name != "vm_raise"]
        assert called == [form.op.helper for form in opcode.forms if form.op and form.op.helper], opcode.name


@pytest.mark.parametrize("form", forms().values(), ids=lambda form: form.name)
def test_fields_are_aligned_and_apart(form: Form) -> None:
    (found,), end = places((form,))
    taken: set[int] = set()
    for field in form.stored:
        size = {"H": 2, "I": 4, "i": 4, "Q": 8}[field.format]
        at = found[field.name]
        assert at % size == 0
        assert 8 <= at <= end - size
        assert not taken & set(range(at, at + size))
        taken |= set(range(at, at + size))


def test_every_sequence_stands_for_something() -> None:
    for text in SEQUENCES:
        assert expand(text), text
    names = [opcode.name for opcode in opcodes()]
    assert len(set(names)) == len(names)
    assert [opcode.number for opcode in opcodes()] == list(range(len(names)))


@pytest.mark.parametrize("flags", (["-DINTERP_THREADED=1"], ["-DINTERP_THREADED=0"], ["-DVM_DIAGNOSTICS=0"]), ids=str)
@pytest.mark.parametrize("compiler", COMPILERS)
def test_compiles_without_a_warning(compiler, flags, tmp_path) -> None:  # type: ignore[no-untyped-def]
    generated = generate()
    for name, text in generated.files.items():
        (tmp_path / name).write_text(text)
    sources = [tmp_path / name for name in generated.sources]
    run(compiler, *WARNINGS, *flags, "-ffp-contract=off", "-fsyntax-only", "-I", tmp_path, "-I", CSUPPORT, *sources)
    # Warnings that come from following values through a function need the optimiser.
    run(compiler, *WARNINGS, *flags, "-O1", "-c", "-I", CSUPPORT, tmp_path / "interp.c", "-o", tmp_path / "interp.o")
