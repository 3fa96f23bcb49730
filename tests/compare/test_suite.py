"""The standard set of programs, where all of its sources are and where they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from compare import suite
from compare.engines import Unavailable
from compare.resources import suite_source


def silent(text: str) -> None:
    pass


def test_every_source_is_there() -> None:
    assert all(suite_source(program.source).is_file() for program in suite.PROGRAMS)


def test_the_wheel_has_every_source() -> None:
    listed = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert [program.source for program in suite.PROGRAMS if f"compare/_suite/{program.source}" not in listed] == []


def test_what_is_not_here_is_left_out_and_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def no_examples() -> list[suite.Case]:
        raise Unavailable("no examples")

    monkeypatch.setattr(suite, "examples", no_examples)
    monkeypatch.setattr(suite, "MODELS", tmp_path / "none.py")
    monkeypatch.setattr(suite, "suite_source", lambda name: tmp_path / name)
    monkeypatch.setattr(suite, "OWN", ())
    assert suite.suite(tmp_path, (), silent) == []
    said = capsys.readouterr().err
    for name in ("the examples", "softmax.mlir", "light_resnet50_vmvx"):
        assert f"left out: {name}" in said
    with pytest.raises(Unavailable, match=r"softmax\.mlir is in a checkout of transpile only"):
        suite.suite(tmp_path, ("softmax_inline",), silent)
