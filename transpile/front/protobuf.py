"""As much of protobuf as tells an ONNX model from other files, and finds the files it keeps weights in."""

from __future__ import annotations

import re

_GRAPH, _BYTES = 7, 2
# Fields of onnx.ModelProto and their wire types: 0 is a number, 2 has a length.
_MODEL = {1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, _GRAPH: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2}
_LOCATION = re.compile(rb"\x0a\x08location\x12([\x01-\x7f]|[\x80-\xff][\x01-\x1f])", re.DOTALL)


def looks_like_onnx(head: bytes, size: int) -> bool:
    """Whether a file of so many bytes that begins like this is a chain of a model's fields, its graph among them."""
    return _onnx_end(head, size) == size


def looks_like_cut_onnx(head: bytes, size: int) -> bool:
    """Whether it is the beginning of such a file, whose graph goes on beyond its end."""
    return _onnx_end(head, size) > size


def _onnx_end(head: bytes, size: int) -> int:
    """How long the file is according to its fields; 0 for what is no model.  Beyond `head` the file is believed."""
    at, found = 0, set()
    while at < len(head):
        key, start = _number(head, at)
        length, after = _number(head, start)
        if key is None or length is None:
            break
        if _MODEL.get(key >> 3) != key & 7:
            return 0
        found.add(key >> 3)
        at = after + (length if key & 7 == _BYTES else 0)
    return max(at, size) if found > {_GRAPH} else 0


def external_files(contents: bytes | memoryview) -> list[str]:
    """Names of the files that a model's tensors are in, as they are written in it, each once."""
    view = memoryview(contents)
    names: dict[str, None] = {}
    for match in _LOCATION.finditer(view):
        length = match[1][0] if len(match[1]) == 1 else (match[1][0] & 0x7F) | match[1][1] << 7
        names[bytes(view[match.end() : match.end() + length]).decode("utf-8", "replace")] = None
    return list(names)


def _number(head: bytes, at: int) -> tuple[int | None, int]:
    """The varint at a place and where it ends; None where it goes on beyond what there is."""
    value = shift = 0
    while at < len(head) and shift < 70:
        value |= (head[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if head[at - 1] < 0x80:
            return value, at
    return None, at
