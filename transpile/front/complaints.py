"""What IREE's compiler says when it fails, as one paragraph: which operator, which node, what to try."""

from __future__ import annotations

import re
from collections.abc import Mapping

from transpile.errors import Diagnostic, Status, UnsupportedError

_ERROR = re.compile(
    r"^(?P<file>.*?):(?P<line>\d+)(?::\d+)?: error: (?:loc\((?P<loc>.*?)\): )?(?P<text>.*)$", re.MULTILINE
)
_OPERATOR = re.compile(r'name = "onnx\.(\w+)"')
_ILLEGAL = re.compile(r"failed to legalize (?:unresolved materialization|operation '([\w.]+)')")
_SHAPES = re.compile(r"shape|dimension|rank|static|size", re.IGNORECASE)
_STRINGS = "!torch.str"
_SHOWN = 300
_SIGNALS = 128


def complaint(
    what: str, stderr: str, code: int, *, nodes: Mapping[str, str] | None = None, dynamic: bool = False
) -> UnsupportedError:
    """The error for a run of `iree-compile` that ended with this code.

    `nodes` are the operators of an ONNX model's nodes by name; `dynamic` models have sizes left to fix.
    """
    match = _ERROR.search(stderr)
    if match is None:
        return _crash(what, stderr, code)
    text, where, onnx = match["text"], _place(match, nodes or {}), nodes is not None
    operator, illegal = _OPERATOR.search(text), _ILLEGAL.search(text)
    if operator:
        hint = _HINT_STRINGS if _STRINGS in text else _HINT_OPERATOR
        return _refused(what, f"IREE's compiler does not know the ONNX operator {operator[1]}{where}", hint)
    if illegal:
        message = f"IREE's compiler cannot translate {illegal[1] or 'a conversion'}{where}"
        return _refused(what, message, _HINT_DYNAMIC if dynamic else _HINT_OPERATOR if onnx else _HINT_FLOW)
    hint = _HINT_DYNAMIC if dynamic and _SHAPES.search(text) else _HINT_CHECK if onnx else _HINT_FLOW
    return _refused(what, f"IREE's compiler says: {_short(text)}{where}", hint)


_HINT_STRINGS = "IREE has no strings: keep text outside of the model"
_HINT_OPERATOR = (
    "export the model with operators of ONNX itself and without this one, or with another --opset: what is before and "
    "after the model (decoding, text, selection of boxes) is often better done in Python"
)
_HINT_DYNAMIC = (
    "fix the sizes that are open: --dim NAME=SIZE, --shape INPUT=SIZES (transpile inspect MODEL.onnx shows them)"
)
_HINT_CHECK = "onnx.checker.check_model(model, full_check=True) may say more; try another --opset"
_HINT_FLOW = "iree-compile on the same file says more; --flow and --iree-flag change how it is compiled"


def _place(match: re.Match[str], nodes: Mapping[str, str]) -> str:
    """Where the error is: a node of a graph, or a line of a text."""
    named = [name for name in re.findall(r'"([^"]*)"', match["loc"] or "") if name in nodes]
    if named:
        return f", in node {named[0]!r} ({nodes[named[0]]})"
    line = match["line"]
    return f", in line {line} of {match['file']}" if match["file"] != "<unknown>" and int(line) else ""


def _crash(what: str, stderr: str, code: int) -> UnsupportedError:
    if code < 0 or code > _SIGNALS:
        last = re.search(r"error: (.*)", stderr)
        words = f": {_short(last[1])}" if last else ""
        message = f"IREE's compiler crashed (exit code {code}){words}"
        return _refused(
            what,
            message,
            "this is a fault of iree-compile; another --opset or --flow, or a newer compiler, may not have it",
        )
    lines = [line for line in stderr.splitlines() if line.strip()]
    return _refused(what, f"IREE's compiler failed: {_short(lines[0]) if lines else f'exit code {code}'}", _HINT_FLOW)


def _refused(what: str, message: str, hint: str) -> UnsupportedError:
    return UnsupportedError(Diagnostic(Status.UNIMPLEMENTED, message, what, hint))


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
