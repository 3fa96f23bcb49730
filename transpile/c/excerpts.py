"""Parts of the runtime's C for programs that are one file: the definitions that a program needs, and what these need.

excerpts({"vm_fma_f32", "vm_f32x4"})    their text, in the order of the runtime's files
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from transpile.resources import CSUPPORT

_FILES = (
    "vm.h", "vm_policy.h", "ops.h", "nest.h", "f32_base.h", "f32_exp.h", "f32_log.h", "f32_pow.h", "f32_trig.h",
    "libm.c", "nest_pack.c",
)  # fmt: skip
_WORD = re.compile(r"[A-Za-z_]\w*")
_DEFINE = re.compile(r"#\s*define (\w+)")
_VECTOR = re.compile(r"VM_VECTOR\(\w+, (\w+), (\d+)\);")
_FUNCTION = re.compile(r"^(?!typedef)(?:[\w*]+ )+\*?(\w+)(?:\(|\[)")
_TYPEDEF = re.compile(r"typedef .*?(\w+);$", re.DOTALL)
_OWN = re.compile(r"return vm_f32_")
"""Mathematics of our own, which becomes vectors where it is inline: the program says what VM_IN_LOOPS is."""
_OPENING, _CLOSING = re.compile(r"#\s*if"), re.compile(r"#\s*endif")


@dataclass(frozen=True)
class Excerpt:
    """A definition, with the comment above it, and what it defines."""

    names: frozenset[str]
    text: str
    words: frozenset[str]
    is_prototype: bool = False


def excerpts(needed: Iterable[str]) -> list[str]:
    """The definitions of these names and of all that they use; names that are not the runtime's are left out."""
    known, found = _by_name(), set[Excerpt]()
    work = [name for name in needed if name in known]
    while work:
        excerpt = known[work.pop()]
        if excerpt not in found:
            found.add(excerpt)
            work += [word for word in excerpt.words if word in known]
    return [excerpt.text for excerpt in _all() if excerpt in found]


@lru_cache(maxsize=1)
def _by_name() -> dict[str, Excerpt]:
    return {name: excerpt for excerpt in _all() for name in excerpt.names if not excerpt.is_prototype}


@lru_cache(maxsize=1)
def _all() -> tuple[Excerpt, ...]:
    return tuple(
        each for name in _FILES for each in _read((CSUPPORT / name).read_text(), is_source=name.endswith(".c"))
    )


def _read(text: str, *, is_source: bool) -> Iterator[Excerpt]:
    """The definitions of a file, without what keeps it from being included twice."""
    lines = text.split("\n")
    guard = next((line.split()[1] for line in lines if line.startswith("#ifndef") and line.endswith("_H")), None)
    if guard is not None:
        begin, end = lines.index(f"#ifndef {guard}"), len(lines) - 1 - lines[::-1].index("#endif")
        lines = lines[begin + 2 : end]
    comment: list[str] = []
    at = 0
    while at < len(lines):
        length = _length(lines, at)
        part = "\n".join(lines[at : at + length])
        at += length
        if part.startswith("/*"):
            comment = [] if part.startswith(("/* clang-format", "/* ----", "/* SPDX")) else [part]
        elif part.strip():
            names = frozenset(_names(part))
            if names:
                yield _excerpt(names, comment, part, is_source=is_source)
            comment = []


def _excerpt(names: frozenset[str], comment: list[str], part: str, *, is_source: bool) -> Excerpt:
    is_prototype = bool(_FUNCTION.match(part)) and part.endswith(";") and "{" not in part
    if is_source and _FUNCTION.match(part) and not part.startswith(("static", "VM_INLINE")):
        part = f"{'VM_IN_LOOPS' if _OWN.search(part) else 'static VM_UNUSED'} {part}"
    return Excerpt(names, "\n".join([*comment, part]), frozenset(_WORD.findall(part)) - names, is_prototype)


def _length(lines: list[str], at: int) -> int:
    """How many lines the text that begins here has."""
    first = lines[at]
    if first.startswith("/*"):
        return next(n for n, line in enumerate(lines[at:], 1) if "*/" in line)
    if _OPENING.match(first):
        depth = 0
        for number, line in enumerate(lines[at:], 1):
            depth += bool(_OPENING.match(line)) - bool(_CLOSING.match(line))
            if depth == 0:
                return number
    if first.startswith("#"):
        return next(n for n, line in enumerate(lines[at:], 1) if not line.endswith("\\"))
    depth = 0
    for number, line in enumerate(lines[at:], 1):
        depth += line.count("{") - line.count("}")
        if depth == 0 and (line.rstrip().endswith((";", "}")) or not line.strip()):
            return number
    return 1


def _names(part: str) -> Iterator[str]:
    """What a text defines: functions and tables, types, macros."""
    if _OPENING.match(part) and "__cplusplus" in part.split("\n")[0]:
        return
    yield from _DEFINE.findall(part)
    lines = part.split("\n") if _OPENING.match(part) else [part]
    for line in lines:
        if match := _VECTOR.match(line):
            yield f"vm_{match[1]}x{match[2]}"
        elif match := _FUNCTION.match(line) or _TYPEDEF.match(line):
            yield match[1]
