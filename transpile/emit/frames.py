"""How much C stack a call of an emitted function takes at most, and which functions must ask for it.

A small function finds its room in VM_STACK_RESERVE: whoever calls itself looks at the stack (`vm_enter`), and between
two looks there are only so many small frames.  A function with a large frame, or at the top of a long chain of calls,
asks before the frame is made (`vm_room`).  What would still be too large is not on the C stack: see `held.py`.  A test
compares these numbers with what compilers really take.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from transpile.emit.values import Values
from transpile.ir.nodes import Block, Function, Op, Value
from transpile.isa.kinds import IMPORT_BIT

LARGE = 2048
"""Bytes of a frame that is asked for."""
HUGE = 16384
"""Bytes of the frame of a function that does not call itself, beyond which its values are kept elsewhere."""
CHAIN = 4096
"""Bytes of small frames above each other without a look at the stack."""
_FIXED = 512  # saved registers, arguments, what inlined helpers have
_WORD, _SPAN = 16, 160  # of one value: without optimisation it is copied for the helpers that are inlined


class Frame(NamedTuple):
    """Bytes without and with optimisation; `here` has VM_FRAME choose between them."""

    plain: int
    optimised: int

    def text(self) -> str:
        """As a C expression."""
        return f"VM_FRAME({self.plain}u, {self.optimised}u)"


def frame(fn: Function, values: Values, passed: Callable[[Op], int]) -> Frame:
    """The frame of a function: not less than what gcc and clang make of it at any level.

    `passed` are the operands of an op that it gets in the frame.
    """
    ops = list(fn.ops())
    operands = [passed(op) for op in ops]
    made = len(ops) + len(values.home)
    spans = sum(value.type == "span" for op in ops for value in op.operands)
    return Frame(
        _FIXED + _WORD * (made + sum(operands)) + _SPAN * spans,
        _FIXED + _WORD * _most_live(fn, values) + 8 * sum(count for count in operands if count > 8),
    )


def is_too_large(made: int, recursive: bool) -> bool:
    """Whether the values of a function with such a frame are kept elsewhere."""
    return made > (LARGE if recursive else HUGE)


def held_frame(fn: Function, passed: Callable[[Op], int]) -> Frame:
    """What is left of a frame without the values."""
    most = max(map(passed, fn.ops()), default=0)
    return Frame(*[_FIXED + _WORD * most] * 2)


def _most_live(fn: Function, values: Values) -> int:
    """Words of the values that a compiler may have to keep at one time: those of several blocks, and those of one."""
    homes = values.home.items()
    crossing = sum(_words(value) for value, home in homes if any(user is not home for user in values.uses[value]))
    return crossing + max((_most_live_in(block) for block in fn.blocks), default=0) + sum(map(_words, fn.args))


def _most_live_in(block: Block) -> int:
    """Backwards over a block: a value lives from where it is made to its last use."""
    live = {*block.end.operands, *(value for edge in block.end.edges for value in edge.args)}
    now = most = sum(map(_words, live))
    for op in reversed(block.ops):
        gone = live.intersection(op.results)
        new = set(op.operands) - live
        live = (live - gone) | new if gone or new else live
        now += sum(map(_words, new)) - sum(map(_words, gone))
        most = max(most, now + sum(map(_words, gone)))
    return most


def _words(value: Value) -> int:
    return 5 if value.type == "span" else 1


def asking(functions: Sequence[Function], frames: Mapping[int, Frame], checked: frozenset[int]) -> frozenset[int]:
    """Functions to ask for room: those with large frames, and one of every chain of small ones that is too long.

    `checked` functions, those that call themselves, look at the stack anyway.
    """
    callees = {fn.index: _callees(fn) for fn in functions}
    found = {index for index, made in frames.items() if max(made) > LARGE}
    below: dict[int, int] = {}
    for index in _callees_first(callees):
        deepest = max((below.get(c, 0) for c in callees[index] if c not in found and c not in checked), default=0)
        below[index] = deepest + min(max(frames[index]), LARGE)
        if below[index] > CHAIN and index not in checked:
            found.add(index)
    return frozenset(found)


def _callees(fn: Function) -> set[int]:
    callees = {op.attrs["callee"] for op in fn.ops() if "callee" in op.attrs}
    return {callee for callee in callees if not callee & IMPORT_BIT}


def _callees_first(callees: Mapping[int, set[int]]) -> list[int]:
    """All functions, each behind those that it calls, as far as they do not call each other."""
    order: list[int] = []
    seen: set[int] = set()
    for root in callees:
        work = [(root, False)]
        while work:
            index, done = work.pop()
            if done:
                order.append(index)
            elif index not in seen:
                seen.add(index)
                work += [(index, True), *((callee, False) for callee in callees[index] if callee not in seen)]
    return order
