"""Faults that were seen once stay away, and the command that shows all of them says when one does not.

The commands take minutes (`--slow`, `python -m tests.cases`); the tests of its kind, which each case names, do not.
"""

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
    pytest.param(case, id=f"{case.name}: {case.kind}", marks=pytest.mark.slow) for case in CASES
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


def shown(folder: Path, case: str) -> tuple[str, int]:
    command = [sys.executable, "-m", "tests.cases", str(folder), f"--case={case}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.stdout + done.stderr, done.returncode


@pytest.mark.parametrize(
    ("case", "old", "new", "verdict"),
    [
        ("unused-argument/u4.vmasm", "%r0", "%r0", "verdict:  right"),
        ("read-only-constant/insert.mlir", "15, 16", "15, 17", "verdict:  DIFFERS"),
        ("unused-argument/u4.vmasm", "vm.return", "vm.retrun", "verdict:  CANNOT BE PREPARED"),
    ],
)
def test_the_command_says_whether_something_differs(
    case: str, old: str, new: str, verdict: str, tmp_path: Path
) -> None:
    beside_python("iree-as-module")
    name = case.partition("/")[0]
    (tmp_path / name).mkdir()
    text = (DATA / case).read_text()
    assert old in text
    (tmp_path / case).write_text(text.replace(old, new))
    said, code = shown(tmp_path, name)
    assert verdict in said
    assert code == (verdict != "verdict:  right")


def test_a_folder_without_a_case_is_refused(tmp_path: Path) -> None:
    (tmp_path / "novelty").mkdir()
    command = [sys.executable, "-m", "tests.cases", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "no case is known for novelty" in done.stderr
