"""Both engines behind one `load`: the same results, the same errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import transpile
from tests.support.modules import build_module, function, imported, ref
from transpile.loader import Engine
from transpile.native.toolchain import Optimize
from transpile.program import VmError

EXAMPLES = Path(__file__).parents[2] / "examples"
ENGINES: tuple[Engine, ...] = ("c", "interpreter")


def test_same_bits() -> None:
    image = np.load(EXAMPLES / "digits" / "test_images.npy")[:1].astype(np.float32)
    found = [transpile.load(EXAMPLES / "digits" / "digits.vmfb", engine=e).classify(image) for e in ENGINES]
    assert found[0].tobytes() == found[1].tobytes()


@pytest.mark.parametrize("engine", ENGINES)
def test_same_error(engine: Engine) -> None:
    program = transpile.load(EXAMPLES / "matmul" / "matmul.vmfb", engine=engine)
    square, narrow = np.zeros((64, 64), np.float32), np.zeros((64, 63), np.float32)
    with pytest.raises(ValueError, match="input1 shape dimension 1 mismatch") as caught:
        program.mm(square, narrow)
    assert isinstance(caught.value, VmError)
    assert [(frame.function, frame.offset) for frame in caught.value.frames] == [("mm", 0x7B)]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_embedder_may_supply_what_the_runtime_lacks(engine: Engine) -> None:
    """Even in a module whose other functions are the runtime's."""
    code = ["entry", ("call", imported(0), (0,), (1,)), ("return", (1,))]
    made = function(*code, convention="0i_i", export="f")
    image = build_module([made], imports=[("hal.future", "0i_i")])
    with pytest.raises(transpile.UnsupportedError):
        transpile.load(image, engine=engine)
    assert transpile.load(image, engine=engine, imports={"hal.future": lambda x: 2 * x}).f(21) == 42


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("optimize", ["none", "speed"])
def test_arguments_that_nothing_reads_need_no_registers(engine: Engine, optimize: Optimize) -> None:
    """Assemblers count the registers that code names; here a call passes on more than its callee names."""
    code = ["entry", ("call", 1, (ref(0), 0, 1, 2, 3), (4,)), ("return", (4,))]
    taking = function("entry", ("return", (1,)), convention="0riiii_i", words=3, refs=0)
    calling = function(*code, convention="0riiii_i", words=5, refs=1, export="f")
    image = build_module([calling, taking])
    program = transpile.load(image, optimize=optimize, engine=engine)
    assert program.f(None, 10, 11, 12, 13) == 11
