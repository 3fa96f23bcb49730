"""Modules that compilers wrote are clean; whatever is done to their bytes, only the container may object by raising."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from transpile.container import Module, load
from transpile.errors import ContainerError
from transpile.isa import decode
from transpile.isa.kinds import is_move
from transpile.verify import frame_registers, listing, verify

DATA = Path(__file__).parent / "data"
"""`tests/modules/src` compiled by old compilers: bytecode version, compiler version, program; no source maps."""
TESTS = Path(__file__).parent.parent
FILES = sorted(TESTS.rglob("*.vmfb"))
ROUNDS = 1500


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(TESTS)) for path in FILES])
def test_compiled_modules_are_clean(path: Path) -> None:
    for module in _with_nested(load(path)):
        report = verify(module)
        assert report.ok, str(report)


def test_version_15_sets_move_on_operands_that_are_only_read() -> None:
    module = load(DATA / "v15_20240828_ref_lists.vmfb")
    moved = [
        word
        for index in range(len(module.functions))
        for instruction in decode(module.function_bytecode(index), module.major)
        for field, word in instruction.items()
        if field.kind.group == "register" and field.kind.type == "ref" and not field.kind.moves and is_move(word)
    ]
    assert moved and verify(module).ok


def test_version_15_copies_through_a_register_it_does_not_count() -> None:
    module = load(DATA / "v15_20230404_fibonacci.vmfb")
    declared = module.functions[0].i32_registers
    copied = [
        word
        for instruction in decode(module.function_bytecode(0), module.major)
        for _, pairs in instruction.edges()
        for pair in pairs
        for word in pair
    ]
    assert declared <= max(copied) < frame_registers(declared, module.major)


def _with_nested(module: Module) -> Iterator[Module]:
    yield module
    for segment in module.rodata:
        if segment.is_module:
            yield from _with_nested(load(segment.data))


@pytest.mark.skipif(not FILES, reason="no compiled modules")
def test_mutations_never_raise() -> None:
    """Bytes set at random, and words to the values that break arithmetic."""
    source = min(FILES, key=lambda path: path.stat().st_size).read_bytes()
    dice = random.Random(20260821)
    read = refused = 0
    for _ in range(ROUNDS):
        try:
            module = load(_mutated(source, dice))
        except ContainerError:
            continue
        report = verify(module)
        lines = list(listing(report, module))
        assert report.ok or lines
        read += 1
        refused += not report.ok
    assert read > ROUNDS // 20, "most files did not even load: the test says nothing"
    assert refused > read // 20, "hardly a change was noticed: the test says nothing"


def _mutated(source: bytes, dice: random.Random) -> bytes:
    changed = bytearray(source)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(changed) - 4)
        if dice.random() < 0.7:
            changed[at] = dice.randrange(256)
        else:
            extreme = dice.choice((0, 1, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF))
            changed[at : at + 4] = extreme.to_bytes(4, "little")
    return bytes(changed)
