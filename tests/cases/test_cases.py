"""Faults that were seen once stay away, and the command that shows all of them says when one does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cases.catalogue import CASES, Case
from tests.cases.shell import DATA, ROOT
from tests.support.names import is_test
from tests.support.tools import beside_python

PARAMETERS = [
    pytest.param(case, id=f"{case.name}: {case.kind}", marks=[pytest.mark.slow] if case.slow else []) for case in CASES
]


@pytest.mark.parametrize("case", PARAMETERS)
def test_the_right_output(case: Case, tmp_path: Path) -> None:
    beside_python("iree-compile")
    steps = list(case.show(DATA, tmp_path))
    assert steps
    differing = [step for step in steps if not step.right]
    if case.still_open:
        assert differing == steps[-1:], "what was open is done: say so in the catalogue"
        pytest.xfail(case.still_open)
    assert not differing


@pytest.mark.parametrize("case", CASES, ids=[f"{case.name}: {case.kind}" for case in CASES])
def test_its_kind_has_tests(case: Case) -> None:
    assert case.tests
    assert [name for name in case.tests if not is_test(name)] == []


def test_every_folder_is_a_case() -> None:
    assert {path.name for path in DATA.iterdir()} == {case.name for case in CASES}


def test_the_command_fails_when_something_differs(tmp_path: Path) -> None:
    beside_python("iree-as-module")
    (tmp_path / "unused-argument").mkdir()
    text = (DATA / "unused-argument" / "u4.vmasm").read_text()
    for name, changed in (("right", text), ("wrong", text.replace("vm.return %i0", "vm.retrun %i0"))):
        (tmp_path / "unused-argument" / "u4.vmasm").write_text(changed)
        command = [sys.executable, "-m", "tests.cases", str(tmp_path), "--case=unused-argument"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == (name == "wrong"), done.stdout + done.stderr
        assert "verdict:  right" in done.stdout
        assert ("verdict:  DIFFERS" in done.stdout) is (name == "wrong")


def test_a_folder_without_a_case_is_refused(tmp_path: Path) -> None:
    (tmp_path / "novelty").mkdir()
    command = [sys.executable, "-m", "tests.cases", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "no case is known for novelty" in done.stderr
