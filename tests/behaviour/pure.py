"""Every instruction on numbers alone, generated from the table: one function an instruction, arguments as bits.

Registers have no types, so all functions take and give integers: no calling convention touches a NaN.
"""

from __future__ import annotations

import math
import random
from typing import Any

from tests.behaviour.edges import BITS, Values, edges, is_nan, nans, product, signed, to_bits
from tests.behaviour.suite import Same, Special, Suite, equal
from tests.behaviour.witnesses import Outcome
from transpile.isa.table import Op, Trait, instructions

PRIMITIVES = ("i32", "i64", "f32", "f64")
LETTER = {"i32": "i", "f32": "i", "i64": "I", "f64": "I"}
CASES = 700  # calls of one function
SWITCH_VALUES = 3
CORE = {
    "i32": [0, 1, -1, 2, -7, (1 << 31) - 1, -(1 << 31)],
    "i64": [0, 1, -1, 2, -7, (1 << 63) - 1, -(1 << 63), 1 << 32],
    **{t: [to_bits(x, t) for x in (0.0, -0.0, 1.0, -1.5, math.inf, -math.inf)] + nans(t)[:4] for t in ("f32", "f64")},
}
LIBRARY = "atan atan2 cos sin exp exp2 expm1 log log10 log1p log2 pow rsqrt sqrt tanh erf rem".split()


def is_pure(op: Op) -> bool:
    """Whether operands and result are numbers in registers."""
    result = op.result
    groups = ("register", "list")
    fields = all(f.kind.group in groups and f.kind.type in PRIMITIVES for f in op.operands)
    if not op.operands or not fields or op.traits & (Trait.READS | Trait.TERMINATOR):
        return False
    return result is not None and result.kind.type in PRIMITIVES


def kinds(op: Op) -> list[str]:
    """Types of the arguments; a list stands for three."""
    found: list[str] = []
    for part in op.operands:
        found += [part.kind.type] * (SWITCH_VALUES if part.kind.group == "list" else 1)
    return found


def suite() -> Suite:
    """The module."""
    made = Suite("pure")
    for op in instructions():
        if is_pure(op):
            _add(made, op)
    _constants(made)
    _known_operands(made)
    return made


def _add(made: Suite, op: Op) -> None:
    types = kinds(op)
    places, result = _places([*types, op.result.kind.type if op.result else ""])
    fields: list[Any] = []
    rest = list(places)
    for part in op.operands:
        if part.kind.group == "list":
            fields.append(tuple(rest.pop(0) for _ in range(SWITCH_VALUES)))
        else:
            fields.append(rest.pop(0))
    assert op.result is not None
    kind = op.result.kind.type
    calls = product([_choices(op, i, t) for i, t in enumerate(types)], CASES)
    if len(types) == 2:
        calls = list(dict.fromkeys([*product([CORE[t] for t in types], CASES), *calls]))
    sent = [values for values in calls if not _difference(op, values)]
    special = [Special(d, values, _defined(op, values)) for values in calls if (d := _difference(op, values))]
    convention = f"0{''.join(LETTER[t] for t in types)}_{LETTER[kind]}"
    code = ("entry", (op.mnemonic, *fields, result), ("return", (result,)))
    same, rows = _same(op, types, kind)
    made.probe(op.mnemonic, *code, convention=convention, calls=sent, special=special, same=same, relaxed=rows)


def _places(types: list[str]) -> tuple[list[int], int]:
    """Registers of the arguments as the convention lays them out, and one for the result."""
    places, at = [], 0
    for kind in types:
        wide = kind in ("i64", "f64")
        at += at & 1 if wide else 0
        places.append(at)
        at += 2 if wide else 1
    return places[:-1], places[-1]


def _choices(op: Op, position: int, kind: str) -> list[int]:
    if op.mnemonic.startswith("switch.") and position == 0:
        return [-(1 << 31), -1, 0, 1, 2, 3, 4, (1 << 31) - 1]
    if op.mnemonic.startswith("select.") and position == 0:
        return [0, 1, -1, 2, 1 << 16, -(1 << 31)]
    if op.mnemonic.startswith("fpowi.") and position == 1:
        return [*range(-40, 41, 3), 0, 1, -1, 127, -128, 1 << 31, -(1 << 31), (1 << 31) - 1, 1 << 40, -(1 << 63)]
    return edges(kind)


def _difference(op: Op, values: Values) -> str:
    """The row of the table of differences that the call belongs to."""
    name = op.mnemonic
    if name.startswith(("div.i", "rem.i")):
        least = -(1 << (BITS[name.split(".")[1]] - 1))
        if values[1] == 0:
            return "division by zero"
        if name.endswith(".s") and values == (least, -1):
            return "division overflow"
    if name == "switch.i64" and 0 <= values[0] < SWITCH_VALUES:
        picked = values[2 + values[0]]
        return "switch.i64 width" if picked != signed(picked, 32) else ""
    return ""


def _defined(op: Op, values: Values) -> Outcome:
    """What ours gives there."""
    if op.mnemonic == "switch.i64":
        return (values[2 + values[0]],)
    if values[1] == 0:
        return "INVALID_ARGUMENT"
    return (values[0] if op.mnemonic.startswith("div") else 0,)


def _same(op: Op, types: list[str], result: str) -> tuple[Same, tuple[str, ...]]:
    """Bits, except for what the table says of NaNs; and the rows that this uses."""
    if result not in ("f32", "f64") or op.mnemonic.split(".")[0] in ("select", "switch", "min", "max", "bitcast"):
        return equal, ()
    quiet = 1 << (22 if result == "f32" else 51)
    from_library = op.mnemonic.split(".")[0] in LIBRARY

    def same(arguments: Values, mine: Outcome, other: Outcome) -> bool:
        if mine == other or isinstance(mine, str) or isinstance(other, str):
            return mine == other
        if not is_nan(mine[0], result) or not is_nan(other[0], result):
            return False
        operands = [is_nan(v, t) for v, t in zip(arguments, types, strict=True)]
        if sum(operands) == 1:
            return mine[0] | quiet == other[0] | quiet
        return any(operands) or from_library

    rows = ["signalling NaN", *(["NaN of two"] if len(types) > 1 else []), *(["NaN of libm"] if from_library else [])]
    return same, tuple(rows)


def _is_nan_too(_: Values, mine: Outcome, other: Outcome) -> bool:
    return all(not isinstance(o, str) and is_nan(o[0], "f32") and is_nan(o[1], "f64") for o in (mine, other))


def _constants(made: Suite) -> None:
    """Immediates: as many results as values, eight a function."""
    code: list[str | tuple[Any, ...]] = ["entry", ("const.f32", 0x7F800000, 0), ("sub.f32", 0, 0, 1)]
    code += [("const.f64", 0x7FF0000000000000, 2), ("sub.f64", 2, 2, 4), ("return", (1, 4))]
    relaxed = ("NaN of constants",)
    made.probe("nan.constants", *code, convention="0v_iI", same=_is_nan_too, relaxed=relaxed)
    for kind in PRIMITIVES:
        values = edges(kind)
        size = 2 if BITS[kind] == 64 else 1
        mask = (1 << BITS[kind]) - 1
        for start in range(0, len(values), 8):
            part = values[start : start + 8]
            raw = [v & mask for v in part] if kind[0] == "f" else part
            code = ["entry", (f"const.{kind}.zero", 30)]
            code += [(f"const.{kind}", value, size * k) for k, value in enumerate(raw)]
            code.append(("return", (*(size * k for k in range(len(part))), 30)))
            convention = f"0v_{LETTER[kind] * (len(part) + 1)}"
            made.probe(f"const.{kind}.{start}", *code, convention=convention)


def _known_operands(made: Suite) -> None:
    """Functions of constants: a C compiler that computes them ahead of time must come to the library's last bit."""
    chance = random.Random(1)
    for op in instructions():
        kind = op.operands[0].kind.type if op.operands else ""
        if not is_pure(op) or kind not in ("f32", "f64") or op.mnemonic.split(".")[0] not in LIBRARY:
            continue
        code: list[str | tuple[Any, ...]] = ["entry"]
        for place in range(0, 64, 2):
            code.append((f"const.{kind}", to_bits(chance.uniform(0.01, 20), kind) & ((1 << BITS[kind]) - 1), place))
            operands = [place, (place + 14) % 64][: len(op.operands)]
            code.append((op.mnemonic, *operands, 64 + place))
        code.append(("return", tuple(range(64, 128, 2))))
        made.probe(f"{op.mnemonic}.known", *code, convention=f"0v_{LETTER[kind] * 32}")
