"""Tensors of globals that share a buffer at first: each has memory of its own, wherever calls leave it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.static.support import ROOT, Compiled, arguments, compiled, given, same, several
from tests.static.test_state import calls
from transpile import loader
from transpile.host.program import schedules
from transpile.host.values import NotStatic
from transpile.pipeline import lower

DATA = ROOT / "tests" / "static" / "data"
NAMES = ["packed", "cells", "exchanged", "updated", "merged", "toggled", "initial", "counters"]


def members(program: Compiled) -> list[str]:
    assert program.interface.state is not None
    return [member.parameter for member in program.interface.state.members]


@pytest.mark.parametrize("flow", ["vmvx", "inline"])
def test_each_tensor_is_a_member(flow: str, tmp_path: Path) -> None:
    """As much of each as calls use: of a window of six rows all but the first, which is never looked at."""
    found = members(compiled(DATA / f"packed_{flow}.vmfb", tmp_path))
    own = ["float [10]", "float [4]", "float [4]", "int32_t [4]", "int8_t [3]", "int8_t [512]", "int8_t [60]"]
    assert sorted(re.sub(r"tensor\d", "", each) for each in found) == own


@pytest.mark.parametrize("flow", ["vmvx", "inline"])
def test_an_order_that_changes(flow: str, tmp_path: Path) -> None:
    found = members(compiled(DATA / f"cells_{flow}.vmfb", tmp_path))
    own = ["float [4]", "float [4]", "float [6]", "float [6]", "int64_t number0"]
    assert sorted(re.sub(r"tensor\d", "", each) for each in found) == own


@pytest.mark.parametrize("name", NAMES)
def test_the_bits_of_iree_s_runtime(name: str, tmp_path: Path) -> None:
    runtime: Any = pytest.importorskip("iree.runtime")
    path = DATA / f"{name}_vmvx.vmfb"
    program = compiled(path, tmp_path)
    for seed in range(4):
        config = runtime.Config("local-sync")
        module = runtime.load_vm_module(runtime.VmModule.copy_buffer(config.vm_instance, path.read_bytes()), config)
        state = program.state()
        for called, inputs_seed in calls(program, seed, 25):
            schedule = next(each.schedule for each in program.programs if each.schedule.name == called)
            inputs = arguments(schedule, inputs_seed)
            expected = getattr(module, called)(*given(schedule, inputs))
            found = program.call(called, inputs, state=state)
            expected = () if expected is None else several(expected)
            assert len(expected) == len(found)
            assert all(same(np.asarray(mine), its) for mine, its in zip(expected, found, strict=True)), called


def test_numbers_that_decide() -> None:
    """One that changes together with tensors is found to be data; of several it is not known which are."""
    lowered = lower(loader.read(DATA / "decided_vmvx.vmfb"))
    with pytest.raises(NotStatic, match=r"depends on numbers in globals that change \(at bytes [0-9, ]+ of them\)"):
        schedules(lowered, {"step": {}, "reset": {}})
