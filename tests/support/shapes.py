"""Functions whose length or depth is a number: what every stage must take, at a cost that grows with it and no faster.

All take an i32 and give one, and end whatever they are given.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.support.modules import Code, build_module, function

Shape = Callable[[int], tuple[Code, int]]
"""The code for a size, and its registers.  Word 0 is the argument; the result is in it too."""


def nested_loops(n: int) -> tuple[Code, int]:
    """Loops of one or two turns inside each other."""
    code: Code = ["entry", ("const.i64.zero", 2), ("const.i64", 1, 4), ("const.i32", 1, 6)]
    code += [("and.i32", 0, 6, 7), ("ext.i32.i64.u", 7, 8), ("const.i32", 3, 10)]
    for k in range(n):
        w = 12 + 2 * k
        limit = 4 if k % max(1, n // 4) else 8
        code += [("br", f"h{k}", ((2, w), (3, w + 1))), f"h{k}", ("cmp.lt.i64.s", w, limit, 1)]
        code += [("cond_br", 1, f"b{k}", (), f"x{k}", ()), f"b{k}"]
    code += [("mul.i32", 0, 10, 0), ("xor.i32", 0, 6, 0)]
    for k in reversed(range(n)):
        w = 12 + 2 * k
        code += [("add.i32", 0, 10, 0), ("add.i64", w, 4, w), ("br", f"h{k}", ()), f"x{k}"]
    return [*code, ("return", (0,))], 12 + 2 * n


def loops(n: int) -> tuple[Code, int]:
    """Loops of three turns behind each other."""
    code: Code = ["entry", ("const.i64.zero", 2), ("const.i64", 1, 4), ("const.i64", 3, 6), ("const.i32", 5, 10)]
    for k in range(n):
        code += [("br", f"h{k}", ((2, 8), (3, 9))), f"h{k}", ("cmp.lt.i64.s", 8, 6, 1)]
        code += [("cond_br", 1, f"b{k}", (), f"x{k}", ()), f"b{k}", ("mul.i32", 0, 10, 0), ("add.i32", 0, 8, 0)]
        code += [("add.i64", 8, 4, 8), ("br", f"h{k}", ()), f"x{k}"]
    return [*code, ("return", (0,))], 12


def ways_out(n: int) -> tuple[Code, int]:
    """Tests that all leave for one place."""
    code: Code = ["entry"]
    for k in range(n):
        code += [("cond_br", 0, f"t{k}", (), "end", ()), f"t{k}", ("add.i32", 0, 0, 0)]
    return [*code, ("br", "end", ()), "end", ("return", (0,))], 8


def else_ifs(n: int) -> tuple[Code, int]:
    """`if (x == 1) …; else if (x == 2) …; else …`, all with the same subexpression."""
    code: Code = ["entry", ("const.i32", 7, 2)]
    for k in range(n):
        code += [("const.i32", k, 1), ("cmp.eq.i32", 0, 1, 3), ("cond_br", 3, f"t{k}", (), f"e{k}", ())]
        code += [f"t{k}", ("mul.i32", 0, 2, 4), ("xor.i32", 4, 1, 0), ("br", "end", ()), f"e{k}"]
    return [*code, ("br", "end", ()), "end", ("return", (0,))], 8


def ifs(n: int) -> tuple[Code, int]:
    """Conditions one behind the other."""
    code: Code = ["entry", ("const.i32", 3, 1), ("const.i32", 1, 2)]
    for k in range(n):
        code += [("and.i32", 0, 2, 3), ("cond_br", 3, f"t{k}", (), f"e{k}", ()), f"t{k}", ("mul.i32", 0, 1, 0)]
        code += [("br", f"j{k}", ()), f"e{k}", ("add.i32", 0, 1, 0), ("br", f"j{k}", ()), f"j{k}"]
    return [*code, ("return", (0,))], 8


def nested_ifs(n: int) -> tuple[Code, int]:
    """Conditions inside each other, with something to do behind each."""
    code: Code = ["entry", ("const.i32", 3, 1)]
    for k in range(n):
        code += [("cond_br", 0, f"t{k}", (), f"e{k}", ()), f"t{k}", ("mul.i32", 0, 1, 0)]
    for k in reversed(range(n)):
        code += [("br", f"e{k}", ()), f"e{k}", ("xor.i32", 0, 1, 0)]
    return [*code, ("return", (0,))], 8


def chain(n: int) -> tuple[Code, int]:
    """Operations on the argument and the last result."""
    return ["entry", ("const.i32", 3, 1), *(("add.i32", 1, 0, 1) for _ in range(n)), ("return", (1,))], 8


def doubling(n: int) -> tuple[Code, int]:
    """Operations on the last result and itself."""
    code = [("or.i32", 0, 0, 0) if k % 8 else ("xor.i32", 0, 1, 0) for k in range(n)]
    return ["entry", ("const.i32", 3, 1), *code, ("return", (0,))], 8


def irreducible(n: int) -> tuple[Code, int]:
    """Jumps to and fro without structure, 100 at most."""
    code: Code = ["entry", ("const.i32", 100, 1), ("const.i32", 1, 2), ("const.i32", 3, 4)]
    for k in range(n):
        targets = f"b{(k * 7 + 3) % n}", f"b{(k * 5 + 1) % n}"
        code += [("sub.i32", 1, 2, 1), ("and.i32", 0, 2, 3)]
        code += [("cond_br", 1, f"g{k}", (), "end", ()), f"g{k}", ("cond_br", 3, targets[0], (), targets[1], ())]
        code += [f"b{k}", ("mul.i32", 0, 4, 0), ("add.i32", 0, 1, 0)]
    return [*code, ("br", "end", ()), "end", ("return", (0,))], 8


def remaps(n: int) -> tuple[Code, int]:
    """Registers that change places around a loop, all at once."""
    code: Code = ["entry", *(("const.i32", k, k) for k in range(1, n))]
    code += [("const.i32", 5, n + 1), ("const.i32", 1, n + 2)]
    around = tuple((k, (k + 1) % n) for k in range(n))
    code += [("br", "loop", ()), "loop", ("sub.i32", n + 1, n + 2, n + 1), ("xor.i32", 0, n + 1, 0)]
    return [*code, ("cond_br", n + 1, "loop", around, "end", ()), "end", ("return", (0,))], n + 4


def table(n: int) -> tuple[Code, int]:
    """A choice among places."""
    code: Code = ["entry", ("br_table", 0, "default", (), tuple((f"t{k % 7}", ()) for k in range(n)))]
    for k in range(7):
        code += [f"t{k}", ("const.i32", k, 0), ("return", (0,))]
    return [*code, "default", ("return", (0,))], 8


def empty_blocks(n: int) -> tuple[Code, int]:
    """Jumps to jumps."""
    code: Code = ["entry", ("cond_br", 0, "b0", (), f"b{n // 2}", ())]
    for k in range(n):
        code += [f"b{k}", ("br", f"b{k + 1}", ())]
    return [*code, f"b{n}", ("return", (0,))], 8


def failures(n: int) -> tuple[Code, int]:
    """Statuses that are none."""
    code: Code = ["entry", ("const.i32", 3, 2)]
    for k in range(n):
        code += [("add.i32", 0, 2, 0), ("sub.i32", 0, 0, 1), ("fail", 1, b"no"), f"b{k}"]
    return [*code, ("return", (0,))], 8


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        *(nested_loops, loops, ways_out, else_ifs, ifs, nested_ifs, chain, doubling),
        *(irreducible, remaps, table, empty_blocks, failures),
    )
}


def image(shape: Shape, size: int) -> bytes:
    """A module with the function as its export `f`."""
    code, words = shape(size)
    return build_module([function(*code, convention="0i_i", export="f", words=words)])
