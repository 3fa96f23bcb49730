"""Every call of the test modules through the interpreter: the results' bits and the failures' codes."""

from __future__ import annotations

import pytest

from tests.corpus import answers
from tests.corpus.programs import Entry, every_entry
from tests.interp.balance import runnable
from tests.interp.engines import ENGINES, Engine
from transpile import container
from transpile.interp import open_module
from transpile.program import Program
from transpile.signatures import declarations


@pytest.mark.parametrize("engine", ENGINES[:3], ids=lambda engine: engine.name)
@every_entry
def test_calls_give_the_right_answers(entry: Entry, engine: Engine) -> None:
    if not runnable(entry):
        pytest.skip("needs imports that the runtime does not have")
    module = container.load(entry.path)
    library = open_module(module, engine.options(), fused=engine.fused)
    ulps = answers.allowed_ulps(entry.libm)
    wrong = []
    for session in entry.sessions:
        instance = Program(library, declarations(module))
        wrong += [text for call in session if (text := answers.differences(instance, call, ulps))]
    assert not wrong, f"{len(wrong)} calls\n" + "\n".join(wrong[:10])
