"""Reflection declarations: the text of a function's `iree.abi.declaration` attribute.

    sync func @mm(%lhs: tensor<?x4xf32>, %out: tensor<4xf32> {iree.abi.output = 0 : index}) -> (%output0: f32)

The function's name is not quoted and may contain anything, types and attributes are MLIR text.  It is
written for people, so what cannot be parsed is None, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from transpile import limits

_HEAD = re.compile(r"(sync|async) func @")
_NAME_END = re.compile(r"\((?=%|\))")
_PARAMETER = re.compile(r"%([^:\s,()]+): ")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|->|.', re.DOTALL)
_CLOSERS = {"(": ")", "<": ">", "[": "]", "{": "}"}


@dataclass(frozen=True)
class Parameter:
    """An argument or a result."""

    name: str
    """Without its `%`."""
    type: str
    """MLIR type, such as `tensor<?x4xf32>`, `i32` or `!hal.buffer_view`."""
    attributes: str = ""
    """What is between the braces after the type, such as `iree.abi.output = 0 : index`."""


@dataclass(frozen=True)
class Declaration:
    """A function as its author knew it."""

    is_async: bool
    name: str
    arguments: tuple[Parameter, ...]
    results: tuple[Parameter, ...]


def parse_declaration(text: str) -> Declaration | None:
    """Parse a declaration; return None for text of any other form."""
    head = _HEAD.match(text)
    if head is None or len(text) > limits.DECLARATION_CHARACTERS:
        return None
    for count, end in enumerate(_NAME_END.finditer(text, head.end())):
        if count == limits.NAME_CANDIDATES:
            break
        lists = _lists(text, end.start())
        if lists is not None:
            return Declaration(head[1] == "async", text[head.end() : end.start()], *lists)
    return None


def _lists(text: str, start: int) -> tuple[tuple[Parameter, ...], tuple[Parameter, ...]] | None:
    """Parse `(arguments) -> (results)` from `start` to the end of the text."""
    arguments = _parameters(text, start)
    if arguments is None:
        return None
    parsed, end = arguments
    if text[end : end + 5] != " -> (":
        return None
    results = _parameters(text, end + 4)
    if results is None or results[1] != len(text):
        return None
    return parsed, results[0]


def _parameters(text: str, start: int) -> tuple[tuple[Parameter, ...], int] | None:
    """Parse the list in parentheses at `start`; return it and the place after it."""
    parameters: list[Parameter] = []
    at = start + 1
    if text[at : at + 1] == ")":
        return (), at + 1
    while head := _PARAMETER.match(text, at):
        end = _item_end(text, head.end())
        if end is None:
            return None
        parameters.append(_parameter(head[1], text[head.end() : end]))
        if text[end] == ")":
            return tuple(parameters), end + 1
        if not text.startswith(", ", end):
            return None
        at = end + 2
    return None


def _parameter(name: str, body: str) -> Parameter:
    """Split `type {attributes}`."""
    for at, _ in _outside_brackets(body, 0):
        if body.startswith(" {", at) and body.endswith("}"):
            return Parameter(name, body[:at], body[at + 2 : -1])
    return Parameter(name, body)


def _item_end(text: str, start: int) -> int | None:
    """Return where the comma or parenthesis is that ends the item at `start`."""
    return next((at for at, token in _outside_brackets(text, start) if token in (",", ")")), None)


def _outside_brackets(text: str, start: int) -> Iterator[tuple[int, str]]:
    """Yield (position, token) of the tokens outside of all brackets; stop where brackets or quotes do not match."""
    expected: list[str] = []
    for match in _TOKEN.finditer(text, start):
        token = match[0]
        if token == '"':
            return
        if expected and token == expected[-1]:
            expected.pop()
        elif token in _CLOSERS:
            if not expected:
                yield match.start(), token
            expected.append(_CLOSERS[token])
        elif not expected:
            yield match.start(), token
        elif token in _CLOSERS.values():
            return
