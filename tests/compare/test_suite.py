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


def test_a_network_is_quantised_in_the_same_way_each_time() -> None:
    pytest.importorskip("onnx")
    ort = pytest.importorskip("onnxruntime")
    import numpy as np

    from compare.networks import NETWORKS

    whole, again = NETWORKS["resnet8_int8"](), NETWORKS["resnet8_int8"]()
    assert whole.SerializeToString() == again.SerializeToString()
    kinds = {node.op_type for node in whole.graph.node}
    assert {"QuantizeLinear", "DequantizeLinear", "Conv"} <= kinds
    x = np.random.default_rng(5).standard_normal((1, 3, 32, 32)).astype(np.float32)
    results = [
        ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]
        for model in (NETWORKS["resnet8"](), whole)
    ]
    assert 0 < np.abs(results[0] - results[1]).max() < 0.1 * np.abs(results[0]).max()
