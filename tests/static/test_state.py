"""Static programs with state: calls in sequence give the interpreter's bits, and nothing else keeps anything."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import transpile
from tests.static.support import GUARD, ROOT, Compiled, arguments, compiled, given, same, several
from tests.support.tools import links

MODULES = ROOT / "tests" / "modules"
DATA = ROOT / "tests" / "static" / "data"
PROGRAMS = [
    DATA / "counters_vmvx.vmfb",
    DATA / "counters_inline.vmfb",
    DATA / "initial_vmvx.vmfb",
    DATA / "packed_vmvx.vmfb",
    DATA / "packed_inline.vmfb",
    DATA / "cells_vmvx.vmfb",
    DATA / "cells_inline.vmfb",
    DATA / "toggled_vmvx.vmfb",
    DATA / "exchanged_vmvx.vmfb",
    DATA / "exchanged_inline.vmfb",
    DATA / "merged_vmvx.vmfb",
    DATA / "merged_inline.vmfb",
    DATA / "updated_vmvx.vmfb",
    DATA / "updated_inline.vmfb",
    MODULES / "v17/tensor_globals.vmfb",
    MODULES / "v17/tensor_globals_vmvx.vmfb",
    MODULES / "v16/tensor_globals_vmvx.vmfb",
    *sorted((MODULES / "v15").glob("tensor_globals_*.vmfb")),
    MODULES / "v16/util_globals.vmfb",
    MODULES / "v15/util_globals_2024.vmfb",
]
"""Numbers and tensors, also those that the initialisation computes; every flow and version."""


class Pair:
    """An instance of the interpreter, and a state of the C program that has to go the same way."""

    def __init__(self, path: Path, program: Compiled, poison: int = 0xA5) -> None:
        self.reference = transpile.load(path, engine="interpreter").new_instance()
        self.program, self.poison = program, poison
        self.state = program.state(poison)

    def call(self, name: str, seed: int) -> None:
        """Calls a function of both."""
        schedule = next(each.schedule for each in self.program.programs if each.schedule.name == name)
        inputs = arguments(schedule, seed)
        expected: Any = getattr(self.reference, name)(*given(schedule, inputs))
        found = self.program.call(name, inputs, self.poison, self.state)
        assert len(several(expected)) == len(found)
        assert all(map(same, several(expected), found)), (name, seed)


def calls(program: Compiled, seed: int, count: int) -> Sequence[tuple[str, int]]:
    """Functions in an order that chance has, each once at least."""
    choice = random.Random(seed)
    names = [each.schedule.name for each in program.programs]
    chosen = [*choice.sample(names, len(names)), *choice.choices(names, k=count)]
    return [(name, choice.randrange(1000)) for name in chosen]


def check(path: Path, folder: Path, width: int, *flags: str, compiler: str = "gcc") -> None:
    program = compiled(path, folder, width, compiler, flags)
    for seed, poison in ((1, 0xA5), (2, 0xFF)):
        pair = Pair(path, program, poison)
        for call in calls(program, seed, 25):
            pair.call(*call)


@pytest.mark.parametrize("width", [16, 0], ids=["vectors", "plain"])
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_calls_in_sequence(path: Path, width: int, tmp_path: Path) -> None:
    check(path, tmp_path, width, "-O2" if width else "-Os")


@pytest.mark.skipif(not links("clang"), reason="no clang")
@pytest.mark.parametrize("path", PROGRAMS[:4], ids=lambda path: path.stem)
def test_with_clang(path: Path, tmp_path: Path) -> None:
    check(path, tmp_path, 32, "-O2", "-mavx2" if links("clang", "-mavx2") else "-O1", compiler="clang")


@pytest.mark.skipif(not links("gcc", "-fsanitize=address,undefined"), reason="no sanitizers")
@pytest.mark.parametrize("path", PROGRAMS[:4], ids=lambda path: path.stem)
def test_under_sanitizers(path: Path, tmp_path: Path) -> None:
    check(path, tmp_path, 16, "-O1", "-fsanitize=undefined", "-fno-sanitize-recover=undefined")


@pytest.mark.parametrize("path", PROGRAMS[:4], ids=lambda path: path.stem)
def test_states_are_apart(path: Path, tmp_path: Path) -> None:
    """Calls on one state change nothing of another one; one that begins again is as it was."""
    program = compiled(path, tmp_path)
    first, second = Pair(path, program), Pair(path, program)
    order = random.Random(3)
    for call in calls(program, 4, 30):
        order.choice((first, second)).call(*call)
    program.begin(first.state)
    begun = Pair(path, program)
    assert np.array_equal(first.state, begun.state)
    first.reference = begun.reference
    for call in calls(program, 5, 10):
        first.call(*call)


def test_where_state_is_needed(tmp_path: Path) -> None:
    """Functions that change it take a pointer to it, those that look at it one to a constant, others none."""
    program = compiled(MODULES / "v17/tensor_globals_vmvx.vmfb", tmp_path)
    entries = {entry.name: entry.parameters[0] for entry in program.interface.entries}
    assert entries == {"step": "m_state* state", "read": "const m_state* state"}
    state = program.interface.state
    assert state is not None and [member.parameter for member in state.members] == ["float tensor0[4]"]
    without = compiled(DATA / "numbers_vmvx.vmfb", tmp_path)
    assert without.interface.state is None
    assert all(entry.parameters[0] == "void* arena" for entry in without.interface.entries)


def test_how_large_it_is(tmp_path: Path) -> None:
    """What is said of the structure is what C makes of it."""
    program = compiled(DATA / "counters_inline.vmfb", tmp_path)
    assert program.interface.state is not None
    size = program.interface.state.bytes
    source = f'#include "m.h"\ntypedef char as_large[sizeof(m_state) == {size} ? 1 : -1];\n'
    assert links("gcc", "-c", f"-I{tmp_path}", source=source)
    assert len(program.state()) == program.interface.state.bytes + GUARD
