"""The code of executables is left out of the C, and nothing else: what is given as their format as well is read."""

from __future__ import annotations

import pytest

from tests.hal.support import DATA
from transpile import container
from transpile.emit.executables import check_executables
from transpile.errors import UnsupportedError
from transpile.interp import open_module
from transpile.loader import compile_module
from transpile.native.build import Options
from transpile.native.cdef import runtime_cdef
from transpile.program import Library, Program, VmError, open_library
from transpile.signatures import declarations
from transpile.verify import check


def _message(library: Library, module: container.Module) -> str:
    with pytest.raises(VmError) as caught:
        Program(library, declarations(module), {})
    return str(caught.value)


def test_a_format_that_is_the_code_itself() -> None:
    """Refused when it is loaded; by who runs it all the same, in the same words."""
    module = container.load((DATA / "code_as_format.vmfb").read_bytes())
    check(module)
    output, path = compile_module(module, Options(optimize="none"))
    emitted = _message(open_library(path, runtime_cdef(), output.prefix), module)
    interpreted = _message(open_module(module), module)
    assert emitted == interpreted and "executables of format 'PK" in emitted


def test_any_constant_as_a_format_is_named_in_few_words() -> None:
    module = container.load((DATA / "code_as_format.vmfb").read_bytes())
    with pytest.raises(UnsupportedError, match="are of format 'PK") as caught:
        check_executables(module)
    assert len(str(caught.value)) < 800
