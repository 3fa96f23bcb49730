"""Rules about calls and returns: V39 to V43.

Which of them apply follows from an instruction's shape: it refers to a function, it has segment sizes, it has operand
and result lists.  The registers themselves are checked in `operand_rules`; here entries are held against a convention.
"""

from __future__ import annotations

from collections.abc import Iterator

from transpile.container import Convention, Span
from transpile.container.convention import WIDE
from transpile.errors import Status
from transpile.isa import TABLE, Instruction, Op
from transpile.isa.kinds import REF_BIT
from transpile.isa.shapes import RETURN
from transpile.verify.operand_rules import Check
from transpile.verify.scope import Scope

_IA = Status.INVALID_ARGUMENT


def _has(op: Op, group: str) -> bool:
    return any(field.kind.group == group for field in op.shape)


CALLS = frozenset(op.mnemonic for op in TABLE if _has(op, "function"))
RETURNS = frozenset(op.mnemonic for op in TABLE if op.shape == RETURN)
_VARIADIC = frozenset(op.mnemonic for op in TABLE if _has(op, "segments"))
_QUERIES = frozenset(op.mnemonic for op in TABLE if _has(op, "function") and not _has(op, "list"))


def check_call(scope: Scope, instruction: Instruction) -> None:
    """Check an instruction that refers to a function."""
    mnemonic = instruction.op.mnemonic
    is_import, number = instruction.callee
    if not is_import and mnemonic in _QUERIES:
        scope.fail("V41", f"internal function {number}", "an import (bit 31 set)")
        return
    if not is_import and mnemonic in _VARIADIC:
        scope.fail("V40", f"internal function {number}", "an import as callee of a variadic call")
        return
    table = scope.facts.imports if is_import else scope.facts.functions
    if number >= len(table):
        what = "import" if is_import else "function"
        scope.fail("V39", f"{what} {number}", f"an ordinal below {len(table)}")
        return
    convention = table[number]
    if convention is not None and mnemonic not in _QUERIES:
        _check_against(scope, instruction, convention, _callee_name(scope, is_import, number))


def check_return(scope: Scope, instruction: Instruction) -> None:
    """Check a return against the convention of its function."""
    convention = scope.facts.functions[scope.index]
    if convention is not None:
        _match(scope, "V43", iter(convention.results), instruction.fields[0], "result", "the function itself")


def _callee_name(scope: Scope, is_import: bool, number: int) -> str:
    return f"@{scope.module.imports[number].full_name}" if is_import else f"function {number}"


def _check_against(scope: Scope, instruction: Instruction, convention: Convention, callee: str) -> None:
    operands, results = instruction["operands"], instruction["results"]
    if convention.is_variadic:
        if instruction.op.mnemonic not in _VARIADIC:
            scope.fail("V42", f"no segment sizes for variadic {callee}", "a variadic call", _IA)
            return
        segments = instruction["segments"]
        if len(segments) < len(convention.arguments):
            found = f"{len(segments)} segment sizes for {callee}"
            scope.fail("V42", found, f"{len(convention.arguments)}, one for each item")
            return
        kinds = _flattened(convention, segments)
    else:
        kinds = (item for item in convention.arguments if isinstance(item, str))
    _match(scope, "V42", kinds, operands, "operand", callee)
    _match(scope, "V42", iter(convention.results), results, "result", callee)


def _flattened(convention: Convention, segments: tuple[int, ...]) -> Iterator[str]:
    for item, count in zip(convention.arguments, segments, strict=False):
        if isinstance(item, Span):
            for _ in range(count):
                yield from item.elements
        else:
            yield item


def _match(scope: Scope, rule: str, kinds: Iterator[str], words: tuple[int, ...], what: str, callee: str) -> None:
    """Hold list entries against value kinds; stops at the first entry that is missing."""
    for index, kind in enumerate(kinds):
        if index >= len(words):
            scope.fail(rule, f"{len(words)} {what}s for {callee}", "more: its convention has further values")
            return
        if kind == "r":
            wrong = _ref_entry(words[index])
        else:
            wrong = _word_entry(scope, words[index], kind in WIDE)
        if wrong is not None:
            expected, status = wrong
            scope.fail(rule, f"{what} {index} for {callee} is {words[index]:#06x}", expected, status)


def _ref_entry(word: int) -> tuple[str, Status] | None:
    return None if word & REF_BIT else ("a ref register", _IA)


def _word_entry(scope: Scope, word: int, wide: bool) -> tuple[str, Status] | None:
    if word & REF_BIT:
        return "a register pair" if wide else "a word register", _IA
    if wide and word & 1:
        return "an even register, the low half of a pair", _IA
    if wide and word + 1 == scope.words:
        return f"a pair below %i{scope.words}", Status.OUT_OF_RANGE
    return None


def _check_call(scope: Scope, value: object) -> None:
    assert scope.at is not None
    check_call(scope, scope.at)


def _check_return(scope: Scope, value: object) -> None:
    assert scope.at is not None
    check_return(scope, scope.at)


CALL_CHECKS: dict[str, Check] = {
    **dict.fromkeys(CALLS, _check_call),
    **dict.fromkeys(RETURNS, _check_return),
}
"""Checks of whole instructions, by mnemonic."""
