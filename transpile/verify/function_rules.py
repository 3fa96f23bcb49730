"""Rules about a function as a whole: its descriptor (V13 to V19) and its calling convention (V20 to V22, V47)."""

from __future__ import annotations

from transpile import limits
from transpile.container import Convention, ConventionError, Span, parse_convention
from transpile.verify.facts import (
    available_features,
    convention_text,
    entry_layout,
    missing_features,
    rounded_registers,
)
from transpile.verify.scope import Scope


def check_function(scope: Scope) -> bool:
    """Apply the rules; return whether the function has code that can be walked."""
    _blocks(scope)
    _registers(scope)
    lack = missing_features(scope.descriptor.requirements, available_features(scope.facts.major))
    if lack:
        scope.fail("V18", *lack)
    _convention(scope)
    return _code_range(scope)


def _blocks(scope: Scope) -> None:
    if scope.descriptor.block_count <= 0:
        scope.fail("V13", f"block count {scope.descriptor.block_count}", "1 or more")


def _code_range(scope: Scope) -> bool:
    start, length = scope.descriptor.bytecode_offset, scope.descriptor.bytecode_length
    size = len(scope.module.bytecode)
    if length == 0:
        scope.fail("V14", "function of 0 bytes", "at least a block")
        return False
    if start < 0 or length < 0 or start + length > size:
        scope.fail("V15", f"code at {start}, {length} bytes long", f"a range inside the bytecode of {size} bytes")
        return False
    return True


def _registers(scope: Scope) -> None:
    for what, count, nameable, frame in (
        ("word", scope.words, limits.NAMEABLE_WORDS, limits.FRAME_WORDS),
        ("ref", scope.refs, limits.NAMEABLE_REFS, limits.FRAME_REFS),
    ):
        if not 0 <= count <= nameable:
            scope.fail("V16", f"{count} {what} registers", f"0 to {nameable}")
        elif count > frame:
            scope.fail("V19", f"{count} {what} registers", f"at most {frame}")
    if scope.words < 0 or scope.refs < 0:  # one finding is enough: do not report every operand as well
        scope.limit(limits.NAMEABLE_WORDS, limits.NAMEABLE_REFS)


def _convention(scope: Scope) -> None:
    text = convention_text(scope.module, scope.index)
    if text is None:
        return  # V7 or V9
    if text and text[0] != "0":
        scope.fail("V20", f"calling convention {text!r}", "'' or a string that starts with '0'")
        return
    arguments, _, results = text[1:].partition("_")
    parsed = _part(scope, "V21", f"0{arguments}" if text else "", "arguments of i, I, f, F and r")
    _part(scope, "V47", f"0v_{results}", "results of i, I, f, F and r")
    if parsed is not None:
        _arguments(scope, parsed)


def _part(scope: Scope, rule: str, text: str, expected: str) -> Convention | None:
    try:
        return parse_convention(text)
    except ConventionError as problem:
        scope.fail(rule, problem.diagnostics[0].message, expected)
        return None


def _arguments(scope: Scope, convention: Convention) -> None:
    if any(isinstance(item, Span) for item in convention.arguments):
        scope.fail("V21", "a variadic span", "plain values: an internal function cannot be variadic")
        return
    layout = entry_layout(convention, scope.words, scope.facts.major)
    banks = (("word", layout.words_needed, scope.words), ("ref", layout.refs_needed, scope.refs))
    for bank, needed, declared in banks:
        most = rounded_registers(declared)
        if needed > most:
            expected = f"at most {most}, a frame's for the declared {declared}"
            scope.fail("V22", f"arguments need {needed} {bank} registers", expected)
