"""Licence, version and description: in the distribution, in the files, and in what is made of models."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

import transpile
from tests.packaging.environments import ROOT, build_distribution
from transpile.cli import main
from transpile.emit import EmitOptions
from transpile.loader import read
from transpile.ship.package import package_sources

DIGITS = ROOT / "examples" / "digits" / "digits.vmfb"
SOURCES = [
    path
    for folder in ("csupport", "templates")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in (".c", ".h", ".j2")
]


def twine(*files: Path) -> None:
    if importlib.util.find_spec("twine") is None:
        pytest.skip("twine is not installed")
    command = [sys.executable, "-m", "twine", "check", "--strict", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_sources_that_travel_name_their_licence(path: Path) -> None:
    assert "SPDX-License-Identifier: Apache-2.0" in path.read_text(encoding="utf-8").partition("\n")[0]


def test_distributions_hold_licence_and_examples(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    wheel, sdist = (build_distribution(kind, ROOT, tmp_path / kind) for kind in ("wheel", "sdist"))
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (archive.read(name).decode() for name in names if name.endswith("/METADATA"))
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert "compare/_examples/digits/digits.vmfb" in names
    assert "License-Expression: Apache-2.0" in metadata
    with tarfile.open(sdist) as packed:
        assert any(name.endswith("/LICENSE") for name in packed.getnames())
    twine(wheel, sdist)


def test_emitted_files_say_what_made_them_and_that_they_are_free() -> None:
    output = transpile.emit(DIGITS, EmitOptions(prefix="net"))
    for name, content in output.files.items():
        if name.endswith((".c", ".h")):
            head = str(content)[:400]
            assert f"transpile {transpile.__version__}" in head and "may be used under any terms" in head, name
            assert "SPDX" not in head
    for text in package_sources(read(DIGITS), "net", "lib.so").values():
        assert "SPDX" not in text


def test_a_package_says_what_it_holds(tmp_path: Path) -> None:
    folder = transpile.build(DIGITS, tmp_path, name="digits_model", optimize="none")
    facts = json.loads((folder / "model.json").read_text())
    assert (facts["version"], facts["transpile"], facts["optimize"]) == ("0.0.0", transpile.__version__, "none")
    assert facts["functions"]["classify"]["inputs"] == [{"name": "input0", "dtype": "float32", "shape": [1, 64]}]
    code = "import digits_model as m; print(m.__version__, m.Module().functions['classify'].outputs[0].shape)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "0.0.0 (1, 10)\n", done.stderr


def test_a_wheel_of_a_model_has_a_page(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    wheel = transpile.build(DIGITS, tmp_path, name="digits_model", optimize="none", wheel="1.2")
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read("digits_model-1.2.dist-info/METADATA").decode()
        assert "__version__ = '1.2'" in archive.read("digits_model/__init__.py").decode()
        assert json.loads(archive.read("digits_model/model.json"))["version"] == "1.2"
    assert "digits_model.classify(input0: float32[1, 64]) -> output0: float32[1, 10]" in metadata
    twine(wheel)


def test_examples_are_copied_once(tmp_path: Path) -> None:
    target = tmp_path / "examples"
    result = CliRunner().invoke(main, ["examples", str(target)])
    assert result.exit_code == 0 and str(target / "digits") in result.output.splitlines()
    assert (target / "digits" / "digits.vmfb").read_bytes() == DIGITS.read_bytes()
    again = CliRunner().invoke(main, ["examples", str(target)])
    assert again.exit_code == 1 and "already exists" in again.output
