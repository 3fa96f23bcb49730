"""What is known about functions: from what compilers wrote, from the code, and from models; and who is offered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import transpile
from tests.support.modules import build_module, function
from transpile.container import Module, Signature
from transpile.loader import read
from transpile.program.signature import Argument, argument, is_real
from transpile.signatures import declarations

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "examples" / "digits"
F32 = np.dtype(np.float32)


def without_words(path: Path) -> Module:
    """A module about whose functions nothing is written."""
    module = read(path)
    return replace(module, signatures=tuple(s and Signature(s.calling_convention) for s in module.signatures))


@pytest.mark.parametrize(
    "path", [DIGITS / "digits.vmfb", DIGITS / "digits_vmvx.vmfb", ROOT / "examples" / "matmul" / "matmul.vmfb"]
)
def test_the_code_says_what_the_words_said(path: Path) -> None:
    known, found = declarations(read(path)), declarations(without_words(path))
    for name, declared in known.items():
        assert [mlir for _, mlir in found[name].arguments] == [mlir for _, mlir in declared.arguments]
        assert [mlir for _, mlir in found[name].results] == [mlir for _, mlir in declared.results]


def test_open_sizes_are_open_in_the_code_too() -> None:
    path = ROOT / "tests" / "hal" / "data" / "tensors.vmfb"
    known, found = declarations(read(path)), declarations(without_words(path))
    compared = 0
    for name in known.keys() & found.keys():
        for (_, written), (_, read_off) in zip(known[name].arguments, found[name].arguments, strict=True):
            if read_off.startswith("tensor"):
                assert read_off == written
                compared += "?" in written
    assert compared


def test_inputs_and_outputs() -> None:
    classify = transpile.load(DIGITS / "digits.vmfb", optimize="none").classify
    assert classify.inputs == (Argument("input0", F32, (1, 64)),)
    assert classify.outputs == (Argument("output0", F32, (1, 10)),)
    fib = transpile.load(ROOT / "examples" / "fibonacci" / "fibonacci.vmfb", optimize="none").fib
    assert fib.inputs == (Argument("input0", np.dtype(np.int32), ()),)
    assert fib.outputs == (Argument("output0", np.dtype(np.int64), ()),)


def test_what_is_not_known_is_none() -> None:
    assert argument("x", "r", "") == argument("x", "r", "!vm.list<i32>") == Argument("x", None, None)
    assert argument("x", "r", "tensor<?x?x3xbf16>", ("rows", "", "")).shape == ("rows", None, 3)
    assert argument("x", "r", "tensor<f64>") == Argument("x", np.dtype(np.float64), ())


def test_names_of_a_model() -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("iree.compiler")
    classify = transpile.load(DIGITS / "classifier.onnx", optimize="none").classify
    assert classify.inputs == (Argument("image", F32, ("batch", 64)),)
    assert classify.outputs == (Argument("logits", F32, ("batch", 10)),)
    assert repr(classify) == "<function classify(image: 'ArrayLike') -> 'NDArray[np.float32]'>"
    image = np.zeros((2, 64), np.float32)
    assert classify(image=image).tobytes() == classify(image).tobytes()


def entry(export: str) -> object:
    return function("entry", ("return", ()), convention="0v_v", export=export)


def test_hooks_and_halves_are_not_offered() -> None:
    contents = build_module([entry(name) for name in ("f$async", "f", "__init", "lone$async")], name="m")
    program = transpile.load(contents, optimize="none")
    assert list(program) == list(program.functions) == ["f", "lone$async"]
    assert repr(program) == "<Program 'm': f, lone$async>" and "f$async" not in dir(program)
    assert program["f$async"]() is None and "__init" in program.exports
    with pytest.raises(AttributeError, match=r"no function 'g'; there are f, lone\$async$"):
        program.g  # noqa: B018
    assert is_real("f$async", {"g"}) and not is_real("f$async", {"f"})


def test_an_attribute_that_fits_nothing_is_left_out() -> None:
    module = read(DIGITS / "digits.vmfb")
    (signature,) = (s for s in module.signatures if s and s.attrs)
    for text in (
        "{",
        "[]",
        '{"inputs": 1}',
        '{"inputs": [["a"]]}',
        '{"inputs": [["a", [1]], ["b", [1]]]}',
        '{"inputs": [[1]]}',
    ):
        attrs = {**signature.attrs, "transpile.signature": text}
        changed = replace(module, signatures=(Signature(signature.calling_convention, attrs),))
        assert declarations(changed)["classify"] == declarations(module)["classify"]


def test_a_function_that_calls_itself_is_looked_at_once() -> None:
    convention = "0v_r"
    calling = function("entry", ("call", 0, (), (0x8000,)), ("return", (0x8000,)), convention=convention, export="f")
    imports = [("hal_inline.buffer_view.create", "0rIIiiCID_r")]
    module = read(build_module([calling], imports=imports, types=["!vm.ref"]), verified=False)
    assert declarations(module) == {}
