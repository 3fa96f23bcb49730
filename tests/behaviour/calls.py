"""Calls: argument mixes, recursion, imports, trace and print."""

from __future__ import annotations

import random
from typing import Any

from tests.behaviour.edges import Values, edges, product, to_bits
from tests.behaviour.state import BYTES, CONSTANT, NULL, PATTERN, SELECTORS, pick
from tests.behaviour.suite import Special, Suite
from tests.behaviour.witnesses import Imports
from tests.support.modules import imported, ref

Line = str | tuple[Any, ...]
KIND = {"i": "i32", "I": "i64", "f": "f32", "F": "f64"}


def _boom(value: int) -> int:
    raise RuntimeError(f"no {value}")


def _picky(value: int) -> int:
    raise {1: ValueError, 2: IndexError, 3: NotImplementedError, 4: TypeError}.get(value, KeyError)("no")


def _nothing(value: int) -> None:
    return None


IMPORTS: Imports = {
    "host.twice": ("0i_i", lambda x: 2 * x & 0x3FFFFFFF),
    "host.wide": ("0IIF_IF", lambda a, b, x: (a ^ b, x * 2)),
    "host.mix": ("0IFif_IFif", lambda a, b, c, d: (a, -b, -c, d / 2)),
    "host.note": ("0i_v", _nothing),
    "host.boom": ("0i_i", _boom),
    "host.picky": ("0i_i", _picky),
    "host.narrow": ("0iI_iI", lambda a, b: (a, b)),
}
NUMBER = {name: imported(index) for index, name in enumerate(IMPORTS)}


def suite() -> Suite:
    """The module."""
    made = Suite("calls", rodata=(PATTERN,), imports=IMPORTS)
    _mixes(made)
    _recursion(made)
    _references(made)
    _imports(made)
    _events(made)
    return made


def layout(kinds: str) -> list[int]:
    """Registers of values one after another, references in their own bank."""
    places, words, refs = [], 0, 0
    for kind in kinds:
        if kind == "r":
            places.append(ref(refs))
            refs += 1
            continue
        words += words & 1 if kind in "IF" else 0
        places.append(words)
        words += 2 if kind in "IF" else 1
    return places


def _mixes(made: Suite) -> None:
    """Callees that hand back what they get, in another order and from other registers."""
    chance = random.Random(17)
    mixes = ["iIfF", "FfIi", "iIiIiIiI", "fFiI" * 4, "ffff", "iiiiiiiiI", "F", "I" * 9]
    mixes += ["".join(chance.choice("iIfF") for _ in range(chance.randint(1, 12))) for _ in range(12)]
    for kinds in mixes:
        order = list(range(len(kinds)))
        chance.shuffle(order)
        places = layout(kinds)
        turned = "".join(kinds[k] for k in order)
        callee = made.define(
            "entry", ("return", tuple(places[k] for k in order)), convention=f"0{kinds}_{turned}", words=64
        )
        targets = [p + 40 for p in layout(turned)]
        code: list[Line] = ["entry", ("call", callee, tuple(places), tuple(targets)), ("return", tuple(targets))]
        values = [
            [v for v in edges(KIND[k])[:: 7 if k in "iI" else 11] if not _is_signalling(v, KIND[k])] for k in kinds
        ]
        made.probe(f"call.{kinds}", *code, convention=f"0{kinds}_{turned}", calls=product(values, 30), words=96)
        code = [
            "entry",
            ("call.yieldable", callee, tuple(places), "next", tuple(targets)),
            "next",
            ("return", tuple(targets)),
        ]
        made.probe(
            f"call.yieldable.{kinds}", *code, convention=f"0{kinds}_{turned}", calls=product(values, 10), words=96
        )
    # More operands in the return than results in the convention; results that overwrite arguments; results dropped.
    callee = made.define("entry", ("return", (0, 1, 2, ref(0))), convention="0iii_ii")
    code = ["entry", ("call", callee, (0, 1, 2), (1, 0)), ("return", (0, 1, 2, 3))]
    extra = [Special("extra results", (1, 2, 3), (2, 1, 3))]
    made.probe("call.extra", *code, convention="0iii_iii", calls=(), special=extra)
    callee = made.define("entry", ("return", (0, 1)), convention="0iii_ii")
    code = ["entry", ("call", callee, (0, 1, 2), (2, 2)), ("return", (0, 1, 2, 3))]
    made.probe("call.twice", *code, convention="0iii_iii", calls=[(1, 2, 3)])
    swap = made.define("entry", ("return", (2, 0)), convention="0II_II")
    code = ["entry", ("call", swap, (0, 2), (0, 2)), ("call", swap, (2, 0), (4, 6)), ("add.i64", 4, 0, 4)]
    made.probe(
        "call.swap", *code, ("return", (0, 2, 4, 6)), convention="0II_IIII", calls=product([edges("i64")[::8]] * 2, 40)
    )


def _is_signalling(bits: int, kind: str) -> bool:
    """Such a NaN does not survive a float that Python holds."""
    from tests.behaviour.edges import is_nan

    return is_nan(bits, kind) and not bits >> (22 if kind == "f32" else 51) & 1


def _recursion(made: Suite) -> None:
    zero, one = ("const.i32.zero", 2), ("const.i32", 1, 3)
    down: list[Line] = ["entry", zero, one, ("cmp.lt.i32.s", 0, 3, 4), ("cond_br", 4, "end", (), "on", ()), "end"]
    code: list[Line] = [*down, ("return", (0,)), "on", ("sub.i32", 0, 3, 5), ("call", made.next, (5,), (6,))]
    code += [("sub.i32", 5, 3, 5), ("call", made.next, (5,), (7,)), ("add.i32", 6, 7, 6), ("return", (6,))]
    made.probe("fibonacci", *code, convention="0i_i", calls=[(n,) for n in (-1, 0, 1, 2, 10, 15)])
    even, odd = made.next, made.next + 1
    for name, other, answer in (("even", odd, 3), ("odd", even, 2)):
        code = [*down, ("return", (answer,)), "on", ("sub.i32", 0, 3, 5), ("call", other, (5,), (6,)), ("return", (6,))]
        made.probe(name, *code, convention="0i_i", calls=[(n,) for n in (0, 1, 2, 7, 1000, 2001)])
    # All in one: a frame with references and wide values, results in other registers.
    code = ["entry", ("const.i32", 1, 20), ("cmp.lt.i32.s", 0, 20, 21), ("cond_br", 21, "end", (), "on", ()), "end"]
    code += [("return", (0, 2, ref(0))), "on", ("sub.i32", 0, 20, 5), ("ext.i32.i64.s", 0, 12), ("add.i64", 2, 12, 2)]
    code += [("call", made.next, (5, 2, ref(0, True)), (6, 10, ref(1))), ("return", (6, 10, ref(1, True)))]
    summing = made.define(*code, convention="0iIr_iIr")
    code = ["entry", ("const.ref.rodata", 0, ref(0)), ("call", summing, (0, 2, ref(0)), (4, 6, ref(1)))]
    code += [("buffer.load.i64", ref(1), 20, 20), ("return", (4, 6, 20))]
    made.probe("sum", *code, convention="0iI_iII", calls=[(0, 5), (1, 5), (900, 1 << 40)])
    # As deep as it goes.
    code = [*down, ("return", (0,)), "on", ("sub.i32", 0, 3, 5), ("call", made.next, (5,), (6,)), ("return", (6,))]
    depths: list[Values] = [(n,) for n in (10, 1000, 3000, 1, 100000, 10, 1 << 30, 3000)]
    deeper = [Special("stack depth", (4600,), (0,))]
    made.probe("deep", *code, convention="0i_i", calls=depths, special=deeper, words=8, refs=4)
    ping, pong = made.next, made.next + 1
    for name, other in (("ping", pong), ("pong", ping)):
        made.define(
            "entry", ("call", other, (0,), (0,)), ("return", (0,)), convention="0i_i", export=name, words=2, refs=1
        )
        made.add(name, "0i_i", [(1,), (2,)])


def _references(made: Suite) -> None:
    """References as arguments and results, moved or not."""
    same = made.define("entry", ("return", (ref(0),)), convention="0r_r")
    moved = made.define("entry", ("return", (ref(0, True),)), convention="0r_r")
    swapped = made.define("entry", ("return", (ref(1), ref(0, True))), convention="0rr_rr")
    doubled = made.define("entry", ("return", (ref(0), ref(0))), convention="0r_rr")
    lost = made.define("entry", ("const.ref.zero", ref(0)), ("return", (0,)), convention="0rir_i")
    told: list[Line] = []
    for at in range(4):
        told += [("cmp.eq.ref", ref(at), ref(5), 10 + 2 * at), ("cmp.nz.ref", ref(at), 11 + 2 * at)]
    results = ("return", tuple(range(10, 18)))
    calls = product([SELECTORS, [BYTES, CONSTANT, NULL]], 99)
    for take in (False, True):
        head: list[Line] = ["entry", *pick(0, 5), *pick(1, 1), ("assign.ref", ref(5), ref(0))]
        bodies: dict[str, list[Line]] = {
            "same": [("call", same, (ref(0, take),), (ref(2),))],
            "moved": [("call", moved, (ref(0, take),), (ref(2),))],
            "into itself": [("call", moved, (ref(0, take),), (ref(0),))],
            "swapped": [("call", swapped, (ref(0, take), ref(1, take)), (ref(0), ref(1)))],
            "twice given": [("call", swapped, (ref(0), ref(0, take)), (ref(2), ref(3)))],
            "doubled": [("call", doubled, (ref(0, take),), (ref(2), ref(3)))],
            "dropped": [("call", doubled, (ref(0, take),), (ref(2), ref(2)))],
            "lost": [("call", lost, (ref(0, take), 1, ref(1, take)), (8,))],
        }
        for name, body in bodies.items():
            label = f"call.refs.{name}{'.move' if take else ''}"
            made.probe(label, *head, *body, *told, results, convention="0ii_iiiiiiii", calls=calls)
        # In a loop, where the references are parameters of a block.
        code: list[Line] = [*head, ("const.i32", 3, 30), ("const.i32", 1, 31), ("br", "loop", ()), "loop"]
        code += [*bodies["swapped"], ("sub.i32", 30, 31, 30)]
        code += [
            ("cond_br", 30, "loop", ((ref(0, True), ref(3)), (ref(1, True), ref(0)), (ref(3, True), ref(1))), "out", ())
        ]
        name = f"call.refs.loop{'.move' if take else ''}"
        made.probe(name, *code, "out", *told, results, convention="0ii_iiiiiiii", calls=calls)
    failing = made.define("entry", ("fail", 0, b"inner"), "on", ("return", (ref(0),)), convention="0ir_r")
    code = [
        "entry",
        *pick(1, 0),
        ("call", failing, (0, ref(0, True)), (ref(1),)),
        ("cmp.nz.ref", ref(1), 4),
        ("return", (4,)),
    ]
    made.probe("call.failing", *code, convention="0ii_i", calls=product([[0, 3, 9], SELECTORS], 99))


def _imports(made: Suite) -> None:
    twice = ("call", NUMBER["host.twice"], (0,), (1,))
    code: list[Line] = ["entry", twice, ("call", NUMBER["host.twice"], (1,), (1,)), ("return", (0, 1))]
    made.probe("import.twice", *code, convention="0i_ii", calls=[(v,) for v in (0, 1, 77, 1 << 20)])
    code = ["entry", ("call.yieldable", NUMBER["host.twice"], (0,), "next", (1,)), "next", ("return", (0, 1))]
    made.probe("import.yieldable", *code, convention="0i_ii", calls=[(v,) for v in (0, 1, 77)])
    code = ["entry", ("call", NUMBER["host.wide"], (0, 2, 4), (6, 8)), ("return", (6, 8))]
    floats = [to_bits(x, "f64") for x in (0.0, -1.5, 1e300, 5e-324)]
    calls = product([[0, -1, 1 << 62, -(1 << 63)], [0, 12345], floats], 99)
    made.probe("import.wide", *code, convention="0IIF_IF", calls=calls)
    code = ["entry", ("call", NUMBER["host.mix"], (0, 2, 4, 5), (10, 12, 14, 15)), ("return", (10, 12, 14, 15))]
    calls = product([[5, -(1 << 40)], floats, [3, -4], [to_bits(2.5, "f32")]], 99)
    made.probe("import.mix", *code, convention="0IFif_IFif", calls=calls)
    code = ["entry", ("call", NUMBER["host.narrow"], (0, 2), (10, 12)), ("return", (10, 12))]
    special = [Special("import 64-bit arguments", (3, 1 << 40), (3, 1 << 40))]
    made.probe("import.narrow", *code, convention="0iI_iI", calls=(), special=special)
    code = ["entry", ("call", NUMBER["host.note"], (0,), ()), ("return", (0,))]
    made.probe("import.note", *code, convention="0i_i", calls=[(3,)])
    code = ["entry", ("call", NUMBER["host.boom"], (0,), (1,)), ("return", (1,))]
    made.probe("import.boom", *code, convention="0i_i", calls=[(3,), (4,)])
    code = ["entry", ("call", NUMBER["host.picky"], (0,), (1,)), ("return", (1,))]
    names = {1: "INVALID_ARGUMENT", 2: "OUT_OF_RANGE", 3: "UNIMPLEMENTED", 4: "INVALID_ARGUMENT"}
    special = [Special("exceptions of imports", (v,), name) for v, name in names.items()]
    made.probe("import.picky", *code, convention="0i_i", calls=[(9,)], special=special)
    code = ["entry", *(("import.resolved", NUMBER[name], at) for at, name in enumerate(IMPORTS))]
    made.probe("import.resolved", *code, ("return", tuple(range(len(IMPORTS)))), convention=f"0v_{'i' * len(IMPORTS)}")


def _events(made: Suite) -> None:
    """trace and print: nothing to see, but a MOVE in their list empties the register."""
    for name in ("trace", "print"):
        for take in (False, True):
            code: list[Line] = ["entry", *pick(0, 0), (name, b"event \xff */", (0, ref(0, take), 1)), (name, b"", ())]
            code += [("cmp.nz.ref", ref(0), 2), ("return", (0, 1, 2))]
            label = f"{name}{'.move' if take else ''}"
            made.probe(label, *code, convention="0ii_iii", calls=[(s, 7) for s in SELECTORS])
