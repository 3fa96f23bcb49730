"""Static programs compiled by themselves, and called on arrays."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from transpile import loader
from transpile.emit.interface import Interface
from transpile.emit.static import StaticFiles, emit_static
from transpile.host.schedule import Schedule
from transpile.host.static import Static, static
from transpile.host.values import View
from transpile.nests.plan.target import Target, for_vectors
from transpile.pipeline import lower
from transpile.program.dtypes import dtype_of
from transpile.signatures import declarations

ROOT = Path(__file__).parents[2]
WARNINGS = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Werror"]
EXACT = ["-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]

Array = np.ndarray[Any, Any]
GUARD = 64
"""Bytes behind the arena, the state and the outputs that nobody may touch."""
_GUARDED = 0x5C


@dataclass
class Compiled:
    """A static program as a shared library."""

    programs: Sequence[Static]
    interface: Interface
    library: ctypes.CDLL

    def state(self, poison: int = 0xA5) -> Array:
        """The state as it begins, in memory full of `poison`."""
        state = self.interface.state
        assert state is not None
        memory = _filled(state.bytes, poison)
        self.begin(memory)
        return memory

    def begin(self, memory: Array) -> None:
        """Fills a state."""
        assert self.interface.state is not None
        getattr(self.library, self.interface.state.init)(ctypes.c_void_p(memory.ctypes.data))
        _check_guard(memory)

    def call(
        self, name: str, inputs: Sequence[Array], poison: int = 0xA5, state: Array | None = None
    ) -> tuple[Array, ...]:
        """Calls an export with an arena full of `poison`, on a fresh state where none is given; fails where something
        else is written."""
        program, entry = next(
            both
            for both in zip(self.programs, self.interface.entries, strict=True)
            if both[0].schedule.name == name
        )
        kept = [array.copy() for array in inputs]
        arena = _filled(program.arena.bytes, poison)
        outputs = [_filled(view.range.storage.size, poison) for view in program.schedule.outputs]
        given = [_passed(view, array) for view, array in zip(program.schedule.inputs, kept, strict=True)]
        states = [self.state(poison) if state is None else state] if entry.state else []
        kept_states = [each.copy() for each in states if entry.only_looks]
        places = [ctypes.c_void_p(array.ctypes.data) for array in outputs]
        memory = [ctypes.c_void_p(array.ctypes.data) for array in (*states, arena)]
        getattr(self.library, entry.symbol)(*memory, *given, *places)
        assert all(map(np.array_equal, kept_states, states))
        assert all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(kept, inputs, strict=True))
        for array in (*states, arena, *outputs):
            _check_guard(array)
        return tuple(
            array[:-GUARD].view(dtype_of(view.element_type)).reshape(view.shape)
            for array, view in zip(outputs, program.schedule.outputs, strict=True)
        )


def _check_guard(memory: Array) -> None:
    """Nobody has written behind it."""
    assert (memory[-GUARD:] == _GUARDED).all()


def _passed(view: View, array: Array) -> Any:
    """An argument: an array by its address, a number by its value."""
    return np.ctypeslib.as_ctypes_type(array.dtype)(array[()]) if view.is_number else ctypes.c_void_p(array.ctypes.data)


def _filled(size: int, poison: int) -> Array:
    """So many bytes at an aligned address, and the guard."""
    memory = np.full(size + GUARD + 64, poison, np.uint8)
    first = -memory.ctypes.data % 64
    memory[first + size :] = _GUARDED
    return memory[first : first + size + GUARD]


def written(
    path: Path, width: int | Target, shapes: Mapping[str, tuple[int, ...]] | None = None, threads: int = 1
) -> tuple[list[Static], StaticFiles]:
    """The static programs of a module and how they are written: for vectors of so many bytes or another processor, or
    with loops as they stand (0)."""
    module = loader.read(path)
    declared = declarations(module)
    target = width if isinstance(width, Target) else for_vectors(width) if width else None
    programs = static(lower(module), target, shapes, declared, threads)
    vectors = target is not None and bool(target.vectors)
    return programs, emit_static(programs, "m", module.name, declared, vectors=vectors, threads=threads)


def made(
    path: Path, width: int | Target, shapes: Mapping[str, tuple[int, ...]] | None = None, threads: int = 1
) -> tuple[list[Static], str, str]:
    """The static programs of a module, the header and the C."""
    programs, emitted = written(path, width, shapes, threads)
    return programs, emitted.files["m.h"], emitted.files["m.c"]


def compiled(
    path: Path,
    folder: Path,
    width: int | Target = 16,
    compiler: str = "gcc",
    flags: Sequence[str] = ("-O2",),
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    threads: int = 1,
) -> Compiled:
    """Compiles the two files with every warning an error, and nothing beside them."""
    programs, emitted = written(path, width, shapes, threads)
    for name, text in emitted.files.items():
        (folder / name).write_text(text)
    command = [compiler, *WARNINGS, *EXACT, *flags, "-shared", "-fPIC", "m.c", "-o", "m.so", "-lm"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:4000]
    return Compiled(programs, emitted.interface, ctypes.CDLL(str(folder / "m.so")))


def arguments(schedule: Schedule, seed: int) -> list[Array]:
    """Random inputs."""
    return [_random(view, np.random.default_rng([seed, number])) for number, view in enumerate(schedule.inputs)]


def given(schedule: Schedule, inputs: Sequence[Array]) -> list[Any]:
    """The same inputs as Python calls take them."""
    both = zip(schedule.inputs, inputs, strict=True)
    return [array.item() if view.is_number else array.copy() for view, array in both]


def several(results: Any) -> tuple[Any, ...]:
    """What a Python call gave, none, one or several of it."""
    if isinstance(results, tuple):
        return results
    return () if results is None else (results,)


def made_bytes(schedule: Schedule, results: Any) -> tuple[bytes, ...]:
    """What a Python call gave, as bytes."""
    each = several(results)
    views = zip(schedule.outputs, each, strict=True)
    return tuple(np.asarray(value, dtype_of(view.element_type)).tobytes() for view, value in views)


def _random(view: View, random: np.random.Generator) -> Array:
    dtype = dtype_of(view.element_type)
    if dtype.kind == "f":
        return np.asarray(random.standard_normal(view.shape), dtype)
    low, high = {"b": (0, 2), "u": (0, 100)}.get(dtype.kind, (-100, 100))
    return np.asarray(random.integers(low, high, view.shape), dtype)


def same(first: Array | float, second: Array) -> bool:
    """Equal bits; the first one may be a number of the interpreter's."""
    first = np.asarray(first, second.dtype)
    return first.shape == second.shape and np.ascontiguousarray(first).tobytes() == second.tobytes()
