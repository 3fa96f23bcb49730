"""The runtime's public headers as declarations cffi can read.

The headers are the only place where the runtime's types are written down; this takes out what cffi does not parse:
comments, preprocessor lines, attributes, `extern "C"` and inline function bodies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from transpile.resources import CSUPPORT, TEMPLATES

HEADERS = (CSUPPORT / "vm.h", CSUPPORT / "io_parameters.h", TEMPLATES / "python" / "binding.h")
"""What a caller of a module needs, in the order of inclusion."""

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*$", re.MULTILINE)
_CONDITIONAL = re.compile(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|else|elif|endif)\b[ \t]*([^\n]*)$")
_EXTERN_C = re.compile(r'extern\s+"C"\s*\{')
_EXTERN_CONST = re.compile(r"\bextern\s+const\b")  # cffi takes a constant for a macro and refuses its address
_ATTRIBUTE = re.compile(r"__attribute__\s*\(")
_INLINE = re.compile(r"\b(?:VM_INLINE|static\s+inline)\b[^;{]*\{")
_MARKERS = re.compile(r"\b(?:VM_COLD|VM_UNUSED)\b")
_STATIC_ASSERT = re.compile(r"\b_Static_assert\s*\(")


def runtime_cdef(headers: Iterable[Path] = HEADERS) -> str:
    """Declarations of the runtime's headers."""
    return "\n".join(header_cdef(path.read_text(encoding="utf-8")) for path in headers)


def header_cdef(text: str) -> str:
    """Declarations of one header."""
    text = _COMMENT.sub(" ", text).replace("\\\n", " ")
    text = _DIRECTIVE.sub("", _without_cplusplus(text))
    text = _EXTERN_CONST.sub("extern", _EXTERN_C.sub("", text))
    text = _cut(text, _ATTRIBUTE, "(", ")", "")
    text = _cut(text, _STATIC_ASSERT, "(", ")", "")
    text = _cut(text, _INLINE, "{", "}", "")
    text = _MARKERS.sub("", text)
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines() if line.strip())


def _without_cplusplus(text: str) -> str:
    """Drop the lines a C compiler does not see: those between `#ifdef __cplusplus` and its `#endif`."""
    kept: list[str] = []
    hidden: list[bool] = []
    for line in text.splitlines():
        directive = _CONDITIONAL.match(line)
        if directive is None:
            if not any(hidden):
                kept.append(line)
        elif directive[1].startswith("if"):
            hidden.append("__cplusplus" in directive[2])
        elif directive[1] == "endif" and hidden:
            hidden.pop()
    return "\n".join(kept)


def _cut(text: str, start: re.Pattern[str], opener: str, closer: str, replacement: str) -> str:
    """Replace each match of `start`, which ends in `opener`, up to the matching `closer`."""
    while found := start.search(text):
        depth, end = 1, found.end()
        while depth and end < len(text):
            depth += {opener: 1, closer: -1}.get(text[end], 0)
            end += 1
        text = text[: found.start()] + replacement + text[end:]
    return text
