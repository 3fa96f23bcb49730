"""What is not static says why, and where."""

from __future__ import annotations

import pytest

from tests.static.support import ROOT
from transpile import loader
from transpile.errors import UsageError
from transpile.host.static import static
from transpile.host.values import NotStatic
from transpile.pipeline import lower
from transpile.signatures import declarations

MODULES = ROOT / "tests" / "modules" / "v17"
CASES = [
    ("dynamic_shapes_vmvx", "the shape of input 0 is not known", "add+0x"),
    ("vm_globals", "where an element is depends on data", "log_at+0x"),
    ("tensor_loop", "how often a loop runs depends on data|which way it goes depends on data", "+0x"),
    ("vm_optional_import", "is the embedder's", "always+0x"),
    ("slicing", "where an element is depends on data", "gather+0x"),
    ("large_constant_vmvx", "where an element is depends on data", "lookup_dispatch_0_elementwise_6_i32+0x"),
    ("integer_tensors", "may fail|is not evaluated|a null buffer", "+0x"),
    ("wordcount", "a list of numbers", "count+0x"),
]


@pytest.mark.parametrize(("name", "reason", "where"), CASES, ids=[name for name, _, _ in CASES])
def test_reasons(name: str, reason: str, where: str) -> None:
    path = MODULES / f"{name}.vmfb"
    if not path.exists():
        path = ROOT / "examples" / name / f"{name}.vmfb"
    module = loader.read(path)
    with pytest.raises(NotStatic, match=reason) as caught:
        static(lower(module), None, None, declarations(module))
    assert where in caught.value.where
    assert caught.value.diagnostics[0].hint


def test_a_name_that_no_input_has() -> None:
    module = loader.read(MODULES / "softmax_vmvx.vmfb")
    with pytest.raises(UsageError, match=r"there is no input 'x'.*inputs are"):
        static(lower(module), None, {"x": (1,)}, declarations(module))


def test_a_shape_that_does_not_fit() -> None:
    module = loader.read(MODULES / "softmax_vmvx.vmfb")
    with pytest.raises(NotStatic, match="input 0 has to be of shape 4x10"):
        static(lower(module), None, {"input0": (4, 11)}, declarations(module))
