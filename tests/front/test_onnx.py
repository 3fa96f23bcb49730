"""ONNX models through the importer, IREE's compiler and ours: bits, names, sizes, the cache, and what fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx")
pytest.importorskip("iree.compiler")

import onnx
from onnx import TensorProto, helper

import transpile
from tests.front import models
from transpile.errors import BuildError, UnsupportedError, UsageError
from transpile.front import ModelOptions, compile_model, compiler, open_module
from transpile.front.fold import fold
from transpile.front.graph import prepare, sizes
from transpile.native.cache import Cache


def quiet(text: str) -> None:
    """Progress goes nowhere."""


def random(*shape: int, dtype: Any = np.float32) -> Any:
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


def by_iree(module: Path, function: str, *arguments: Any) -> Any:
    runtime = pytest.importorskip("iree.runtime")
    config = runtime.Config("local-sync")
    context = runtime.SystemContext(config=config)
    context.add_vm_module(runtime.VmModule.mmap(context.instance, str(module)))
    (name,) = (each for each in context.modules if each != "hal")
    return context.modules[name][function](*arguments).to_host()


@pytest.mark.parametrize("flow", ["vmvx", "inline-static", "inline-dynamic"])
def test_bits_are_those_of_the_interpreters(tmp_path: Path, flow: Any) -> None:
    model, x = models.dense(tmp_path / "dense.onnx"), random(1, 8)
    expected = transpile.load(model, flow=flow, engine="interpreter").predict(x)
    for level in ("speed", "size", "none"):
        assert transpile.load(model, flow=flow, optimize=level).predict(x).tobytes() == expected.tobytes()
    if flow == "vmvx":
        module = compile_model(model, ModelOptions(flow=flow)).module
        assert by_iree(module, "predict", x).tobytes() == expected.tobytes()
    weights = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(str(model)).graph.initializer}
    raw = np.exp(x @ weights["weights"] + weights["bias"])
    np.testing.assert_allclose(expected, raw / raw.sum(), rtol=1e-5)


def test_from_memory(tmp_path: Path) -> None:
    contents, x = models.dense(tmp_path / "dense.onnx").read_bytes(), random(1, 8)
    assert transpile.load(contents).predict(x).shape == (1, 3)


def test_the_module_is_called_as_the_file(tmp_path: Path) -> None:
    module = open_module(models.dense(tmp_path / "my model-2.onnx"))
    assert (module.name, module.source) == ("my_model_2", str(tmp_path / "my model-2.onnx"))


def test_a_dimension_with_a_name(tmp_path: Path) -> None:
    model = models.dense(tmp_path / "dense.onnx", "batch")
    x = random(4, 8)
    dynamic, fixed = transpile.load(model), transpile.load(model, dims={"batch": 4})
    assert dynamic.predict(x).tobytes() == fixed.predict(x).tobytes()
    assert dynamic.predict(x[:2]).shape == (2, 3)
    with pytest.raises(ValueError, match="mismatch"):
        fixed.predict(x[:2])


def test_a_shape_fixes_the_name_everywhere(tmp_path: Path) -> None:
    prepared = prepare(
        onnx.load(str(models.dense(tmp_path / "d.onnx", "batch"))), ModelOptions(shapes={"image": (5, 8)}), quiet
    )
    assert [sizes(value) for value in (*prepared.graph.input, *prepared.graph.output)] == [[5, 8], [5, 3]]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (ModelOptions(dims={"bach": 1}), "no dimension 'bach'.*image: batch x 8"),
        (ModelOptions(shapes={"x": (1, 8)}), "no input 'x'.*image: batch x 8"),
        (ModelOptions(shapes={"image": (8,)}), "has 2 dimensions, not 1"),
        (ModelOptions(shapes={"image": (1, 9)}), "fixed at 8 and not 9"),
        (ModelOptions(dims={"batch": 2}, shapes={"image": (1, 8)}), "'batch' is 2 and not 1"),
    ],
)
def test_sizes_that_do_not_fit(tmp_path: Path, options: ModelOptions, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        compile_model(models.dense(tmp_path / "dense.onnx", "batch"), options)


def test_arithmetic_on_shapes_is_done_before(tmp_path: Path) -> None:
    model = onnx.load(str(models.flattening(tmp_path / "flat.onnx")))
    open_sizes = prepare(onnx.ModelProto.FromString(model.SerializeToString()), ModelOptions(), quiet)
    assert "Shape" in {node.op_type for node in open_sizes.graph.node}
    fixed = prepare(model, ModelOptions(dims={"batch": 4}), quiet)
    assert [node.op_type for node in fixed.graph.node] == ["Reshape", "Relu"]
    assert sizes(fixed.graph.output[0]) == [4, 6]
    assert {tensor.name for tensor in fixed.graph.initializer} == {"wanted"}


def test_no_weight_is_computed(tmp_path: Path) -> None:
    nodes = [helper.make_node("Exp", ["w"], ["e"]), helper.make_node("Add", ["x", "e"], ["y"])]
    arguments = [models.value("x", [8, 3])], [models.value("y", [8, 3])], [models.weight("w", 8, 3)]
    assert not fold(onnx.load(str(models.save(tmp_path / "m.onnx", nodes, *arguments))))


def test_an_older_operator_set_is_brought_up_to_date(tmp_path: Path) -> None:
    nodes = [helper.make_node("Squeeze", ["x"], ["y"], axes=[0])]
    path = models.save(tmp_path / "old.onnx", nodes, [models.value("x", [1, 4])], [models.value("y", [4])], opset=11)
    assert prepare(onnx.load(str(path)), ModelOptions(), quiet).opset_import[0].version == 17
    assert transpile.load(path).predict(random(1, 4)).tobytes() == random(1, 4).tobytes()
    with pytest.raises(UnsupportedError, match="cannot be converted to set 999"):
        compile_model(path, ModelOptions(opset=999))


def test_doubles_stay_doubles(tmp_path: Path) -> None:
    nodes = [helper.make_node("Mul", ["x", "x"], ["y"])]
    io = [[models.value(name, [3], TensorProto.DOUBLE)] for name in "xy"]
    x = random(3, dtype=np.float64)
    assert transpile.load(models.save(tmp_path / "d.onnx", nodes, *io)).predict(x).tobytes() == (x * x).tobytes()


def test_it_is_compiled_once_for_one_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[str] = []
    run = compiler.iree_compile
    monkeypatch.setattr(compiler, "iree_compile", lambda *given: runs.append("once") or run(*given))
    model, cache = models.dense(tmp_path / "dense.onnx", "batch"), Cache(tmp_path / "cache")
    first = compile_model(model, cache=cache)
    assert compile_model(model, cache=cache) == first and len(runs) == 1
    assert compile_model(model, ModelOptions(dims={"batch": 1}), cache=cache) != first and len(runs) == 2
    models.dense(model, "rows")
    assert compile_model(model, cache=cache) != first and len(runs) == 3
    monkeypatch.setattr(compiler, "version", lambda package: "0.0")
    assert compile_model(model, cache=cache) != first and len(runs) == 4


def test_weights_in_another_file_count(tmp_path: Path) -> None:
    model = onnx.load(str(models.dense(tmp_path / "dense.onnx")))
    path, cache = tmp_path / "outside.onnx", Cache(tmp_path / "cache")
    onnx.save(model, str(path), save_as_external_data=True, location="weights.bin", size_threshold=0)
    first = compile_model(path, cache=cache).module.read_bytes()
    weights = bytearray((tmp_path / "weights.bin").read_bytes())
    weights[2] ^= 0x40
    (tmp_path / "weights.bin").write_bytes(weights)
    assert compile_model(path, cache=cache).module.read_bytes() != first
    (tmp_path / "weights.bin").unlink()
    with pytest.raises(UnsupportedError, match="weights"):
        compile_model(path, cache=cache)


def test_names_travel_with_the_module(tmp_path: Path) -> None:
    module = open_module(models.dense(tmp_path / "dense.onnx", "batch"))
    (said,) = (
        dict(s.attrs)["transpile.signature"] for s in module.signatures if s and "transpile.signature" in s.attrs
    )
    assert json.loads(said) == {
        "inputs": [["image", ["batch", 8]]],
        "outputs": [["probabilities", ["batch", 3]]],
    }


def failing(tmp_path: Path, operator: str, domain: str = "", kind: int = TensorProto.FLOAT) -> Path:
    nodes = [
        helper.make_node("Identity", ["x"], ["i"], name="/first"),
        helper.make_node(operator, ["i"], ["y"], name="/block/second", domain=domain),
    ]
    domains = [domain] if domain else []
    io = [models.value("x", [2, 3], kind)], [models.value("y", None, kind)]
    return models.save(tmp_path / "model.onnx", nodes, *io, domains=domains)


def test_an_operator_that_iree_lacks_is_named_with_its_node(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError) as caught:
        compile_model(failing(tmp_path, "FusedMagic", "com.microsoft"))
    (found,) = caught.value.diagnostics
    assert found.message.endswith("does not know the ONNX operator FusedMagic, in node '/block/second' (FusedMagic)")
    assert found.where == str(tmp_path / "model.onnx") and "--opset" in found.hint and "\n" not in str(found)


def test_a_failure_inside_of_a_translation_names_the_node(tmp_path: Path) -> None:
    nodes = [helper.make_node("MaxRoiPool", ["x", "r"], ["y"], name="/roi/pool", pooled_shape=[2, 2])]
    io = [models.value("x", [1, 3, 8, 8]), models.value("r", [2, 5])], [models.value("y", [2, 3, 2, 2])]
    with pytest.raises(UnsupportedError, match=r"cannot translate \S+, in node '/roi/pool' \(MaxRoiPool\)"):
        compile_model(models.save(tmp_path / "m.onnx", nodes, *io))


def test_text_is_not_for_iree(tmp_path: Path) -> None:
    nodes = [helper.make_node("StringNormalizer", ["x"], ["y"], name="/text")]
    io = [[models.value(name, [2], TensorProto.STRING)] for name in "xy"]
    with pytest.raises(UnsupportedError, match=r"StringNormalizer.*IREE has no strings"):
        compile_model(models.save(tmp_path / "m.onnx", nodes, *io))


def test_shapes_that_contradict_each_other(tmp_path: Path) -> None:
    nodes = [helper.make_node("Add", ["x", "z"], ["y"], name="/plus")]
    io = [models.value("x", [2, 3]), models.value("z", [4, 5])], [models.value("y", [2, 3])]
    with pytest.raises(UnsupportedError, match=r"contradict each other.*plus"):
        compile_model(models.save(tmp_path / "m.onnx", nodes, *io))


def test_a_failure_leaves_nothing_in_the_cache(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    for _ in range(2):
        with pytest.raises(UnsupportedError):
            compile_model(failing(tmp_path, "FusedMagic", "com.microsoft"), cache=cache)
    assert not list(tmp_path.glob("cache/*/*/model.vmfb")) and not list(tmp_path.glob("cache/new/*"))


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "version", lambda package: None)
    with pytest.raises(
        BuildError, match=r"iree-base-compiler and onnx is not.*pip install 'transpile-vmfb\[compiler\]'"
    ):
        transpile.load(models.dense(tmp_path / "dense.onnx"))


def test_a_program_of_a_model_pickles(tmp_path: Path) -> None:
    import pickle

    program = transpile.load(models.dense(tmp_path / "dense.onnx", "batch"), dims={"batch": 1})
    again = pickle.loads(pickle.dumps(program))
    assert again.predict(random(1, 8)).tobytes() == program.predict(random(1, 8)).tobytes()


def test_a_module_without_its_weights_says_what_to_do(tmp_path: Path) -> None:
    nodes = [helper.make_node("MatMul", ["x", "weights"], ["y"])]
    io = [models.value("x", [1, 32])], [models.value("y", [1, 32])]
    made = compile_model(models.save(tmp_path / "m.onnx", nodes, *io, [models.weight("weights", 32, 32)]))
    kept = [
        flag for flag in compiler.FLAGS["inline-static"] if "inline-constants" not in flag and "hoisting" not in flag
    ]
    done = compiler.iree_compile(kept, str(made.mlir), tmp_path / "dropped.vmfb", tmp_path)
    assert done.returncode == 0, done.stderr
    for engine in ("c", "interpreter"):
        with pytest.raises(
            ValueError, match=r"source_buffer is null\n  at .*\n  the module reads a constant that is not in it"
        ):
            transpile.load(tmp_path / "dropped.vmfb", engine=engine).predict(random(1, 32))
