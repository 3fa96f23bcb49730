"""Every call of the manifest through emitted C at every level: the results' bits and the failures' codes."""

from __future__ import annotations

import pytest

from tests.corpus import answers
from tests.corpus.programs import ENTRIES, Entry, every_entry
from tests.corpus.unsupported import MISSING
from transpile import container, loader
from transpile.errors import UnsupportedError
from transpile.imports import NATIVE
from transpile.native.build import Options
from transpile.native.toolchain import LEVELS, Optimize


def wanted(entry: Entry) -> set[tuple[str, str]]:
    """The imports of a module that the runtime lacks."""
    imports = container.load(entry.path).imports
    pairs = {(item.full_name, item.signature.calling_convention if item.signature else "") for item in imports}
    return pairs & MISSING


def test_the_list_of_missing_imports_is_current() -> None:
    assert not MISSING & NATIVE.keys(), "the runtime has learnt these: take them out of tests/corpus/unsupported.py"
    needed = set().union(*map(wanted, ENTRIES))
    assert needed == MISSING, "no test module asks for these"


@pytest.mark.parametrize("level", LEVELS)
@every_entry
def test_calls_give_the_right_answers(entry: Entry, level: Optimize) -> None:
    options = Options(optimize=level, jobs=1)
    missing = wanted(entry)
    if missing:
        with pytest.raises(UnsupportedError) as caught:
            loader.load(entry.path, options)
        text = str(caught.value)
        assert all(name in text for name, _ in missing), text
        return
    if not entry.sessions:
        loader.compile_module(container.load(entry.path), options)
        return
    program = loader.load(entry.path, options)
    ulps = answers.allowed_ulps(entry.libm)
    wrong = []
    for session in entry.sessions:
        instance = program.new_instance()
        wrong += [text for call in session if (text := answers.differences(instance, call, ulps))]
    assert not wrong, f"{len(wrong)} calls\n" + "\n".join(wrong[:10])
