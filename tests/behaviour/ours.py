"""What IREE 3.13 cannot be asked: variadic imports, unbound optional imports, and the older bytecode versions.

The outcomes are those the format's description gives.
"""

from __future__ import annotations

from typing import Any

from tests.behaviour.state import BYTES, NULL, PATTERN, pick
from tests.behaviour.suite import BUFFER, Special, Suite
from tests.behaviour.witnesses import Imports
from tests.support.modules import imported, ref

Line = str | tuple[Any, ...]
PLAIN = 0xFFFF


def _weigh(first: int, pairs: list[tuple[int, int]], last: int) -> int:
    return first + sum((k + 1) * a - b for k, (a, b) in enumerate(pairs)) + 1000 * last


def _count(*spans: list[tuple[Any, ...]]) -> tuple[int, int]:
    return len(spans[0]), sum(1 for (item,) in spans[1] if item is not None)


IMPORTS: Imports = {
    "host.weigh": ("0iCiIDi_I", _weigh),
    "host.count": ("0CfDCrD_ii", _count),
    "host.absent": ("0i_i", lambda x: x),
}


def suite() -> Suite:
    """Variadic calls."""
    made = Suite("ours", rodata=(PATTERN,), imports=IMPORTS)
    row = "variadic imports"
    weigh, count = imported(0), imported(1)
    for pairs in range(4):
        words = tuple(word for k in range(pairs) for word in (1, 2 if k % 2 else 4))
        operands = (0, *words, 6)
        values = (5, 7, 1 << 40, 9, 3)
        wide = [(values[1], values[2] if k % 2 else values[3]) for k in range(pairs)]
        expected = (_weigh(values[0], wide, values[4]),)
        for name, tail in (("call.variadic", ()), ("call.variadic.yieldable", ("next",))):
            code: list[Line] = ["entry", (name, weigh, (PLAIN, pairs, PLAIN), operands, *tail, (8,))]
            code += ["next", ("return", (8,))] if tail else [("return", (8,))]
            special = [Special(row, values, expected)]
            made.probe(f"{name}.{pairs}", *code, convention="0iiIIi_I", calls=(), special=special)
    code = ["entry", *pick(0, 0), ("call.variadic", count, (2, 3), (1, 2, ref(0), ref(1), ref(0, True)), (4, 5))]
    code += [("cmp.nz.ref", ref(0), 6), ("return", (4, 5, 6))]
    cases = [Special(row, (BYTES, 0, 1), (2, 2, 0)), Special(row, (NULL, 0, 1), (2, 0, 0))]
    made.probe("call.variadic.refs", *code, convention="0iff_iii", calls=(), special=cases)
    code = ["entry", ("call.variadic", count, (0, 0), (), (4, 5)), ("return", (4, 5))]
    made.probe("call.variadic.none", *code, convention="0v_ii", calls=(), special=[Special(row, (), (0, 0))])
    return made


def optional() -> Suite:
    """An optional import that nobody binds."""
    made = Suite("optional", imports={"host.absent": IMPORTS["host.absent"]}, optional=frozenset({"host.absent"}))
    code: list[Line] = ["entry", ("import.resolved", imported(0), 1), ("cond_br", 0, "ask", (), "end", ()), "ask"]
    code += [("call", imported(0), (0,), (1,)), ("br", "end", ()), "end", ("return", (1,))]
    made.probe("ask", *code, convention="0i_i", calls=[(0,), (1,)])
    return made


def version_15() -> Suite:
    """MOVE is ignored on fixed operands and honoured in lists, but not in those of imports."""
    made = Suite("version15", version=15, rodata=(PATTERN,), global_refs=1, imports={"host.seen": ("0r_i", _seen)})
    same = made.define("entry", ("return", (ref(0, True),)), convention="0r_r")
    bodies: dict[str, tuple[Line, int, int]] = {
        # code, whether r0 is still there, whether r1 is
        "global.store.ref": (("global.store.ref", 0, BUFFER, ref(0, True)), 1, 0),
        "select.ref": (("select.ref", 0, BUFFER, ref(0, True), ref(0, True), ref(1)), 1, 1),
        "switch.ref": (("switch.ref", 0, BUFFER, ref(0), (ref(0, True),), ref(1)), 0, 1),
        "cast.any.ref": (("cast.any.ref", ref(0, True), BUFFER, ref(1)), 1, 1),
        "cmp.eq.ref": (("cmp.eq.ref", ref(0), ref(0), 20), 1, 0),
        "call": (("call", same, (ref(0, True),), (ref(1),)), 0, 1),
        "import": (("call", imported(0), (ref(0, True),), (20,)), 1, 0),
        "trace": (("trace", b"", (ref(0, True),)), 0, 0),
        "buffer.length": (("buffer.length", ref(0, True), 20), 1, 0),
    }
    for name, (line, first, second) in bodies.items():
        code: list[Line] = ["entry", *pick(0, 0), line, ("cmp.nz.ref", ref(0), 10), ("cmp.nz.ref", ref(1), 11)]
        special = [Special("version 15", (BYTES,), (first, second))]
        made.probe(f"15.{name}", *code, ("return", (10, 11)), convention="0i_ii", calls=(), special=special)
    code = ["entry", *pick(0, 0), ("br", "on", ((ref(0, True), ref(1)),)), "on", ("cmp.nz.ref", ref(0), 10)]
    code += [("cmp.nz.ref", ref(1), 11), ("return", (10, 11))]
    special = [Special("version 15", (BYTES,), (0, 1))]
    made.probe("15.br", *code, convention="0i_ii", calls=(), special=special)
    code = ["entry", *pick(0, 0), ("global.store.ref", 0, BUFFER, ref(0)), ("global.load.ref", 0, BUFFER, ref(1, True))]
    code += [("global.load.ref", 0, BUFFER, ref(2)), ("cmp.nz.ref", ref(1), 10), ("cmp.nz.ref", ref(2), 11)]
    special = [Special("version 15", (BYTES,), (1, 1))]
    made.probe("15.global.load.ref", *code, ("return", (10, 11)), convention="0i_ii", calls=(), special=special)
    return made


def _seen(value: Any) -> int:
    return int(value is not None)
