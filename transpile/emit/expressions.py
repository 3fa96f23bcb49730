"""Values and ops as C expressions."""

from __future__ import annotations

from collections.abc import Callable

from transpile.c.helpers import helpers
from transpile.c.literals import C_TYPES, constant, is_special
from transpile.emit.values import Values
from transpile.ir.derived import RODATA_SPAN
from transpile.ir.nodes import Op, Value
from transpile.isa.kinds import IMPORT_BIT
from transpile.isa.operations import Operation
from transpile.isa.table import Trait

LONGEST_LIST = 64
"""Operands of a call that are put in an array on the C stack."""
_ATOM = 100
_PRECEDENCE = {"*": 50, "/": 50, "+": 40, "-": 40, "<": 30, "<=": 30, ">": 30, ">=": 30, "==": 29, "!=": 29}
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_CONTEXT = {"vm", "bindings", "constants", "zero"}  # names in emitted functions that helpers take by the same name
_MOVES = frozenset({Operation.SELECT, Operation.SWITCH, Operation.BITCAST, Operation.NEG, Operation.ABS})
"""What takes and gives bits as they are."""
_CHAINS = {"+", "*", "-", "/"}  # operators that may stand beside others without parentheses


class Expressions:
    """Writes expressions of one function.  `type_name` gives the C name of a type-table entry, `rodata` the place and
    length of a constant."""

    def __init__(
        self,
        values: Values,
        type_name: Callable[[int], str],
        rodata: Callable[[int], tuple[str, int]],
        longest: int = LONGEST_LIST,
    ) -> None:
        self.values = values
        self.type_name = type_name
        self.rodata = rodata
        self.helpers = helpers()
        self.longest = longest  # list of operands on the C stack
        self.lists: list[tuple[str, list[str]]] = []  # longer ones of the statement that is being written
        self.uses_zero = False  # whether anything written so far needs the zero that the C compiler does not know

    def text(self, value: Value) -> str:
        """The value as an operand of anything."""
        return self._write(value)[0]

    def _write(self, value: Value, user: Op | None = None) -> tuple[str, int]:
        """The value as an operand of `user`."""
        if value not in self.values.inlined or value.op is None:
            return self.values.names[value], _ATOM
        if user is not None and is_rewritten(user, value):
            self.uses_zero = True
            return f"vm_opaque_{value.type}(zero, {self.pure(value.op)[0]})", _ATOM
        return self.pure(value.op)

    def pure(self, op: Op) -> tuple[str, int]:
        """A pure op as text with its precedence."""
        if op.row.does is Operation.NULL:
            return "NULL", _ATOM
        if op.row is RODATA_SPAN:
            return f"{op.row.helper}({', '.join(self.arguments(op))})", _ATOM
        if op.row.helper is None:
            text = constant(op.result.type, op.attrs["value"])
            return text, 60 if text.startswith("-") else _ATOM
        helper = self.helpers[op.row.helper]
        if helper.operator == "?:":
            condition, first, second = (self.inside(op, v, 31) for v in op.operands)
            return f"{condition} ? {first} : {second}", 10
        if helper.operator == "!=0":
            return f"{self.inside(op, op.operands[0], 31)} != 0", _PRECEDENCE["!="]
        if helper.operator in ("-", "~", "!") and len(op.operands) == 1:
            return f"{helper.operator}{self.inside(op, op.operands[0], 61)}", 60
        if helper.operator and not _is_tautology(helper.operator, op):
            return self._infix(helper.operator, op)
        return f"{op.row.helper}({', '.join(self.arguments(op))})", _ATOM

    def _infix(self, operator: str, op: Op) -> tuple[str, int]:
        level = _PRECEDENCE.get(operator, 20)
        chains = operator in _CHAINS
        left = self.inside(op, op.operands[0], level if chains else 41)
        right = self.inside(op, op.operands[1], level + 1 if chains else 41)
        return f"{left} {operator} {right}", level

    def inside(self, user: Op | None, value: Value, least: int) -> str:
        text, level = self._write(value, user)
        return text if level >= least else f"({text})"

    def condition(self, value: Value, negated: bool = False) -> str:
        """The value as a condition: `!= 0` is left to C."""
        op = value.op
        while value in self.values.inlined and op is not None and op.row.helper is not None:
            if self.helpers[op.row.helper].operator != "!=0":
                break
            value, op = op.operands[0], op.operands[0].op
        if not negated:
            return self._write(value)[0]
        opposite = self._opposite(op) if value in self.values.inlined and op is not None else ""
        return opposite or f"!{self.inside(None, value, _ATOM)}"

    def _opposite(self, op: Op) -> str:
        """An integer comparison turned around; floats have NaN between < and >=."""
        operator = self.helpers[op.row.helper].operator if op.row.helper else ""
        whole = all(v.type in ("i32", "i64", "ref") for v in op.operands) and not _is_tautology(operator, op)
        return self._infix(_OPPOSITE[operator], op)[0] if whole and operator in _OPPOSITE else ""

    def arguments(self, op: Op) -> list[str]:
        """What the op's helper is called with, output parameters left out."""
        assert op.row.helper is not None
        if op.row is RODATA_SPAN:
            place, length = self.rodata(op.attrs["rodata"])
            return [place, f"{length}u"]
        helper = self.helpers[op.row.helper]
        texts = [name for name in helper.params[:1] if name in _CONTEXT]
        self.uses_zero |= "zero" in texts
        operands = iter(op.operands)
        for field in op.row.operands:
            group = field.kind.group
            if group == "register":
                texts.append(self._write(next(operands), op)[0])
            elif group == "list":
                texts += self._array(field.kind.type, list(operands))
            elif group == "type":
                texts.append(self.type_name(op.attrs[field.name]))
            else:
                texts.append(f"{op.attrs[field.name] & ~IMPORT_BIT}u")
        if "move" in helper.params:
            texts.append(str(op.attrs.get("move", 0)))
        return texts

    def _array(self, type_name: str, values: list[Value]) -> list[str]:
        return [self.array(C_TYPES[type_name], [self.text(v) for v in values]), f"{len(values)}u"]

    def array(self, c_type: str, texts: list[str]) -> str:
        """An array argument: NULL when empty, and in memory of the instance when it is long."""
        if len(texts) <= self.longest:
            return array(c_type, texts)
        self.lists.append((c_type, texts))
        return f"lists->l{len(self.lists) - 1}"

    def uses_vm(self, op: Op) -> bool:
        """Whether the op's text mentions the instance."""
        helper = self.helpers.get(op.row.helper or "")
        return helper is None or helper.takes_vm or Trait.MAY_FAIL in op.row.traits


def is_rewritten(op: Op, value: Value) -> bool:
    """Whether a C compiler that takes this constant operand for what it is may change the bits where denormals are
    flushed: it drops `x * 1` and `x + -0.0`, and computes what has constant operands alone."""
    if value.op is None or value.op.row.helper is not None or value.type not in ("f32", "f64"):
        return False
    if Trait.PURE not in op.row.traits or op.row.helper is None or op.row.does in _MOVES:
        return False
    constants = all(v.op is not None and v.op.row.helper is None for v in op.operands)
    return constants or is_special(value.type, value.op.attrs["value"])


def _is_tautology(operator: str, op: Op) -> bool:
    """Whether compilers would warn of comparing a value with itself; a call is the same and silent."""
    return operator in _OPPOSITE and op.operands[0] is op.operands[-1]


def array(c_type: str, texts: list[str]) -> str:
    """A constant array argument; NULL when empty."""
    return f"(const {c_type}[]){{{', '.join(texts)}}}" if texts else "NULL"
