"""What a file is, from its first bytes: a module, a model that can become one, or something else that people have.

`recognise` never reads a file as a whole and never fails: what it does not know is `UNKNOWN`, and left to the reader of
modules.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from transpile.front.protobuf import looks_like_cut_onnx, looks_like_onnx

HEAD = 1 << 16
"""Bytes that are looked at."""

_RECIPES = "docs/models.md has the recipe"
_TO_ONNX = "torch.onnx.export(model, example, 'model.onnx', dynamo=True)"
_AGAIN = "compile it with: transpile compile MODEL -o MODEL.vmfb"


@dataclass(frozen=True)
class Kind:
    """A kind of file; `what` is a noun phrase, `hint` one thing to do about it, "" where it is not refused."""

    name: str
    what: str
    hint: str = ""

    @property
    def is_model(self) -> bool:
        """Whether IREE's compiler makes a module of it."""
        return self in MODELS


VMFB = Kind("vmfb", "an IREE VM bytecode module")
ONNX = Kind("onnx", "an ONNX model")
MLIR_TEXT = Kind("mlir", "MLIR text")
MLIR_BYTECODE = Kind("mlir bytecode", "MLIR bytecode")
UNKNOWN = Kind("unknown", "nothing that is known here")
MODELS = (ONNX, MLIR_TEXT, MLIR_BYTECODE)

_EMPTY = Kind("empty", "an empty file", "the program that should have written it may have failed: write it again")
_TFLITE = Kind(
    "tflite",
    "a LiteRT (TensorFlow Lite) model",
    f"python -m tf2onnx.convert --tflite MODEL.tflite --output MODEL.onnx; {_RECIPES}",
)
_TORCH = Kind("pt", "a PyTorch checkpoint or TorchScript archive", f"in Python: {_TO_ONNX}; {_RECIPES}")
_TORCH_EXPORT = Kind(
    "pt2",
    "a PyTorch exported program",
    f"in Python: torch.onnx.export(torch.export.load('MODEL.pt2'), (), 'model.onnx'); {_RECIPES}",
)
_PICKLE = Kind(
    "pickle", "a Python pickle (PyTorch, scikit-learn or joblib), which is not opened: it could run anything",
    f"export it where it was made: {_TO_ONNX}, or skl2onnx.to_onnx(model, example); {_RECIPES}",
)  # fmt: skip
_KERAS = Kind(
    "keras",
    "a Keras model",
    f"in Python: keras.models.load_model('MODEL').export('model.onnx', format='onnx'); {_RECIPES}",
)
_HDF5 = Kind("hdf5", "an HDF5 file, as Keras wrote its models", _KERAS.hint)
_SAVED_MODEL = Kind(
    "saved model",
    "a TensorFlow SavedModel",
    f"python -m tf2onnx.convert --saved-model FOLDER --output MODEL.onnx; {_RECIPES}",
)
_SAFETENSORS = Kind(
    "safetensors",
    "a file of weights without a program",
    "give it to the program it belongs to: transpile run MODEL.vmfb --parameters=SCOPE=FILE",
)
_GGUF = Kind("gguf", "a GGUF file: weights without a program", _SAFETENSORS.hint)
_NPY = Kind("npy", "a numpy array", "arrays are inputs: transpile run MODEL.vmfb --input=@FILE.npy")
_VM_C = Kind("vm-c", "the C that iree-compile --output-format=vm-c writes", f"leave that option out, or {_AGAIN}")
_OBJECT = Kind("object", "machine code (an object file or a library)", f"the VM runs bytecode: {_AGAIN}")
_LFS = Kind("lfs", "a pointer of Git LFS, and not the file itself", "git lfs pull")
_HTML = Kind(
    "html", "a web page", "the download went wrong: fetch the file itself, such as the raw file of a repository"
)
_ARCHIVE = Kind("archive", "a compressed archive", "unpack it, and give the model that is in it")
_COREML = Kind("coreml", "a Core ML package", f"export the model it was made from to ONNX; {_RECIPES}")
_FOLDER = Kind("folder", "a folder", "give the file of a model or a module in it")
_CUT_ONNX = Kind("cut onnx", "the beginning of an ONNX model: the file is cut off", "fetch or export it again")
_SOURCE = Kind("python", "a Python program", f"run it and export the model that it makes: {_TO_ONNX}; {_RECIPES}")

_MAGIC = (
    (b"ML\xefR", MLIR_BYTECODE),
    (b"\x7fELF", _OBJECT),
    (b"MZ", _OBJECT),
    (b"!<arch>\n", _OBJECT),
    (b"\xcf\xfa\xed\xfe", _OBJECT),
    (b"\x89HDF\r\n", _HDF5),
    (b"GGUF", _GGUF),
    (b"\x93NUMPY", _NPY),
    (b"version https://git-lfs", _LFS),
    (b"\x1f\x8b", _ARCHIVE),
    (b"BZh", _ARCHIVE),
    (b"\xfd7zXZ", _ARCHIVE),
    (b"\x28\xb5\x2f\xfd", _ARCHIVE),
)
_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_ZIP = b"PK\x03\x04"
_C = re.compile(r"^\s*#\s*(?:include|ifndef|define)\b", re.MULTILINE)
_MLIR = re.compile(
    r'^\s*(?:module\b|(?:builtin\.module|func\.func|util\.func|vm\.module)\b|"builtin\.module"|[#!][\w$.-]+ = |\{-#)',
    re.MULTILINE,
)
_PYTHON = re.compile(r"^(?:import \w|from [\w.]+ import |def \w+\()", re.MULTILINE)


def recognise(source: str | os.PathLike[str] | bytes | bytearray | memoryview) -> Kind:
    """The kind of a file, a folder, or the contents of a file."""
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        if path.is_dir():
            return _folder(path)
        with path.open("rb") as file:
            head, size = file.read(HEAD), os.fstat(file.fileno()).st_size
            return _contents(head, max(size, len(head)))
    view = memoryview(source).cast("B")
    return _contents(bytes(view[:HEAD]), len(view))


def _folder(path: Path) -> Kind:
    for name, kind in (("saved_model.pb", _SAVED_MODEL), ("Manifest.json", _COREML)):
        if (path / name).is_file():
            return kind
    return _FOLDER


def _contents(head: bytes, size: int) -> Kind:
    if not head:
        return _EMPTY
    if b"IREE" in (head[8:12], head[4:8]) and not head.startswith(_ZIP):
        return VMFB
    if head.startswith(_ZIP):
        return _zip(head)
    found = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    return found or next((kind for matches, kind in _CHECKS if matches(head, size)), UNKNOWN)


def _zip(head: bytes) -> Kind:
    """The polyglot form of a module is one ZIP entry with the module in it; PyTorch's and Keras's files are ZIPs."""
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    if name.endswith((b"/data.pkl", b"/constants.pkl", b"/.format_version", b"/byteorder")):
        return _TORCH
    if name.endswith((b"archive_format", b"archive_version")) or b"models/model.json" in head:
        return _TORCH_EXPORT
    if name in (b"metadata.json", b"config.json", b"model.weights.h5"):
        return _KERAS
    return _NPY if name.endswith(b".npy") else UNKNOWN


def _is_text(head: bytes) -> bool:
    return b"\0" not in head


def _text_matches(pattern: re.Pattern[str]) -> Callable[[bytes, int], bool]:
    return lambda head, size: _is_text(head) and bool(pattern.search(head.decode("utf-8", "replace")))


def _is_safetensors(head: bytes, size: int) -> bool:
    return head[8:10] == b'{"' and int.from_bytes(head[:8], "little") <= size - 8


_CHECKS: tuple[tuple[Callable[[bytes, int], bool], Kind], ...] = (
    (lambda head, size: head[4:8] == b"TFL3", _TFLITE),
    (lambda head, size: head.startswith(_PICKLES), _PICKLE),
    (_is_safetensors, _SAFETENSORS),
    (looks_like_onnx, ONNX),
    (looks_like_cut_onnx, _CUT_ONNX),
    (
        lambda head, size: head.lstrip()[:9].lower() in (b"<!doctype", b"<html>\n<h") or head[:5].lower() == b"<html",
        _HTML,
    ),
    (lambda head, size: _is_text(head) and b'#include "iree/' in head, _VM_C),
    (_text_matches(_MLIR), MLIR_TEXT),
    (_text_matches(_PYTHON), _SOURCE),
    (_text_matches(_C), Kind("c", "C source", "this tool writes C and reads models: .vmfb, .onnx, .mlir")),
)
