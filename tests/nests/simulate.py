"""Follows a kernel's control flow and its accesses without its data: whether it ends, and where it fails.

Random bounds near 2^63 make loops that wrap and never end; those are not worth running.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.nests.kernel import SIZES, Apply, Expression, For, If, Kernel, Let, Load, Number, Statement, Store, Var

LIMIT = 1 << 63
WILD = 1 << 40
"""Offsets beyond this may wrap when they are multiplied by the element size: IREE's interpreter then misses them."""


class _Fails(Exception):
    pass


class _Long(Exception):
    pass


def simulate(
    kernel: Kernel, params: Sequence[int], readable: Sequence[int], writable: Sequence[int], most: int
) -> tuple[str, int]:
    """What happens, and the largest magnitude of an offset.

    "ends", "fails", "negative" (fails at an offset below 0, which IREE does not always notice), or "long" (more than
    `most` accesses and turns).
    """
    run = _Run(dict(zip(kernel.params, params, strict=True)), readable, writable, most)
    try:
        run.statements(kernel.body)
    except _Fails:
        return "negative" if run.last < 0 else "fails", run.widest
    except _Long:
        return "long", run.widest
    return "ends", run.widest


def wrap(value: int) -> int:
    return (value + LIMIT) % (2 * LIMIT) - LIMIT


class _Run:
    def __init__(self, names: Mapping[str, int], readable: Sequence[int], writable: Sequence[int], most: int) -> None:
        self.names: dict[str, int | None] = dict(names)
        self.readable, self.writable, self.left = readable, writable, most
        self.widest = 0
        self.last = 0

    def statements(self, body: Sequence[Statement]) -> None:
        for statement in body:
            if isinstance(statement, Let):
                self.names[statement.name] = self.value(statement.value)
            elif isinstance(statement, Store):
                index = self.value(statement.index)
                self.value(statement.value)
                self._access(index, self.writable[statement.buffer], statement.type)
            elif isinstance(statement, If):
                condition = self.value(statement.condition)
                assert condition is not None, "a condition that depends on data"
                if condition:
                    self.statements(statement.body)
            else:
                self._for(statement)

    def _for(self, loop: For) -> None:
        first, bound, step = (self.value(e) for e in (loop.first, loop.bound, loop.step))
        assert first is not None and bound is not None and step is not None
        counter = first
        while counter < bound:
            self._count()
            self.names[loop.counter] = counter
            self.statements(loop.body)
            counter = wrap(counter + step)

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise _Long

    def _access(self, index: int | None, length: int, element: str) -> None:
        self._count()
        assert index is not None
        self.widest = max(self.widest, abs(index))
        self.last = index
        if not 0 <= index < length // SIZES[element]:
            raise _Fails

    def value(self, expression: Expression) -> int | None:
        """The value of an i64 expression; None for anything that depends on data or is a float."""
        if isinstance(expression, Number):
            return int(expression.value) if expression.type in ("i64", "i32") else None
        if isinstance(expression, Var):
            return self.names[expression.name]
        if isinstance(expression, Load):
            self._access(self.value(expression.index), self.readable[expression.buffer], expression.type)
            return None
        operands = [self.value(e) for e in expression.operands]
        return _apply(expression, operands)


def _apply(expression: Apply, operands: Sequence[int | None]) -> int | None:
    known = [v for v in operands if v is not None]
    if len(known) != len(operands):
        return None
    name, _, rest = expression.mnemonic.partition(".")
    if name == "cmp" and rest == "lt.i64.s":
        return int(known[0] < known[1])
    if name == "cmp" and rest == "ne.i64":
        return int(known[0] != known[1])
    if name == "cmp" and rest in ("nz.i32", "nz.i64"):
        return int(known[0] != 0)
    if name == "cmp" and rest == "ne.i32":
        return int(known[0] != known[1])
    if name in ("and", "xor") and rest in ("i32", "i64"):
        return known[0] & known[1] if name == "and" else known[0] ^ known[1]
    if not rest.startswith("i64"):
        return None
    return _wide(name, known)


def _wide(name: str, v: Sequence[int]) -> int | None:
    if name in ("div", "rem"):
        if v[1] == 0:
            raise _Fails
        quotient = abs(v[0]) // abs(v[1]) * (1 if (v[0] < 0) == (v[1] < 0) else -1)
        return wrap(quotient) if name == "div" else v[0] - quotient * v[1]
    if name == "select":
        return v[1] if v[0] else v[2]
    if name in ("min", "max"):
        return min(v) if name == "min" else max(v)
    if name == "shl":
        return wrap(v[0] << (v[1] & 63))
    if name == "shr":
        return v[0] >> (v[1] & 63)
    if name == "fma":
        return wrap(v[0] * v[1] + v[2])
    found = {"add": lambda: v[0] + v[1], "sub": lambda: v[0] - v[1], "mul": lambda: v[0] * v[1]}.get(name)
    return wrap(found()) if found else None
