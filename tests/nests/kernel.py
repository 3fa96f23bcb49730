"""Small loop programs as trees, and their bytecode.

    Kernel("k0", buffers=2, params=("n",), body=(
        For("i", number(0), var("n"), number(1), (
            Store(0, "f32", var("i"), op("mul.f32", Load(1, "f32", var("i")), number(2.0, "f32"))),
        )),
    ))

Expressions are `Number`, `Var` (a counter, a parameter or a `Let`), `Apply` and `Load`.  Buffers are arguments
of the function; offsets count elements.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.modules import Function, function, ref
from transpile.isa.table import BY_NAME, Feature

FEATURES = int(Feature.EXT_F32 | Feature.EXT_F64 | Feature.YIELD | Feature.UNWIND)
SIZES = {"i8": 1, "i8.u": 1, "i8.s": 1, "i16": 2, "i16.u": 2, "i16.s": 2, "i32": 4, "f32": 4, "i64": 8, "f64": 8}
_PACK = {"f32": ("<f", "<I"), "f64": ("<d", "<Q")}


@dataclass(frozen=True)
class Number:
    value: int | float
    type: str


@dataclass(frozen=True)
class Var:
    name: str
    type: str = "i64"


@dataclass(frozen=True)
class Apply:
    mnemonic: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True)
class Load:
    buffer: int
    type: str  # "f32", "i8.s", …
    index: Expression


Expression = Number | Var | Apply | Load


@dataclass(frozen=True)
class Let:
    """A name for a value: what is computed at this place, used once or often, here or in inner loops."""

    name: str
    value: Expression


@dataclass(frozen=True)
class Store:
    buffer: int
    type: str
    index: Expression
    value: Expression


@dataclass(frozen=True)
class For:
    counter: str
    first: Expression
    bound: Expression
    step: Expression
    body: tuple[Statement, ...]


@dataclass(frozen=True)
class If:
    condition: Expression
    body: tuple[Statement, ...]


Statement = Let | Store | For | If


@dataclass(frozen=True)
class Kernel:
    """A function of `buffers` references and i64 `params`."""

    name: str
    buffers: int
    params: tuple[str, ...]
    body: tuple[Statement, ...]

    @property
    def convention(self) -> str:
        return f"0{'r' * self.buffers}{'I' * len(self.params)}_v"


def number(value: float, kind: str = "i64") -> Number:
    return Number(value, kind)


def op(mnemonic: str, *operands: Expression) -> Apply:
    return Apply(mnemonic, operands)


def value_type(element: str) -> str:
    """Type of the register that an element is loaded into."""
    return "i32" if element.startswith(("i8", "i16")) else element


def type_of(expression: Expression) -> str:
    """Type of an expression."""
    if isinstance(expression, Number | Var):
        return expression.type
    if isinstance(expression, Load):
        return value_type(expression.type)
    result = BY_NAME[expression.mnemonic].result
    assert result is not None and result.kind.type is not None
    return str(result.kind.type)


def assemble(kernel: Kernel) -> Function:
    """The kernel's bytecode."""
    return _Writer(kernel).run()


class _Writer:
    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.code: list[str | tuple[Any, ...]] = ["entry"]
        self.next = 0
        self.labels = 0
        self.names: dict[str, tuple[int, str]] = {}
        self.constants: dict[Number, int] = {}

    def run(self) -> Function:
        for name in self.kernel.params:
            self.names[name] = (self._register("i64"), "i64")
        self._hoist_constants(self.kernel.body)
        self._statements(self.kernel.body)
        self.code.append(("return", ()))
        return function(
            *self.code,
            convention=self.kernel.convention,
            words=self.next + 2,
            refs=max(self.kernel.buffers, 1),
            requirements=FEATURES,
        )

    def _register(self, kind: str) -> int:
        if kind in ("i64", "f64"):
            self.next += self.next & 1
        found = self.next
        self.next += 2 if kind in ("i64", "f64") else 1
        return found

    def _label(self, name: str) -> str:
        self.labels += 1
        return f"{name}{self.labels}"

    # ---- constants, in front of everything as compilers place them -------------------------------------------------

    def _hoist_constants(self, body: Sequence[Statement]) -> None:
        for statement in body:
            for expression in _expressions(statement):
                self._hoist(expression)
            if isinstance(statement, For | If):
                self._hoist_constants(statement.body)

    def _hoist(self, expression: Expression) -> None:
        if isinstance(expression, Number) and expression not in self.constants:
            kind, value = expression.type, expression.value
            register = self.constants[expression] = self._register(kind)
            if kind in _PACK:
                value = struct.unpack(_PACK[kind][1], struct.pack(_PACK[kind][0], value))[0]
            self.code.append((f"const.{kind}", value, register))
        elif isinstance(expression, Apply):
            for operand in expression.operands:
                self._hoist(operand)
        elif isinstance(expression, Load):
            self._hoist(expression.index)

    # ---- statements --------------------------------------------------------------------------------------------------

    def _statements(self, body: Sequence[Statement]) -> None:
        for statement in body:
            if isinstance(statement, Let):
                register, kind = self._value(statement.value)
                self.names[statement.name] = (register, kind)
            elif isinstance(statement, Store):
                index, value = self._value(statement.index)[0], self._value(statement.value)[0]
                self.code.append((f"buffer.store.{statement.type}", ref(statement.buffer), index, value))
            elif isinstance(statement, If):
                self._if(statement)
            else:
                self._for(statement)

    def _if(self, statement: If) -> None:
        then, behind = self._label("then"), self._label("behind")
        condition = self._value(statement.condition)[0]
        self.code += [("cond_br", condition, then, (), behind, ()), then]
        self._statements(statement.body)
        self.code += [("br", behind, ()), behind]

    def _for(self, loop: For) -> None:
        head, body, behind = self._label("head"), self._label("body"), self._label("behind")
        first, bound, step = (self._value(e)[0] for e in (loop.first, loop.bound, loop.step))
        counter, test = self._register("i64"), self._register("i32")
        self.names[loop.counter] = (counter, "i64")
        copies = ((first, counter), (first + 1, counter + 1))
        self.code += [("br", head, copies), head, ("cmp.lt.i64.s", counter, bound, test)]
        self.code += [("cond_br", test, body, (), behind, ()), body]
        self._statements(loop.body)
        self.code += [("add.i64", counter, step, counter), ("br", head, ()), behind]

    # ---- expressions -------------------------------------------------------------------------------------------------

    def _value(self, expression: Expression) -> tuple[int, str]:
        if isinstance(expression, Number):
            return self.constants[expression], expression.type
        if isinstance(expression, Var):
            return self.names[expression.name]
        if isinstance(expression, Load):
            index = self._value(expression.index)[0]
            kind = value_type(expression.type)
            register = self._register(kind)
            self.code.append((f"buffer.load.{expression.type}", ref(expression.buffer), index, register))
            return register, kind
        operands = [self._value(e)[0] for e in expression.operands]
        kind = type_of(expression)
        register = self._register(kind)
        self.code.append((expression.mnemonic, *operands, register))
        return register, kind


def _expressions(statement: Statement) -> tuple[Expression, ...]:
    if isinstance(statement, For):
        return statement.first, statement.bound, statement.step
    if isinstance(statement, Store):
        return statement.index, statement.value
    return (statement.condition,) if isinstance(statement, If) else (statement.value,)
