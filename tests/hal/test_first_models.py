"""Modules of the compiler 20230404.479: one shared device, layouts, pushed constants and bindings."""

from __future__ import annotations

import pytest

from tests.corpus import answers
from tests.corpus.programs import ENTRIES, Call
from tests.hal.support import DATA, loaded
from transpile import container

CALLS = [
    (name, call)
    for name in ("matmul", "conv2d")
    for entry in ENTRIES
    if entry.file == f"v17/{name}_vmvx.vmfb"
    for session in entry.sessions
    for call in session
]


@pytest.mark.parametrize(("name", "call"), CALLS, ids=lambda value: getattr(value, "function", value))
def test_results_are_those_of_today(name: str, call: Call) -> None:
    assert not answers.differences(loaded(f"{name}_2023"), call)


def test_these_modules_push_what_dispatches_take() -> None:
    imports = {item.full_name for item in container.load(DATA / "matmul_2023.vmfb").imports}
    assert {"hal.ex.shared_device", "hal.pipeline_layout.create", "hal.command_buffer.push_descriptor_set"} <= imports
