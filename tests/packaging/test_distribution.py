"""A wheel in an empty environment does what the checkout does, and what it builds needs nothing but numpy and cffi."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

import transpile
from compare.suite import PROGRAMS
from tests.packaging.environments import ROOT, Environment, build_distribution

DIGITS = ROOT / "examples" / "digits"
MATMUL = ROOT / "examples" / "matmul" / "matmul.vmfb"

pytestmark = pytest.mark.skipif(importlib.util.find_spec("hatchling") is None, reason="needs hatchling")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_distribution("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = Environment(tmp_path_factory.mktemp("installed"))
    environment.install(str(wheel))
    return environment


def data_files() -> set[str]:
    """The checkout's templates and runtime, under the names they have in a wheel."""
    return {
        f"transpile/_{folder}/{path.relative_to(ROOT / folder).as_posix()}"
        for folder in ("templates", "csupport")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not path.name.startswith(".") and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_what_the_package_reads(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert data_files() <= names
    assert {"transpile/py.typed", "transpile/program/program.py"} <= names
    assert {f"compare/_suite/{program.source}" for program in PROGRAMS} <= names
    pages = {path.name for path in (ROOT / "docs" / "man").iterdir()}
    assert pages == {name.rpartition("/")[2] for name in names if "/data/share/man/man1/" in name}
    assert not [name for name in names if name.startswith(("tests/", "examples/")) or name.endswith(".pyc")]


def test_the_sdist_gives_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    archive = build_distribution("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(archive) as file:
        file.extractall(tmp_path / "unpacked", filter="data")
    (root,) = (tmp_path / "unpacked").iterdir()
    assert (root / "tests" / "modules" / "manifest.json").is_file()
    assert (root / "examples" / "digits" / "digits.vmfb").is_file()
    again = build_distribution("wheel", root, tmp_path / "again")
    assert set(zipfile.ZipFile(again).namelist()) == set(zipfile.ZipFile(wheel).namelist())


def test_prints_its_version(installed: Environment, tmp_path: Path) -> None:
    shown = installed.run("transpile", "--version", cwd=tmp_path)
    assert shown.split()[-1] == transpile.__version__


def test_runs_as_a_module(installed: Environment, tmp_path: Path) -> None:
    assert installed.run("python", "-m", "transpile", "--version", cwd=tmp_path).split()[-1] == transpile.__version__


def test_compares_a_module_without_a_checkout(installed: Environment, tmp_path: Path) -> None:
    quick = ["--rounds=3", "--seconds=0.2", "--optimize=none", "--html=page.html", "--json=report.json"]
    cache = str(tmp_path / "cache")
    shown = installed.run("transpile", "compare", str(MATMUL), *quick, cwd=tmp_path, TRANSPILE_CACHE=cache)
    assert "equal bits" in shown and "matmul" in (tmp_path / "page.html").read_text()


def test_the_suite_without_a_checkout(installed: Environment, tmp_path: Path) -> None:
    """Sources are in the wheel; IREE's compiler is lent by this environment, from where it is installed."""
    compiler = importlib.util.find_spec("iree.compiler")
    if compiler is None or compiler.origin is None:
        pytest.skip("iree-base-compiler is not installed")
    lent = {"PYTHONPATH": str(Path(compiler.origin).parents[2]), "TRANSPILE_CACHE": str(tmp_path / "cache")}
    quick = ["--rounds=3", "--seconds=0.2", "--optimize=none", "--json=report.json"]
    command = ["transpile", "compare", "--suite", "--only=softmax_inline", *quick]
    assert "equal bits" in installed.run(*command, cwd=tmp_path, **lent)
    with pytest.raises(AssertionError, match="light_resnet50_vmvx is built in a checkout of transpile only"):
        installed.run("transpile", "compare", "--suite", "--only=light_resnet50_vmvx", cwd=tmp_path, **lent)


def test_comparing_the_examples_needs_a_checkout(installed: Environment, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="error: the examples are in a checkout of transpile only: name a module"):
        installed.run("transpile", "compare", cwd=tmp_path)


def test_emits_what_the_checkout_emits(installed: Environment, tmp_path: Path) -> None:
    installed.run("transpile", "emit", str(MATMUL), "-o", "c", cwd=tmp_path)
    for name, content in transpile.emit(MATMUL).files.items():
        data = content.encode() if isinstance(content, str) else bytes(content)
        assert (tmp_path / "c" / name).read_bytes() == data


def test_calls_what_the_checkout_calls(installed: Environment, tmp_path: Path) -> None:
    a, b = (np.random.default_rng(seed).standard_normal((64, 64)).astype(np.float32) for seed in (1, 2))
    np.save(tmp_path / "a.npy", a)
    np.save(tmp_path / "b.npy", b)
    arguments = ["--function=mm", "--input=@a.npy", "--input=@b.npy", "--output=@c.npy"]
    installed.run("transpile", "run", str(MATMUL), *arguments, cwd=tmp_path, TRANSPILE_CACHE=str(tmp_path / "cache"))
    assert np.load(tmp_path / "c.npy").tobytes() == transpile.load(MATMUL).mm(a, b).tobytes()


CLASSIFY = """
import hashlib, sys
import numpy as np
{setup}
images = np.load(sys.argv[1] + "/test_images.npy").reshape(-1, 1, 64).astype(np.float32) / 16
logits = np.stack([{call}(image) for image in images])
labels = np.load(sys.argv[1] + "/test_labels.npy")
print(hashlib.sha256(logits.tobytes()).hexdigest(), int((logits.argmax(-1).ravel() == labels).sum()), sorted(
    name for name in ("transpile", "iree") if name in sys.modules))
"""


def expected_logits() -> tuple[str, int]:
    """The hash of the digits' logits through the checkout, and how many digits are classified right."""
    program = transpile.load(DIGITS / "digits.vmfb")
    images = np.load(DIGITS / "test_images.npy").reshape(-1, 1, 64).astype(np.float32) / 16
    logits = np.stack([program.classify(image) for image in images])
    right = int((logits.argmax(-1).ravel() == np.load(DIGITS / "test_labels.npy")).sum())
    return hashlib.sha256(logits.tobytes()).hexdigest(), right


def test_classifies_as_the_checkout_does(installed: Environment, tmp_path: Path) -> None:
    setup = f"import transpile; program = transpile.load({str(DIGITS / 'digits.vmfb')!r})"
    source = CLASSIFY.format(setup=setup, call="program.classify")
    cache = str(tmp_path / "cache")
    shown = installed.run("python", "-c", source, str(DIGITS), cwd=tmp_path, TRANSPILE_CACHE=cache)
    digest, right = expected_logits()
    assert shown.split()[:2] == [digest, str(right)]
    assert right > 430


def test_a_built_package_needs_numpy_and_cffi_alone(
    installed: Environment, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    arguments = ["build", str(DIGITS / "digits.vmfb"), "-o", "packages", "--name=digits"]
    installed.run("transpile", *arguments, cwd=tmp_path, TRANSPILE_CACHE=str(tmp_path / "cache"))
    plain = Environment(tmp_path_factory.mktemp("plain"))
    plain.install("numpy", "cffi")
    source = CLASSIFY.format(setup="import digits", call="digits.classify")
    shown = plain.run("python", "-c", source, str(DIGITS), cwd=tmp_path, PYTHONPATH=str(tmp_path / "packages"))
    digest, right = expected_logits()
    assert shown.split() == [digest, str(right), "[]"]


def test_a_built_wheel_is_installed_into_an_empty_environment(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    built = transpile.build(DIGITS / "digits.vmfb", tmp_path, name="digits", wheel="1.0")
    empty = Environment(tmp_path_factory.mktemp("empty"))
    empty.install(str(built))
    shown = empty.run(
        "python", "-c", CLASSIFY.format(setup="import digits", call="digits.classify"), str(DIGITS), cwd=tmp_path
    )
    digest, right = expected_logits()
    assert shown.split() == [digest, str(right), "[]"]
    listed = empty.run("python", "-m", "pip", "list", "--format=freeze", cwd=tmp_path)
    assert {line.partition("==")[0] for line in listed.split()} >= {"digits", "numpy", "cffi"}
    assert "transpile" not in listed and "iree" not in listed


@pytest.mark.slow
def test_the_demo_writes_a_page(tmp_path: Path) -> None:
    """With nothing of IREE installed."""
    variables = {**os.environ, "VENV": str(tmp_path / "venv"), "PYTHON": sys.executable}
    done = subprocess.run(["./demo"], cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    page = (tmp_path / "venv" / "comparison.html").read_text()
    assert "digits_vmvx" in page and "equal bits" in page and "IREE interpreter" not in page
    assert "97.6% of 450 images are right" in done.stdout
