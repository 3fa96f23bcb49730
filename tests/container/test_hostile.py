"""Damaged and hostile files: only `ContainerError`, soon, and never more than the real reader's refusals."""

from __future__ import annotations

import random
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.work import steps
from transpile.container import load
from transpile.errors import ContainerError, Status

from .samples import BARE, INLINE, tool
from .writer import Ints, Table, attr, debug_database, everything, signature, write, zipped

SMALL = write(everything()) + b"01234567DATA!"


def exercise(data: bytes) -> bool:
    """Read everything there is to read; return whether the file was accepted as a module."""
    try:
        module = load(data)
    except ContainerError as error:
        assert error.diagnostics[0].where and error.diagnostics[0].message
        return False
    count = len(module.functions)
    debug = module.debug
    actions: list[Callable[[], object]] = [
        *(lambda i=i: module.function_bytecode(i) for i in range(count)),
        *(lambda i=i: module.function_name(i) for i in range(count)),
        *(lambda r=r: (r.is_module, r.data) for r in module.rodata),
    ]
    if debug is not None:
        actions += [
            debug.verify,
            lambda: [debug.locations.text(i) for i in range(len(debug.locations))],
            lambda: debug.locations_for(0, count, [1, 4]),
        ]
    for action in actions:
        try:
            action()
        except ContainerError as error:
            assert error.diagnostics[0].where
    return True


@pytest.mark.parametrize("data", [SMALL, zipped(SMALL), INLINE.read_bytes()], ids=["bare", "zip", "real"])
def test_truncation_at_every_length(data: bytes) -> None:
    start = 64 if data[:2] == b"PK" else 0
    needed = start + 4 + int.from_bytes(data[start : start + 4], "little")
    for length in range(len(data)):
        assert exercise(data[:length]) is (length >= needed), length


def test_every_bit_of_a_small_module() -> None:
    accepted = 0
    for at in range(len(SMALL)):
        for bit in range(8):
            mutated = bytearray(SMALL)
            mutated[at] ^= 1 << bit
            accepted += exercise(bytes(mutated))
    assert 0 < accepted < len(SMALL) * 8, "some bits matter and some do not"


@pytest.mark.parametrize("value", [0x00, 0xFF])
def test_every_byte_of_a_real_module(value: int) -> None:
    data = INLINE.read_bytes()
    for at in range(len(data)):
        exercise(data[:at] + bytes([value]) + data[at + 1 :])


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_several_words_at_once(data: st.DataObject) -> None:
    mutated = bytearray(data.draw(st.sampled_from([SMALL, BARE.read_bytes()])))
    edges = [0, 1, 3, 4, 8, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 4, 2**32 - 1]
    words = st.one_of(st.sampled_from(edges), st.integers(0, len(mutated)), st.integers(0, 2**32 - 1))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(mutated) // 4 - 1)) * 4
        struct.pack_into("<I", mutated, at, data.draw(words))
    exercise(bytes(mutated))


@settings(max_examples=300, deadline=None)
@given(st.binary(min_size=8, max_size=400), st.booleans())
def test_noise_with_the_right_identifier(noise: bytes, zip_header: bool) -> None:
    flatbuffer = noise[:1] + b"\0\0\0IREE" + noise[8:]
    data = struct.pack("<I", len(flatbuffer)) + flatbuffer
    exercise(zipped(data) if zip_header else data)


@pytest.mark.skipif(tool("iree-dump-module") is None, reason="needs iree-base-runtime")
def test_the_real_verifier_agrees(tmp_path: Path) -> None:
    """Where IREE's tool reads a damaged FlatBuffer so do we, and where its verifier refuses it so do we.

    Except for unaligned scalars, which no part of this package minds.
    """
    choose = random.Random(20)
    data = INLINE.read_bytes()
    end = 68 + int.from_bytes(data[64:68], "little")
    refused = 0
    for case in range(150):
        mutated = bytearray(data)
        mutated[choose.randrange(64, end)] ^= 1 << choose.randrange(8)
        path = tmp_path / f"{case}.vmfb"
        path.write_bytes(mutated)
        command = [tool("iree-dump-module") or "", "--output=metadata", str(path)]
        theirs = subprocess.run(command, capture_output=True, errors="replace", text=True)
        ours = accepts(bytes(mutated))
        refused += not ours
        if theirs.returncode == 0:
            assert ours, case
        elif "FlatBuffer" in theirs.stderr and "field not aligned" not in theirs.stderr:
            assert not ours, (case, theirs.stderr)
    assert 10 < refused < 100


def accepts(data: bytes) -> bool:
    """Tell whether the whole structure is right, the debug database's included."""
    try:
        module = load(data)
        if module.debug:
            module.debug.verify()
    except ContainerError:
        return False
    return True


def test_overlapping_strings_are_not_all_decoded() -> None:
    """15,000 strings of 4 KiB each, in 64 KiB: every word is the length of a string that begins there."""
    region = struct.pack("<I", 0x1000) * 16384
    table = Table({14: region, 0: "m", 4: [Table({0: "x"}) for _ in range(15000)]})
    data = bytearray(write(table))
    first = data.index(region)
    for index, entry in enumerate(_tables_of(data, slot=4)):
        place = entry + _field(data, entry, 0)
        struct.pack_into("<I", data, place, first + 4 * index - place)
    _refused_soon(bytes(data))


def test_overlapping_vectors_are_not_all_decoded() -> None:
    """Each of 8,000 fused locations has a vector of 4,000 children that begins a word after the last one's."""
    region = struct.pack("<I", 4000) * 12001
    fused = [(3, Table({1: Ints([])})) for _ in range(8000)]
    data = bytearray(write(Table({14: region, 0: "m", 15: debug_database([*fused], [])})))
    first = data.index(region)
    database = _follow(data, _root(data), 15)
    values = _follow(data, database, 1)
    for index in range(8000):
        entry = _target(data, values + 4 + 4 * index)
        place = entry + _field(data, entry, 1)
        struct.pack_into("<I", data, place, first + 4 * index - place)
    debug = load(bytes(data)).debug
    assert debug is not None
    _ends_soon(debug.verify)


def test_shared_tables_cost_once() -> None:
    """2,000 signatures share one vector of 2,000 attributes: right, and not four million of them."""
    attrs = [attr(f"k{n}", "v") for n in range(2000)]
    data = bytearray(write(Table({0: "m", 8: [signature("0v_v", *attrs), *[signature("", attr("", ""))] * 2000]})))
    first, *others = _tables_of(data, slot=8)
    shared = _follow(data, first, 1)
    for entry in others:
        place = entry + _field(data, entry, 1)
        struct.pack_into("<I", data, place, shared - place)
    module = load(bytes(data))
    assert steps(lambda: load(bytes(data))) < 1_000_000  # four for each pair would be 16 million
    assert len(module.signatures) == 2001
    assert all(s is not None and len(s.attrs) == 2000 for s in module.signatures)


def test_vectors_of_too_many_tables() -> None:
    """The code, all zero, is read a second time as a vector of missing types."""
    data = bytearray(write(Table({14: bytes(4 << 20), 0: "m", 4: []})))
    place = _root(data) + _field(data, _root(data), 4)
    vector = _follow(data, _root(data), 14)
    struct.pack_into("<I", data, place, vector - place)
    for count in (1 << 20) + 1, 1 << 20:
        struct.pack_into("<I", data, vector, count)
        data.extend(bytes(64))
        struct.pack_into("<I", data, 0, len(data) - 4)
        if count > 1 << 20:
            _refused_soon(bytes(data))
    assert len(load(bytes(data)).types) == 1 << 20


def _refused_soon(data: bytes) -> None:
    _ends_soon(lambda: load(data))


def _ends_soon(action: Callable[[], object]) -> None:
    """With a refusal, long before the millions of steps that the whole would take."""

    def refused() -> None:
        with pytest.raises(ContainerError) as caught:
            action()
        assert caught.value.diagnostics[0].status is Status.RESOURCE_EXHAUSTED

    assert steps(refused) < 50_000


def _root(data: bytearray) -> int:
    return 4 + int.from_bytes(data[4:8], "little")


def _field(data: bytearray, table: int, slot: int) -> int:
    vtable = table - int(struct.unpack_from("<i", data, table)[0])
    return int(struct.unpack_from("<H", data, vtable + 4 + 2 * slot)[0])


def _target(data: bytearray, at: int) -> int:
    return at + int.from_bytes(data[at : at + 4], "little")


def _follow(data: bytearray, table: int, slot: int) -> int:
    return _target(data, table + _field(data, table, slot))


def _tables_of(data: bytearray, slot: int) -> list[int]:
    """Return the places of the tables in a vector of the root."""
    vector = _follow(data, _root(data), slot)
    count = int.from_bytes(data[vector : vector + 4], "little")
    return [_target(data, vector + 4 + 4 * k) for k in range(count)]
