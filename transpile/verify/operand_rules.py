"""Rules about single operands: V29 to V38, one checker a field kind.

A checker is called as `check(scope, value)` and reports to the scope.  `CHECKS` gives, by mnemonic, the fields of an
instruction that need a check and their checkers; it is derived from the table once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from transpile.errors import Status
from transpile.isa import TABLE, Op
from transpile.isa.kinds import MOVE_BIT, REF_BIT, Kind, is_move, ordinal
from transpile.verify.scope import Scope

Check = Callable[[Scope, Any], None]

_IA = Status.INVALID_ARGUMENT
_FIRST_STRICT_MOVE = 16
_BYTES = {"i32": 4, "f32": 4, "i64": 8, "f64": 8}


def _word(scope: Scope, word: int, rule: str = "V29", what: str = "register") -> None:
    if word >= scope.words:
        if word & REF_BIT:
            scope.fail(rule, f"{what} {word:#06x} names a ref register", "a word register (bit 15 clear)", _IA)
        else:
            scope.fail(rule, f"{what} %i{word}", f"a register below %i{scope.words}")


def _pair(scope: Scope, word: int, rule: str = "V30", what: str = "register pair") -> None:
    if word & REF_BIT:
        scope.fail(rule, f"{what} {word:#06x} names a ref register", "a register pair (bit 15 clear)", _IA)
    elif word & 1:
        scope.fail(rule, f"{what} starts at odd register %i{word}", "an even register", _IA)
    elif word + 1 >= scope.words:
        scope.fail(rule, f"{what} %i{word}:{word + 1}", f"registers below %i{scope.words}")


def _ref(scope: Scope, word: int, rule: str = "V31", what: str = "register") -> None:
    if not word & REF_BIT:
        scope.fail(rule, f"{what} %i{word} is a word register", "a ref register (bit 15 set)", _IA)
    elif ordinal(word) >= scope.refs:
        scope.fail(rule, f"{what} %r{ordinal(word)}", f"a register below %r{scope.refs}")


def _borrowed_ref(scope: Scope, word: int) -> None:
    _ref(scope, word)
    if is_move(word) and scope.facts.major >= _FIRST_STRICT_MOVE:
        scope.fail("V32", f"MOVE bit on %r{ordinal(word)}", "a register that is only read")


def _any(scope: Scope, word: int, rule: str, what: str) -> None:
    (_ref if word & REF_BIT else _word)(scope, word, rule, what)


_ENTRIES: dict[str, Callable[[Scope, int, str, str], None]] = {
    "i32": _word,
    "f32": _word,
    "i64": _pair,
    "f64": _pair,
    "ref": _ref,
    "any": _any,
}


def _list(check: Callable[[Scope, int, str, str], None]) -> Check:
    def check_list(scope: Scope, words: tuple[int, ...]) -> None:
        for index, word in enumerate(words):
            check(scope, word, "V33", f"entry {index}")

    return check_list


def _remap(scope: Scope, pairs: tuple[tuple[int, int], ...]) -> None:
    for index, (source, destination) in enumerate(pairs):
        _copied(scope, source, f"source {index}")
        _copied(scope, destination, f"destination {index}")
        if (source ^ destination) & REF_BIT:
            found = f"copy {index} from {source & ~MOVE_BIT:#06x} to {destination & ~MOVE_BIT:#06x}"
            scope.fail("V34", found, "source and destination in the same bank", _IA)


def _copied(scope: Scope, word: int, what: str) -> None:
    if word & REF_BIT:
        if ordinal(word) >= scope.copy_refs:
            scope.fail("V34", f"{what} %r{ordinal(word)}", f"a register below %r{scope.copy_refs}")
    elif word >= scope.copy_words:
        scope.fail("V34", f"{what} %i{word}", f"a register below %i{scope.copy_words}")


def _cases(scope: Scope, cases: tuple[tuple[int, tuple[tuple[int, int], ...]], ...]) -> None:
    for target, pairs in cases:
        _target(scope, target)
        _remap(scope, pairs)


def _target(scope: Scope, target: int) -> None:
    assert scope.at is not None
    scope.targets.append((scope.at, target))


def _type(scope: Scope, index: int) -> None:
    if index >= scope.facts.types:
        scope.fail("V35", f"type {index}", f"an index below {scope.facts.types}")


def _rodata(scope: Scope, index: int) -> None:
    if index >= scope.facts.rodata:
        scope.fail("V36", f"rodata segment {index}", f"an index below {scope.facts.rodata}")


def _global(size: int) -> Check:
    def check_global(scope: Scope, offset: int) -> None:
        end = scope.facts.global_bytes
        if offset + size > end:
            scope.fail("V37", f"{size} bytes at {offset}", f"a range inside {end} bytes of globals")

    return check_global


def _global_ref(scope: Scope, index: int) -> None:
    if index >= scope.facts.global_refs:
        scope.fail("V38", f"ref global {index}", f"an ordinal below {scope.facts.global_refs}")


def _register_check(kind: Kind) -> Check:
    if kind.type == "ref":
        return _ref if kind.moves else _borrowed_ref
    return _pair if kind.type in ("i64", "f64") else _word


_BY_GROUP: dict[str, Callable[[Kind], Check | None]] = {
    "register": _register_check,
    "list": lambda kind: _list(_ENTRIES[kind.type]),
    "remap": lambda kind: _remap,
    "cases": lambda kind: _cases,
    "target": lambda kind: _target,
    "type": lambda kind: _type,
    "rodata": lambda kind: _rodata,
    "global": lambda kind: _global_ref if kind.type == "ref" else _global(_BYTES[kind.type]),
    "function": lambda kind: None,  # call_rules
    "segments": lambda kind: None,
    "immediate": lambda kind: None,
    "string": lambda kind: None,
}


def _checks(op: Op) -> tuple[tuple[int, Check], ...]:
    found = ((index, _BY_GROUP[field.kind.group](field.kind)) for index, field in enumerate(op.shape))
    return tuple((index, check) for index, check in found if check is not None)


CHECKS: dict[str, tuple[tuple[int, Check], ...]] = {op.mnemonic: _checks(op) for op in TABLE}
