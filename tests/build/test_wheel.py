"""Wheels are reproducible, say what they need, and refuse names that no index takes."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from packaging import tags, utils

from transpile.errors import BuildError
from transpile.native.build import Options
from transpile.native.cache import Cache
from transpile.ship.wheel import build_wheel

ROOT = Path(__file__).parents[2]
MATMUL = ROOT / "examples" / "matmul" / "matmul.vmfb"

pytest.importorskip("hatchling")


def options(folder: Path) -> Options:
    return Options(optimize="none", target_cpu="baseline", cache=Cache(folder))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    return build_wheel(MATMUL, folder / "dist", options(folder / "cache"), name="mat_mul", version="1.2")


def test_its_name_says_where_it_can_be_installed(wheel: Path) -> None:
    name, version, _, found = utils.parse_wheel_filename(wheel.name)
    assert (name, str(version)) == ("mat-mul", "1.2")
    assert found <= set(tags.sys_tags())
    assert {(tag.interpreter, tag.abi) for tag in found} == {("py3", "none")}


def test_its_metadata_name_what_it_needs(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    metadata = Parser().parsestr(archive.read("mat_mul-1.2.dist-info/METADATA").decode())
    assert (metadata["Name"], metadata["Version"]) == ("mat_mul", "1.2")
    needed = {text.partition(">")[0] for text in metadata.get_all("Requires-Dist")}
    assert needed == {"numpy", "cffi"}
    assert "Root-Is-Purelib: false" in archive.read("mat_mul-1.2.dist-info/WHEEL").decode()


def test_its_record_is_complete_and_right(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    rows = list(csv.reader(io.StringIO(archive.read("mat_mul-1.2.dist-info/RECORD").decode())))
    assert {row[0] for row in rows} == set(archive.namelist())
    assert {"mat_mul/__init__.py", "mat_mul/__init__.pyi", "mat_mul/py.typed"} <= {row[0] for row in rows}
    for name, digest, size in rows:
        data = archive.read(name)
        expected = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        assert name.endswith("/RECORD") or (digest, size) == (f"sha256={expected}", str(len(data)))


def test_the_same_module_gives_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    again = build_wheel(MATMUL, tmp_path / "dist", options(tmp_path / "cache"), name="mat_mul", version="1.2")
    assert again.read_bytes() == wheel.read_bytes()


@pytest.mark.parametrize(("name", "version"), [("mat_mul", "not a version"), ("m\u00e9", "1")])
def test_what_no_index_takes_is_refused(tmp_path: Path, name: str, version: str) -> None:
    cache = options(tmp_path / "cache")
    with pytest.raises(BuildError, match="no wheel of this name"):
        build_wheel(MATMUL, tmp_path / "dist", cache, name=name, version=version)
    assert not list(tmp_path.glob("dist/*"))


def test_without_hatchling_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hatchling", None)
    with pytest.raises(BuildError, match=r"pip install hatchling"):
        build_wheel(MATMUL, tmp_path / "dist", options(tmp_path / "cache"))
