"""Invariants of the instruction table and its kinds."""

from __future__ import annotations

from collections import Counter

import pytest

from transpile.isa import BY_CODE, BY_NAME, TABLE, Feature, Op, Trait, instructions
from transpile.isa.kinds import Kind

ROWS = [pytest.param(op, id=op.mnemonic) for op in TABLE]
GROUPS = {
    "register", "immediate", "global", "rodata", "function", "type", "target", "string", "list", "segments", "remap",
    "cases",
}  # fmt: skip
STRUCTURE = Trait.MARKER | Trait.PREFIX | Trait.TERMINATOR


def test_codes_and_names_are_unique() -> None:
    assert len(BY_CODE) == len(BY_NAME) == len(TABLE) == 267
    assert Counter(op.prefix for op in TABLE) == {None: 139, 0xE0: 63, 0xE1: 65}


def test_extension_codes_have_no_holes() -> None:
    for prefix in (0xE0, 0xE1):
        codes = [op.code for op in TABLE if op.prefix == prefix]
        assert codes == list(range(len(codes)))
    core = [op.code for op in TABLE if op.prefix is None]
    assert core == [*range(0x89), 0xE0, 0xE1]


@pytest.mark.parametrize("op", ROWS)
def test_shapes_are_well_formed(op: Op) -> None:
    names = [field.name for field in op.shape]
    assert len(names) == len(set(names))
    assert all(isinstance(field.kind, Kind) and field.kind.group in GROUPS for field in op.shape)
    results = [field.is_result for field in op.shape]
    assert sum(results) <= 1 and not any(results[:-1]), "the result comes last"
    if op.result is not None:
        assert op.result.kind.group in ("register", "list")


@pytest.mark.parametrize("op", ROWS)
def test_traits_do_not_contradict_each_other(op: Op) -> None:
    if Trait.PURE in op.traits:
        assert not op.traits & (Trait.MAY_FAIL | Trait.READS | Trait.WRITES | Trait.ALLOCATES | Trait.TERMINATOR)
    if Trait.COMMUTES in op.traits:
        left, right = op.operands
        assert left.kind is right.kind
    if any(field.kind.group in ("target", "cases") for field in op.shape):
        assert Trait.TERMINATOR in op.traits
    if op.helper is not None:
        assert op.helper == "vm_" + op.mnemonic.replace(".", "_")
        assert op.helper.isidentifier()


@pytest.mark.parametrize("op", ROWS)
def test_extensions_need_their_feature(op: Op) -> None:
    assert op.feature == {None: Feature.NONE, 0xE0: Feature.EXT_F32, 0xE1: Feature.EXT_F64}[op.prefix]
    assert op.since in (15, 16, 17)
    assert op.effect


def test_helpers_are_unique() -> None:
    helpers = [op.helper for op in TABLE if op.helper]
    assert len(helpers) == len(set(helpers))


def test_instructions_leaves_out_markers_and_prefixes() -> None:
    assert len(list(instructions())) == len(TABLE) - 3


def test_kinds_say_which_operands_are_buffers_and_which_are_written() -> None:
    for op in TABLE:
        written = [field.name for field in op.operands if field.kind.written]
        buffers = [field.name for field in op.operands if field.kind.buffer]
        assert buffers == [field.name for field in op.operands if field.name.endswith("_buffer")], op.mnemonic
        assert set(written) <= set(buffers) and bool(written) == (bool(buffers) and Trait.WRITES in op.traits)
