"""What a file is, and what is said about one that is no module."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.support.modules import build_module, function
from transpile.errors import ContainerError
from transpile.front import module_file, recognise
from transpile.front.protobuf import external_files

MODULE = build_module([function("entry", ("return", ()), convention="0v_v", export="f")], name="m")


def zipped(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, b"x" * 40)
    return made.getvalue()


def array() -> bytes:
    made = io.BytesIO()
    np.save(made, np.zeros(3))
    return made.getvalue()


def safetensors() -> bytes:
    head = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return len(head).to_bytes(8, "little") + head + bytes(4)


# ir_version 8, a producer, a graph of 12 bytes, an operator set
ONNX = b"\x08\x08\x12\x07pytorch\x3a\x0c" + bytes(12) + b"\x42\x02\x10\x11"
MODELS = {
    "onnx": ONNX,
    "onnx with the operator set first": ONNX[-4:] + ONNX[:-4],
    "mlir": b"// a comment\nfunc.func @f() { return }\n",
    "mlir with aliases": b"#map = affine_map<(d0) -> (d0)>\nmodule @m {\n}\n",
    "mlir bytecode": b"ML\xefR\x01IREE",
}
OTHERS = {
    "empty": (b"", "an empty file"),
    "tflite": (b"\x1c\0\0\0TFL3" + bytes(20), "LiteRT"),
    "pt": (zipped("model/data.pkl", "model/byteorder"), "PyTorch checkpoint"),
    "pt2": (zipped("archive/archive_format", "archive/models/model.json"), "PyTorch exported program"),
    "pickle": (pickle.dumps({"weights": [1.0]}), "Python pickle"),
    "keras": (zipped("metadata.json", "config.json"), "Keras"),
    "h5": (b"\x89HDF\r\n\x1a\n" + bytes(64), "HDF5"),
    "npy": (array(), "numpy array"),
    "safetensors": (safetensors(), "weights without a program"),
    "gguf": (b"GGUF\3\0\0\0" + bytes(64), "GGUF"),
    "vm-c": (b'#ifndef MODULE_H_\n#include "iree/vm/api.h"\n', "--output-format=vm-c"),
    "elf": (b"\x7fELF\2\1\1" + bytes(64), "machine code"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
    "html": (b"<!DOCTYPE html>\n<html></html>", "web page"),
    "gz": (b"\x1f\x8b\x08" + bytes(20), "compressed archive"),
    "python": (b"import torch\n\nmodel = torch.nn.Linear(3, 4)\n", "Python program"),
    "cut onnx": (ONNX[:20], "cut off"),
}


@pytest.mark.parametrize("name", MODELS)
def test_models_are_known(name: str) -> None:
    assert recognise(MODELS[name]).is_model
    assert recognise(MODELS[name]).name == name.partition(" with")[0]


@pytest.mark.parametrize("name", OTHERS)
def test_other_files_are_named_and_something_is_suggested(name: str, tmp_path: Path) -> None:
    contents, words = OTHERS[name]
    path = tmp_path / "file"
    path.write_bytes(contents)
    for source in (contents, path):
        with pytest.raises(ContainerError) as caught:
            module_file(source)
        (found,) = caught.value.diagnostics
        assert words in found.message and found.message.startswith("this is ")
        assert found.hint and "\n" not in str(found)


def test_modules_are_left_to_their_reader(tmp_path: Path) -> None:
    polyglot = zipped("module.fb")
    for contents in (MODULE, MODULE[: len(MODULE) // 2], polyglot, b"\xff" * 100, b"PK\3\4"):
        assert module_file(contents) is contents


@pytest.mark.parametrize(
    ("file", "words"), [("saved_model.pb", "SavedModel"), ("Manifest.json", "Core ML"), ("x", "folder")]
)
def test_folders(tmp_path: Path, file: str, words: str) -> None:
    (tmp_path / file).write_bytes(b"x")
    with pytest.raises(ContainerError, match=words):
        module_file(tmp_path)


def test_a_graph_that_is_longer_than_what_is_looked_at() -> None:
    body = b"\x3a\x80\x80\x10" + bytes(1 << 18)
    assert recognise(b"\x08\x08" + body + b"\x42\x02\x10\x11").name == "onnx"
    assert recognise(b"\x08\x08" + body[:-1]).name == "cut onnx"


def test_files_that_a_model_refers_to() -> None:
    long = "w" * 200
    entries = [b"\x0a\x08location\x12" + bytes([len(name)]) + name for name in (b"a.bin", b"b.bin", b"a.bin")]
    entries.append(b"\x0a\x08location\x12\xc8\x01" + long.encode())
    assert external_files(b"..".join(entries)) == ["a.bin", "b.bin", long]
