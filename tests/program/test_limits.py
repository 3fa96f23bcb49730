"""Limits of running programs, at their values and one beyond; `docs/limits.md` names these tests."""

from __future__ import annotations

import numpy as np
import pytest

import transpile
from tests.support.modules import build_module, function
from transpile.loader import Engine
from transpile.program import Tensor

MESSAGE, FRAMES, RANK = 240, 16, 128
ENGINES: tuple[Engine, ...] = ("c", "interpreter")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("length", [MESSAGE - 20, MESSAGE - 1, MESSAGE, MESSAGE + 100])
def test_messages_are_cut_off(length: int, engine: Engine) -> None:
    text = ("0123456789" * 40)[:length].encode()
    code = function("entry", ("const.i32", 9, 0), ("fail", 0, text), "end", ("return", ()), export="f")
    with pytest.raises(transpile.VmError) as caught:
        transpile.load(build_module([code]), engine=engine, optimize="none").f()
    assert caught.value.message.encode() == text[: MESSAGE - 1]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("depth", [3, FRAMES - 1, FRAMES, FRAMES + 20])
def test_the_innermost_frames_are_kept_and_the_others_counted(depth: int, engine: Engine) -> None:
    start = ("entry", ("const.i32", 1, 1), ("cond_br", 0, "go", (), "end", ()))
    again = ("go", ("sub.i32", 0, 1, 2), ("call", 0, (2,), (3,)), ("return", (3,)))
    code = function(*start, *again, "end", ("fail", 1, b"deep"), "x", ("return", (0,)), convention="0i_i", export="f")
    with pytest.raises(transpile.VmError) as caught:
        transpile.load(build_module([code]), engine=engine, optimize="none").f(depth)
    assert len(caught.value.frames) == min(depth + 1, FRAMES)
    more = depth + 1 - FRAMES
    assert (f"and {more} outer frames" in str(caught.value)) is (more > 0)


@pytest.mark.parametrize("engine", ENGINES)
def test_tensors_have_at_most_so_many_dimensions(engine: Engine) -> None:
    code = function("entry", ("return", (0x8000,)), convention="0r_r", export="f")
    program = transpile.load(build_module([code], types=("!hal.buffer_view",)), engine=engine, optimize="none")
    data = np.zeros(4, np.uint8)
    element_type = transpile.program.element_type_of(np.dtype(np.float32))
    assert program["f"].call_raw([Tensor(data, element_type, (1,) * RANK)])[0].shape == (1,) * RANK
    with pytest.raises(transpile.VmError) as caught:
        program["f"].call_raw([Tensor(data, element_type, (1,) * (RANK + 1))])
    assert caught.value.status_name == "OUT_OF_RANGE"
