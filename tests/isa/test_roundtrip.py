"""Encoding, decoding and printing of every instruction, for any values of its fields."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transpile.isa import TABLE, DecodeError, Op, Trait, decode
from transpile.isa.assemble import Assembler
from transpile.isa.disasm import format_instruction
from transpile.isa.kinds import Kind

OPS = [op for op in TABLE if not op.traits & (Trait.MARKER | Trait.PREFIX)]
U16, U32 = st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1)
WORDS = st.lists(U16, max_size=5).map(tuple)
PAIRS = st.lists(st.tuples(U16, U16), max_size=4).map(tuple)
IMMEDIATES: dict[str, st.SearchStrategy[int]] = {
    "i32": st.integers(-(2**31), 2**31 - 1),
    "i64": st.integers(-(2**63), 2**63 - 1),
    "f32": U32,
    "f64": st.integers(0, 2**64 - 1),
}
BY_GROUP: dict[str, st.SearchStrategy[Any]] = {
    "register": U16,
    "list": WORDS,
    "segments": WORDS,
    "remap": PAIRS,
    "cases": st.lists(st.tuples(U32, PAIRS), max_size=4).map(tuple),
    "string": st.binary(max_size=9),
    **dict.fromkeys(("global", "rodata", "function", "type", "target"), U32),
}


def values(kind: Kind) -> st.SearchStrategy[Any]:
    return IMMEDIATES[kind.type] if kind.group == "immediate" else BY_GROUP[kind.group]


def assembled(op: Op, fields: tuple[Any, ...], lead: int = 0) -> tuple[bytes, int]:
    """The instruction behind `lead` bytes of other code, and its offset."""
    assembler = Assembler()
    for _ in range(lead):
        assembler.block()
    offset = assembler.emit(op.mnemonic, *fields)
    return assembler.finish(), offset


@settings(deadline=None)
@given(data=st.data(), op=st.sampled_from(OPS), lead=st.integers(0, 3))
def test_decoding_is_the_inverse_of_encoding(data: st.DataObject, op: Op, lead: int) -> None:
    fields = tuple(data.draw(values(field.kind)) for field in op.shape)
    code, offset = assembled(op, fields, lead)
    *before, found = decode(memoryview(code))
    assert len(before) == lead
    assert (found.op, found.offset, found.length) == (op, offset, len(code) - offset)
    assert found.fields == fields
    text = format_instruction(found)
    assert op.mnemonic in text and "\n" not in text


@settings(deadline=None)
@given(data=st.data(), op=st.sampled_from(OPS))
def test_what_is_cut_off_is_refused(data: st.DataObject, op: Op) -> None:
    """At every length, unless only the last byte is left, which the walk does not look at."""
    fields = tuple(data.draw(values(field.kind)) for field in op.shape)
    code, _ = assembled(op, fields)
    for length in range(2, len(code)):
        with pytest.raises(DecodeError) as caught:
            list(decode(memoryview(code)[:length]))
        assert caught.value.overrun and caught.value.offset == 0


@settings(deadline=None)
@given(code=st.binary(max_size=64), version=st.sampled_from((15, 16, 17)))
def test_any_bytes_decode_or_are_refused(code: bytes, version: int) -> None:
    end = 0
    try:
        for instruction in decode(memoryview(code), version):
            assert instruction.offset == end and instruction.op.since <= version
            end = instruction.offset + instruction.length
            assert format_instruction(instruction)
    except DecodeError as problem:
        assert problem.offset == end
    else:
        assert end >= len(code) - 1


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.mnemonic)
def test_text_of_every_instruction(op: Op) -> None:
    samples: dict[str, Any] = {
        "list": (2,), "segments": (0xFFFF, 2), "remap": ((1, 2),), "cases": ((16, ((3, 4),)),), "string": b"a\n",
    }  # fmt: skip
    fields = tuple(
        samples.get(field.kind.group, 0x8001 if field.kind.type == "ref" and field.kind.group == "register" else 2)
        for field in op.shape
    )
    code, _ = assembled(op, fields)
    (found,) = decode(memoryview(code))
    text = format_instruction(found)
    left, equals, _ = text.partition(" = ")
    assert bool(equals) == (op.result is not None)
    if op.result is not None and op.result.kind.group == "register":
        assert left == op.result.kind.text(fields[-1])
    assert "\n" not in text


@pytest.mark.parametrize("op", [op for op in OPS if op.since > 15], ids=lambda op: op.mnemonic)
def test_newer_instructions_are_unknown_to_older_versions(op: Op) -> None:
    fields = tuple(() if field.kind.group in ("list", "segments", "remap", "cases") else 0 for field in op.shape)
    code, _ = assembled(op, fields)
    list(decode(memoryview(code), op.since))
    with pytest.raises(DecodeError, match=f"needs bytecode version {op.since}"):
        list(decode(memoryview(code), op.since - 1))


@pytest.mark.parametrize("code", [b"\x89\0", b"\xdf\0", b"\xe2\0", b"\xff\0", b"\xe0\x3f", b"\xe1\x41", b"\xe0\xe0"])
def test_unknown_opcodes_are_refused(code: bytes) -> None:
    with pytest.raises(DecodeError, match="unknown opcode") as caught:
        list(decode(memoryview(code)))
    assert not caught.value.overrun


def test_labels_are_resolved_wherever_they_stand() -> None:
    assembler = Assembler()
    entry = assembler.block("entry")
    branch = assembler.emit("br_table", 0, "end", ((0, 1),), (("entry", ((1, 2), (3, 4))), ("end", ()), ("end", ())))
    end = assembler.block("end")
    assembler.emit("cond_br", 0, "entry", ((0, 1),), "end", ())
    assert assembler.block_count == 2
    found = {instruction.offset: instruction for instruction in decode(memoryview(assembler.finish()))}
    assert found[branch].edges() == [
        (end, ((0, 1),)),
        (entry, ((1, 2), (3, 4))),
        (end, ()),
        (end, ()),
    ]
    assert [target for instruction in list(found.values())[-1:] for target, _ in instruction.edges()] == [entry, end]


def test_an_unbound_label_is_an_error() -> None:
    assembler = Assembler()
    assembler.emit("br", "nowhere", ())
    with pytest.raises(KeyError):
        assembler.finish()
