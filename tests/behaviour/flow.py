"""Control flow, register copies on edges, and 64-bit values taken apart through registers."""

from __future__ import annotations

import random
from typing import Any

from tests.behaviour.edges import Values, integers, product
from tests.behaviour.state import BYTES, CONSTANT, NULL, PATTERN, pick
from tests.behaviour.suite import Special, Suite
from tests.support.modules import ref

Line = str | tuple[Any, ...]

SMALL = [-3, -1, 0, 1, 2, 3, 5, 8]
FUEL = 60  # turns of a walk through a graph


def suite() -> Suite:
    """The module."""
    made = Suite("flow", rodata=(PATTERN,))
    _remaps(made)
    _ref_remaps(made)
    _branches(made)
    _graphs(made)
    _loops(made)
    _nests(made)
    _entered_twice(made)
    _bounds(made)
    _fails(made)
    _halves(made)
    return made


# ---- register copies ---------------------------------------------------------------------------------------------


def _remaps(made: Suite) -> None:
    """Copies happen one after another: (0->1),(1->0) makes two copies of register 0."""
    remaps = {
        "swap": ((0, 1), (1, 0)),
        "swap.back": ((1, 0), (0, 1)),
        "swap.scratch": ((0, 9), (1, 0), (9, 1)),
        "rotate": ((0, 1), (1, 2), (2, 3), (3, 0)),
        "rotate.back": ((3, 9), (2, 3), (1, 2), (0, 1), (9, 0)),
        "self": ((0, 0), (1, 1)),
        "twice": ((0, 1), (2, 1)),
        "uninitialised": ((30, 0), (31, 2)),
        "unread": ((0, 20), (1, 21)),
    }
    chance = random.Random(3)
    for number in range(20):
        remaps[f"random{number}"] = tuple(
            (chance.randrange(6), chance.randrange(6)) for _ in range(chance.randint(2, 8))
        )
    for name, remap in remaps.items():
        code: list[Line] = ["entry", ("br", "next", remap), "next", ("return", (0, 1, 2, 3, 4, 5))]
        calls = [(11, 22, 33, 44, 55, 66), (-1, 0, 1, 2, 3, 1 << 30)]
        made.probe(f"remap.{name}", *code, convention="0iiiiii_iiiiii", calls=calls, words=32)
        # The same in a loop, three times, so that the copies become parameters of a block.
        code = ["entry", ("const.i32", 3, 8), ("const.i32", 1, 7), ("br", "loop", ()), "loop", ("sub.i32", 8, 7, 8)]
        code += [("cond_br", 8, "loop", remap, "out", ()), "out", ("return", (0, 1, 2, 3, 4, 5))]
        made.probe(f"remap.loop.{name}", *code, convention="0iiiiii_iiiiii", calls=calls, words=32)
        # As pairs: half a value or crossing halves.
        code = ["entry", ("br", "next", remap), "next", ("add.i64", 0, 2, 6), ("return", (0, 2, 4, 6))]
        made.probe(
            f"remap.wide.{name}", *code, convention="0III_IIII", calls=product([integers(64)[::9]] * 3, 40), words=32
        )


def _ref_remaps(made: Suite) -> None:
    """The same for references, with moves."""
    chance = random.Random(5)
    remaps: list[tuple[tuple[int, int], ...]] = [
        ((ref(0), ref(1)), (ref(1), ref(0))),
        ((ref(0, True), ref(1)), (ref(1, True), ref(0))),
        ((ref(0, True), ref(2)), (ref(1, True), ref(0)), (ref(2, True), ref(1))),
        ((ref(0, True), ref(0)), (ref(1), ref(1))),
        ((ref(0, True), ref(1)), (ref(0), ref(2))),
        ((ref(3), ref(0)), (ref(3, True), ref(1))),
    ]
    for _ in range(20):
        moves = [(ref(chance.randrange(4), chance.random() < 0.5), ref(chance.randrange(4))) for _ in range(4)]
        remaps.append(tuple(moves))
    shown: list[Line] = []
    for target in range(4):
        shown += [
            ("cmp.eq.ref", ref(target), ref(5), 10 + 2 * target),
            ("cmp.eq.ref", ref(target), ref(6), 11 + 2 * target),
        ]
    results = ("return", tuple(range(10, 18)))
    calls = product([[NULL, BYTES, CONSTANT], [BYTES, CONSTANT]], 99)
    for number, remap in enumerate(remaps):
        head: list[Line] = [
            "entry",
            *pick(0, 5),
            *pick(1, 6),
            ("assign.ref", ref(5), ref(0)),
            ("assign.ref", ref(6), ref(1)),
        ]
        code = [*head, ("br", "next", remap), "next", *shown, results]
        made.probe(f"remap.refs.{number}", *code, convention="0ii_iiiiiiii", calls=calls)
        code = [*head, ("const.i32", 3, 30), ("const.i32", 1, 31), ("br", "loop", ()), "loop", ("sub.i32", 30, 31, 30)]
        code += [("cond_br", 30, "loop", remap, "out", ()), "out", *shown, results]
        made.probe(f"remap.refs.loop.{number}", *code, convention="0ii_iiiiiiii", calls=calls)
    # Registers emptied in a loop by instructions, each read on the next turn.
    emptying: dict[str, Line] = {
        "discard": ("discard.refs", (ref(0),)),
        "move": ("assign.ref", ref(0, True), ref(2)),
        "trace": ("trace", b"", (ref(0, True),)),
        "zero": ("const.ref.zero", ref(0)),
    }
    for name, line in emptying.items():
        code = ["entry", *pick(0, 5), *pick(1, 6), ("assign.ref", ref(5), ref(0)), ("assign.ref", ref(6), ref(1))]
        code += [("const.i32", 3, 30), ("const.i32", 1, 31), ("br", "loop", ()), "loop", ("cmp.nz.ref", ref(0), 33)]
        code += [("add.i32", 32, 33, 32), line, ("sub.i32", 30, 31, 30), ("cond_br", 30, "loop", (), "out", ()), "out"]
        made.probe(
            f"emptied.{name}", *code, *shown, ("return", (32, *range(10, 18))), convention="0ii_iiiiiiiii", calls=calls
        )


# ---- branches ----------------------------------------------------------------------------------------------------


def _branches(made: Suite) -> None:
    conditions = [0, 1, -1, 2, 1 << 16, -(1 << 31)]
    calls = [(c, 7, 9) for c in conditions]
    both: list[Line] = [
        "entry",
        ("cond_br", 0, "next", ((1, 3),), "next", ((2, 3), (1, 2))),
        "next",
        ("return", (1, 2, 3)),
    ]
    made.probe("cond_br.both", *both, convention="0iii_iii", calls=calls)
    same: list[Line] = ["entry", ("cond_br", 0, "next", (), "next", ()), "next", ("return", (1, 2))]
    made.probe("cond_br.same", *same, convention="0iii_ii", calls=calls)
    for name in ("br", "break"):
        code: list[Line] = ["entry", (name, "next", ((1, 0),)), "next", ("return", (0,))]
        made.probe(name, *code, convention="0iii_i", calls=calls)
    # The runtime's layout has a condition and ignores it; compilers leave it out, so no compiled module loads.
    code = ["entry", ("cond_break", 0, "next", ((1, 0),)), "next", ("return", (0, 1, 2))]
    made.probe("cond_break", *code, convention="0iii_iii", calls=calls)
    code = ["entry", ("yield", "next", ((1, 0), (0, 1))), "next", ("return", (0, 1, 2))]
    special = [Special("yield", (c, 7, 9), (7, 7, 9)) for c in conditions]
    made.probe("yield", *code, convention="0iii_iii", calls=(), special=special)

    indices = [(i, 100, 200) for i in (-(1 << 31), -1, 0, 1, 2, 3, 4, 5, 6, 7, (1 << 31) - 1)]
    out: list[Line] = ["a", ("return", (1,)), "b", ("add.i32", 1, 2, 1), ("br", "a", ()), "c", ("return", (2,))]
    tables: dict[str, tuple[tuple[str, tuple[tuple[int, int], ...]], ...]] = {
        "empty": (),
        "one": (("b", ()),),
        "same": (("a", ()), ("a", ()), ("a", ())),
        "mixed": (("a", ()), ("b", ()), ("c", ((1, 2),)), ("a", ((2, 1),)), ("b", ((1, 2),)), ("a", ()), ("c", ())),
    }
    for name, cases in tables.items():
        for default in ("a", "b", "c"):
            code = ["entry", ("br_table", 0, default, ((0, 1),), cases), *out]
            made.probe(f"br_table.{name}.{default}", *code, convention="0iii_i", calls=indices)
    # Nobody comes to some blocks; they may even branch to others that are in use.
    code = ["entry", ("br", "c", ()), "dead", ("br_table", 0, "a", (), (("b", ()), ("dead", ()))), *out]
    made.probe("unreachable", *code, convention="0iii_i", calls=indices[:3])
    # The first block may be jumped to.
    code = ["entry", ("add.i32", 1, 2, 1), ("const.i32", 1, 3), ("sub.i32", 0, 3, 0), ("cmp.lt.i32.s", 0, 3, 4)]
    code += [("cond_br", 4, "out", (), "entry", ()), "out", ("return", (0, 1, 2))]
    made.probe("entry.loop", *code, convention="0iii_iii", calls=[(n, 7, 9) for n in (-1, 0, 1, 2, 10)])


# ---- graphs ------------------------------------------------------------------------------------------------------


def walk(edges: list[tuple[int, ...]], fuel: int = FUEL) -> list[Line]:
    """A walk through a graph whose way depends on i0: every node mixes its number into i1 and burns fuel (i2).

    A node with one edge jumps, with two branches on a bit of i0 (turned by one place), with more takes a table.
    """
    code: list[Line] = ["entry", ("const.i32", fuel, 2), ("const.i32", 1, 3), ("const.i32", 31, 4), ("br", "n0", ())]
    for number, targets in enumerate(edges):
        code += [f"n{number}", ("mul.i32", 1, 4, 1), ("const.i32", number + 1, 5), ("add.i32", 1, 5, 1)]
        code += [("sub.i32", 2, 3, 2), ("cond_br", 2, f"m{number}", (), "out", ()), f"m{number}"]
        code += [("shr.i32.u", 0, 3, 6), ("shl.i32", 0, 4, 7), ("or.i32", 6, 7, 0)]
        if not targets:
            code.append(("br", "out", ()))
        elif len(targets) == 1:
            code.append(("br", f"n{targets[0]}", ()))
        elif len(targets) == 2:
            code += [("and.i32", 0, 3, 5), ("cond_br", 5, f"n{targets[0]}", (), f"n{targets[1]}", ((1, 8), (8, 1)))]
        else:
            cases = tuple((f"n{t}", ()) for t in targets[1:])
            code += [("const.i32", 3, 5), ("and.i32", 0, 5, 5), ("br_table", 5, f"n{targets[0]}", (), cases)]
    return [*code, "out", ("return", (0, 1, 2))]


GRAPHS: dict[str, list[tuple[int, ...]]] = {
    "chain": [(1,), (2,), (3,), ()],
    "diamond": [(1, 2), (3,), (3,), ()],
    "self loop": [(0, 1), ()],
    "two entries": [(1, 2), (2, 3), (1, 3), ()],
    "entered in the middle": [(1, 3), (2,), (3,), (4, 1), ()],
    "irreducible nest": [(1, 2), (3,), (3, 4), (1, 5), (2, 5), (0, 6), ()],
    "nested loops": [(1,), (2, 6), (3, 5), (2, 4), (3, 1), (1,), ()],
    "shared latch": [(1,), (2, 3), (4,), (4,), (1, 0), ()],
    "exits of exits": [(1, 5), (2, 4), (3, 0), (1, 5), (5, 0), ()],
    "switch in loop": [(1,), (2, 3, 4, 5), (1,), (0,), (1, 5), ()],
    "switch over loops": [(1, 2, 3, 4), (1, 4), (2, 0), (3, 1), (0, 5), ()],
    "clique": [tuple(range(4))] * 4,
    "clique without self": [tuple(t for t in range(4) if t != n) for n in range(4)],
}


def _graphs(made: Suite) -> None:
    chance = random.Random(11)
    graphs = dict(GRAPHS)
    for number in range(60):
        size = chance.randint(3, 9)
        graphs[f"random{number}"] = [
            tuple(chance.randrange(size) for _ in range(chance.choice((0, 1, 1, 2, 2, 2, 3, 4)))) for _ in range(size)
        ]
    calls: list[Values] = [(w, 1) for w in (0, -1, 0x55555555, 0x12345678, -0x12345678, 0x0F0F3C5A, 77, 1 << 31)]
    calls = [(w - (1 << 32) if w >= 1 << 31 else w, n) for w, n in calls]
    for name, edges in graphs.items():
        made.probe(f"graph.{name}", *walk(edges), convention="0ii_iii", calls=calls)


def _loops(made: Suite) -> None:
    """Counting loops of every kind of counter, direction and comparison."""
    for compare in ("lt.i32.s", "lt.i32.u", "ne.i32", "eq.i32"):
        for step in (1, -1, 3):
            # i0: from, i1: to; i2 sums; at most 50 turns
            code: list[Line] = ["entry", ("const.i32", step, 3), ("const.i32", 50, 5), ("const.i32", -1, 6)]
            code += [("br", "head", ((0, 4),)), "head", (f"cmp.{compare}", 4, 1, 7), ("and.i32", 7, 5, 8)]
            code += [("cond_br", 8, "body", (), "out", ()), "body", ("add.i32", 2, 4, 2), ("add.i32", 5, 6, 5)]
            code += [("add.i32", 4, 3, 4), ("br", "head", ()), "out", ("return", (2, 4, 5))]
            made.probe(f"loop.{compare}.{step}", *code, convention="0iii_iii", calls=product([SMALL, SMALL, [0]], 99))
    # i64 counter against a bound, float sum, counter used behind the loop, two counters of which one feeds the other
    code = ["entry", ("const.i64", 1, 6), ("const.f64.zero", 8), ("const.i64.zero", 4), ("br", "head", ()), "head"]
    code += [("cmp.lt.i64.s", 0, 2, 10), ("cond_br", 10, "body", ((0, 4), (1, 5)), "out", ()), "body"]
    code += [("cast.si64.f64", 0, 12), ("add.f64", 8, 12, 8), ("add.i64", 0, 6, 0), ("br", "head", ())]
    code += ["out", ("return", (0, 4, 8))]
    made.probe("loop.wide", *code, convention="0II_IIF", calls=product([[-3, 0, 5], [-4, 0, 4, 9]], 99))
    # Fibonacci through parallel parameters, float and integer in one loop, and a do-while
    code = ["entry", ("const.i64.zero", 2), ("const.i64", 1, 4), ("const.f32", 0x3F000000, 6), ("const.i32", 1, 7)]
    code += [("br", "body", ()), "body", ("add.i64", 2, 4, 8), ("cast.si64.f32", 8, 10), ("mul.f32", 10, 6, 6)]
    code += [("sub.i32", 0, 7, 0), ("cmp.lt.i32.s", 0, 7, 11)]
    code += [("cond_br", 11, "out", (), "body", ((4, 2), (5, 3), (8, 4), (9, 5))), "out", ("return", (2, 4, 8, 6))]
    made.probe("loop.parallel", *code, convention="0i_IIIf", calls=[(n,) for n in (0, 1, 2, 5, 20, 60)])
    # a counter that the loop around goes on with; that one ends after i0 turns
    code = ["entry", ("const.i32", 1, 2), ("const.i32", 5, 4), ("br", "outer", ()), "outer", ("sub.i32", 0, 2, 0)]
    code += [("add.i32", 3, 1, 3), ("mul.i32", 3, 4, 3), ("cond_br", 0, "inner", (), "out", ()), "inner"]
    code += [("cmp.lt.i32.s", 1, 0, 5), ("cond_br", 5, "body", (), "outer", ()), "body", ("add.i32", 1, 2, 1)]
    code += [("br", "inner", ()), "out", ("return", (1, 3))]
    made.probe("loop.hands on", *code, convention="0i_ii", calls=[(n,) for n in (1, 2, 5, 9)])


def _nests(made: Suite) -> None:
    """Loops in loops, thirty deep ifs, and switches that leave or continue loops around them."""
    depth = 6
    code: list[Line] = ["entry", ("const.i32", 1, 20), ("br", "h0", ())]
    for level in range(depth):
        last = f"h{level + 1}" if level + 1 < depth else "body"
        start = ((30, 3 + level),) if level + 1 < depth else ()
        code += [f"h{level}", ("cmp.lt.i32.s", 2 + level, 0, 21)]
        code += [("cond_br", 21, last, start, f"x{level}", ())]
    code += ["body", ("add.i32", 1, 20, 1), ("br", f"i{depth - 1}", ())]
    for level in reversed(range(depth)):
        code += [f"i{level}", ("add.i32", 2 + level, 20, 2 + level), ("br", f"h{level}", ())]
        code += [f"x{level}", ("br", f"i{level - 1}", ()) if level else ("return", (1, 2))]
    made.probe("nest.loops", *code, convention="0i_ii", calls=[(n,) for n in (0, 1, 2, 3)], words=32)

    code = ["entry", ("const.i32", 1, 2), ("br", "c0", ())]
    for level in range(30):
        code += [f"c{level}", ("const.i32", level, 3), ("shr.i32.u", 0, 3, 4), ("and.i32", 4, 2, 4)]
        code += [("add.i32", 1, 4, 1), ("cond_br", 4, f"c{level + 1}", ((1, 5),), f"d{level}", ((5, 6),))]
    code += ["c30", ("return", (1, 5, 6))]
    for level in reversed(range(30)):
        code += [
            f"d{level}",
            ("const.i32", 3, 3),
            ("mul.i32", 1, 3, 1),
            ("br", f"d{level - 1}" if level else "c30", ()),
        ]
    masks = [0, 1, 3, 0x3FFFFFFF, 0x1FFFFFFF, 0x7FFF, 0x7FFEFFF]
    made.probe("nest.ifs", *code, convention="0ii_iii", calls=[(m, 5) for m in masks])

    # for i in range(n): switch (i + k) & 3: continue / break / leave the outer loop / go on
    code = ["entry", ("const.i32", 1, 10), ("const.i32", 3, 11), ("br", "outer", ()), "outer", ("add.i32", 2, 10, 2)]
    code += [
        ("cmp.lt.i32.s", 2, 0, 12),
        ("cond_br", 12, "inner", ((20, 3),), "out", ()),
        "inner",
        ("add.i32", 3, 10, 3),
    ]
    code += [("cmp.lt.i32.s", 0, 3, 12), ("cond_br", 12, "outer", (), "turn", ()), "turn", ("add.i32", 3, 1, 4)]
    code += [("add.i32", 4, 2, 4), ("and.i32", 4, 11, 4), ("mul.i32", 5, 11, 5), ("add.i32", 5, 4, 5)]
    code += [("br_table", 4, "go", (), (("inner", ()), ("outer", ((5, 6),)), ("early", ((3, 7),)), ("go", ((3, 8),))))]
    code += ["go", ("add.i32", 5, 10, 5), ("br", "inner", ()), "early", ("cmp.eq.i32", 2, 11, 12)]
    code += [("cond_br", 12, "out", ((11, 9),), "inner", ()), "out", ("return", (2, 3, 5, 6, 7, 8, 9))]
    calls = product([[0, 1, 2, 4, 9], [0, 1, 2, 3, -1]], 99)
    made.probe("nest.switch", *code, convention="0ii_iiiiiii", calls=calls, words=32)


def _entered_twice(made: Suite) -> None:
    """Loops over a buffer in a loop that is entered at its head and at its latch; what follows them is that latch."""
    code: list[Line] = ["entry", ("const.i64.zero", 2), ("const.i64", 1, 6), ("const.i64", 5, 8), ("const.i64", 6, 10)]
    code += [("const.i64", 140, 20), ("const.i32", 16, 22), ("buffer.alloc", 20, 22, ref(0)), ("const.i64.zero", 24)]
    code += [("cond_br", 0, "latch", (), "head", ()), "head", ("cmp.lt.i64.s", 2, 10, 12)]
    code += [("cond_br", 12, "row", (), "out", ()), "row", ("const.i64.zero", 4), ("mul.i64", 2, 8, 14)]
    code += [("br", "column", ()), "column", ("cmp.lt.i64.s", 4, 8, 12), ("cond_br", 12, "store", (), "latch", ())]
    code += ["store", ("add.i64", 14, 4, 16), ("buffer.store.i32", ref(0), 16, 1), ("add.i64", 4, 6, 4)]
    code += [("br", "column", ()), "latch", ("add.i64", 2, 6, 2), ("br", "head", ()), "out"]
    # Loops one behind the other: their counters have the same letter in C.
    for again, more, done in (("again", "more", "done"), ("third", "last", "end")):
        code += [("const.i64.zero", 4), ("br", again, ()), again, ("cmp.lt.i64.s", 4, 8, 12)]
        code += [("cond_br", 12, more, (), done, ()), more, ("buffer.load.i32", ref(0), 4, 16)]
        code += [("add.i32", 16, 0, 16), ("buffer.store.i32", ref(0), 4, 16), ("add.i64", 4, 6, 4)]
        code += [("br", again, ()), done]
    code.append(("buffer.hash", ref(0), 24, 20, 26))
    calls: list[Values] = [(selected, 7) for selected in (0, 1)]
    made.probe("nest.entered twice", *code, ("return", (26,)), convention="0ii_I", calls=calls, words=32, refs=1)


def _bounds(made: Suite) -> None:
    """The counter of a loop over a buffer is the first bound of the next loop, which changes it."""
    code: list[Line] = ["entry", ("const.i64.zero", 2), ("const.i64.zero", 4), ("const.i64", 1, 6), ("const.i64", 7, 8)]
    code += [("const.i64", 140, 20), ("const.i32", 16, 22), ("buffer.alloc", 20, 22, ref(0)), ("const.i64.zero", 24)]
    code += [("br", "fill", ()), "fill", ("cmp.lt.i64.s", 4, 8, 12), ("cond_br", 12, "one", (), "next", ()), "one"]
    code += [("buffer.store.i32", ref(0), 4, 0), ("add.i64", 4, 6, 4), ("br", "fill", ()), "next"]
    code += [("cmp.lt.i64.s", 2, 4, 12), ("cond_br", 12, "more", (), "out", ()), "more"]
    code += [("buffer.store.i32", ref(0), 2, 12), ("add.i64", 2, 6, 2), ("sub.i64", 4, 6, 4), ("br", "next", ())]
    code += ["out", ("buffer.hash", ref(0), 24, 20, 26), ("return", (2, 4, 26))]
    made.probe("nest.bounds", *code, convention="0i_III", calls=[(5,), (-1,)], words=32, refs=1)


def _fails(made: Suite) -> None:
    codes = [*range(1, 17), 18, 19, 31, 33, -1, 1 << 30 | 3]
    code: list[Line] = ["entry", ("add.i32", 1, 1, 2), ("fail", 0, b'said "so" \\ %d \n'), "next", ("return", (2,))]
    deferred = [Special("fail with DEFERRED", (c, 4), "UNKNOWN") for c in (17, 49, -15)]
    blank = [Special("fail without a code", (c, 4), "UNKNOWN") for c in (32, 64, -(1 << 31), -32)]
    calls = [(c, 4) for c in (0, *codes)]
    made.probe("fail", *code, convention="0ii_i", calls=calls, special=[*deferred, *blank])
    code = ["entry", ("const.i32", 9, 2), ("cond_br", 0, "bad", (), "good", ()), "bad", ("fail", 2, b""), "good"]
    made.probe("fail.branch", *code, ("return", (1,)), convention="0ii_i", calls=[(0, 4), (1, 4)])
    code = ["entry", ("cond_br", 0, "end", (), "good", ()), "good", ("return", (1,)), "end", ("fail", 1, b"at the end")]
    special = [Special("fail at the end", (1, 0), "INTERNAL")]
    made.probe("fail.end", *code, convention="0ii_i", calls=[(0, 4), (1, 4)], special=special)


# ---- halves ------------------------------------------------------------------------------------------------------


def _halves(made: Suite) -> None:
    """64-bit values whose registers are also read and written as words."""
    wide = integers(64)[::4]
    probes: dict[str, list[Line]] = {
        "read": [("add.i32", 0, 1, 4), ("xor.i32", 2, 1, 5)],
        "write low": [("const.i32", 7, 0), ("add.i64", 0, 2, 4)],
        "write high": [("const.i32", -7, 1), ("add.i64", 0, 2, 4)],
        "cross": [("br", "b", ((0, 8), (3, 0), (8, 3))), "b", ("add.i64", 0, 2, 4)],
        "low of one": [("br", "b", ((0, 4), (3, 5))), "b", ("add.i64", 4, 2, 4)],
        "trunc into self": [("trunc.i64.i32", 0, 1), ("add.i64", 0, 2, 4)],
        "extend into self": [("ext.i32.i64.s", 1, 0), ("ext.i32.i64.u", 2, 4)],
        "float halves": [
            ("cast.si64.f64", 0, 4),
            ("add.i32", 5, 2, 5),
            ("ext.f32.f64", 5, 6),
            ("br", "b", ((6, 0),)),
            "b",
        ],
        "pair of floats": [("cast.si32.f32", 0, 4), ("cast.si32.f32", 2, 5), ("add.i64", 4, 0, 0)],
        "uninitialised": [("add.i64", 10, 0, 4), ("add.i32", 12, 3, 6)],
        "select halves": [("select.i32", 0, 1, 2, 4), ("select.i64", 3, 0, 2, 6), ("switch.i32", 1, 6, (4, 7), 5)],
        "overlap": [("mul.i64", 0, 2, 2), ("add.i32", 2, 3, 2), ("sub.i64", 0, 2, 0)],
        "ctlz": [("ctlz.i64", 0, 4), ("shl.i64", 2, 4, 2), ("shr.i64.s", 0, 5, 0)],
    }
    for name, lines in probes.items():
        code: list[Line] = ["entry", *lines, ("return", (0, 2, 4, 6))]
        made.probe(f"halves.{name}", *code, convention="0II_IIII", calls=product([wide, wide], 80))
        code = ["entry", ("const.i32", 4, 20), ("const.i32", 1, 21), ("br", "turn", ()), "turn", *lines]
        code += [("sub.i32", 20, 21, 20), ("cond_br", 20, "turn", (), "out", ()), "out", ("return", (0, 2, 4, 6))]
        made.probe(f"halves.loop.{name}", *code, convention="0II_IIII", calls=product([wide, wide], 80))
    # A loop whose parameters are halves of different values: (low, high) pairs that drift apart.
    code = ["entry", ("const.i32", 5, 20), ("const.i32", 1, 21), ("br", "turn", ()), "turn", ("add.i64", 0, 2, 4)]
    code += [("sub.i32", 20, 21, 20), ("cond_br", 20, "turn", ((5, 0), (4, 3), (0, 2)), "out", ((1, 6), (2, 7))), "out"]
    made.probe("halves.drift", *code, ("return", (0, 2, 4, 6)), convention="0II_IIII", calls=product([wide, wide], 80))
    # Through a real double convention.
    code = [
        "entry",
        ("add.f64", 0, 2, 4),
        ("xor.i32", 5, 1, 5),
        ("br", "b", ((5, 1), (4, 2))),
        "b",
        ("return", (0, 2, 4)),
    ]
    made.probe(
        "halves.f64", *code, convention="0FF_FFF", calls=product([[0, 1 << 62, -(1 << 60), 12345 << 40]] * 2, 99)
    )
