"""Programs of the default local flavour: what IREE's own tool gives, bit for bit, and its failures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import transpile
from tests.hal.support import DATA, loaded, ours, witness
from transpile.errors import UnsupportedError


def _f32(*shape: int) -> np.ndarray[Any, Any]:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape) / 3


def _ints(dtype: str, *shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(3).integers(-100, 100, shape).astype(dtype)


CALLS: list[tuple[str, tuple[Any, ...]]] = [
    ("halve", (_f32(4),)),
    ("add", (_f32(1000), _f32(1000))),
    ("add", (_f32(0), _f32(0))),
    ("mm", (_f32(33, 17), _f32(17, 29))),
    ("mm", (_f32(0, 4), _f32(4, 3))),
    ("mm", (_f32(2, 0), _f32(0, 3))),
    ("mm_i8", (_ints("i1", 9, 20), _ints("i1", 20, 11))),
    ("square_f64", (np.linspace(-1, 1, 7),)),
    ("both", (np.arange(8, dtype=np.int32),)),
    ("join", (_ints("i2", 2, 3), _ints("i2", 2, 3))),
    ("splat", (7, 2.5)),
    ("splat", (0, 2.5)),
    ("grow", (_f32(4) + 1, 100.0)),
    ("accumulate", (_f32(4),)),
    ("same", (_f32(4),)),
    ("outer", (_f32(70) / 9, _f32(130) / 9)),
]

FAILURES: list[tuple[str, tuple[Any, ...]]] = [
    ("halve", (_f32(5),)),
    ("halve", (_f32(2, 2),)),
    ("halve", (_f32(4).astype(np.float64),)),
    ("halve", (_ints("i4", 4),)),
    ("add", (_f32(5), _f32(4))),
    ("mm", (_f32(4, 4), _f32(3, 4))),
    ("mm", (_f32(4), _f32(3, 4))),
    ("both", (_f32(8),)),
    ("join", (_ints("i2", 3, 2), _ints("i2", 2, 3))),
    ("square_f64", (_f32(3),)),
]
ENCODED = r" \([0-9a-f]{8}\)"
"""An element type's number, which IREE writes behind its name."""


@pytest.mark.parametrize(("function", "arguments"), CALLS, ids=lambda value: value if isinstance(value, str) else "")
def test_results_are_those_of_iree(function: str, arguments: tuple[Any, ...], tmp_path: Path) -> None:
    found = ours(loaded("tensors").new_instance(), function, arguments)
    assert not found.status, found
    assert found == witness("tensors", function, arguments, tmp_path)


@pytest.mark.parametrize(
    ("function", "arguments"), FAILURES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_failures_are_those_of_iree(function: str, arguments: tuple[Any, ...], tmp_path: Path) -> None:
    found = ours(loaded("tensors"), function, arguments)
    expected = witness("tensors", function, arguments, tmp_path)
    assert found.status and found.status == expected.status
    assert found.message.partition("; expected shape")[0] in re.sub(ENCODED, "", expected.message)


def test_integers_of_one_width_stand_for_each_other() -> None:
    program = loaded("tensors")
    x = np.arange(8, dtype=np.int32)
    assert all(np.array_equal(a, b) for a, b in zip(program.both(x), program.both(x.view(np.uint32)), strict=True))


def test_state_is_an_instance_s_own() -> None:
    first, second = loaded("tensors").new_instance(), loaded("tensors").new_instance()
    one = np.ones(4, np.float32)
    kept = first.accumulate(one)
    assert np.array_equal(first.accumulate(one), 2 * one)
    assert np.array_equal(kept, one)
    assert np.array_equal(second.accumulate(one), one)


def test_a_call_works_behind_one_that_failed() -> None:
    program = loaded("tensors").new_instance()
    assert ours(program, "add", (_f32(5), _f32(4))).status == "OUT_OF_RANGE"
    assert np.array_equal(program.add(_f32(5), _f32(5)), 2 * _f32(5))


def test_a_failure_says_which_kernel_it_was() -> None:
    with pytest.raises(IndexError) as caught:
        loaded("tensors").add(_f32(5), _f32(4))
    names = [frame.function for frame in caught.value.frames]  # type: ignore[attr-defined]
    assert names[0].startswith("add_dispatch_0") and names[-1] == "add"


def test_a_result_is_written_into_the_caller_s_storage(tmp_path: Path) -> None:
    x, out = _f32(4), np.full(4, -1, np.float32)
    program, squares = loaded("storage"), (x * x).tobytes()
    assert program.square(x, out).tobytes() == squares and (out == -1).all()
    into = program.square.donate(1)
    assert into(x, out).tobytes() == squares == out.tobytes()
    assert np.shares_memory(into(x, out), out)
    other = np.zeros(2)  # IREE asks for bytes alone
    assert into(x, other).dtype == np.float32 and other.tobytes() == squares
    assert witness("storage", "square", [x, out], tmp_path).results == (squares,)
    bare = np.zeros(4, np.float32)
    assert program.square_bare(x, bare).tobytes() == squares and not bare.any()
    assert program.square_bare(x, transpile.Storage(bare)).tobytes() == squares == bare.tobytes()
    assert witness("storage", "square_bare", [x, "&4xf32"], tmp_path).results == (squares,)
    short = ours(program, "square", [x, out[:3]])
    assert short.status == witness("storage", "square", [x, out[:3]], tmp_path).status == "INVALID_ARGUMENT"


def test_a_quantised_layer_is_that_of_iree(tmp_path: Path) -> None:
    x = np.random.default_rng(4).integers(-128, 128, (5, 24)).astype(np.int8)
    found = ours(loaded("quantised"), "layer", [x])
    assert len(set(found.results[0])) > 20 and found == witness("quantised", "layer", [x], tmp_path)


def test_an_async_function_needs_no_fences() -> None:
    x = _f32(4)
    assert np.array_equal(loaded("halve_async").halve(x), x / 2)


def test_a_program_for_several_targets_takes_its_vmvx_variant() -> None:
    x = _f32(4)
    assert np.array_equal(loaded("halve_variants").halve(x), x / 2)


def test_kernels_with_other_imports_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from transpile.emit import files

    seen = []

    def refuse(module: Any, *_: Any) -> None:
        seen.append(module.name)
        if len(seen) == 2:
            raise UnsupportedError

    monkeypatch.setattr(files, "check_imports", refuse)
    with pytest.raises(UnsupportedError):
        transpile.emit(DATA / "halve.vmfb")
    assert len(seen) == 2
