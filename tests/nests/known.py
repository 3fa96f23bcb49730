"""Nests that once went wrong, or easily could."""

from __future__ import annotations

from tests.nests.kernel import Expression, For, Kernel, Let, Load, Statement, Store, Var, number, op
from tests.nests.suite import NULL, SLOTS, Call, Case, Suite, slots

I, J, K, N, M, B = (Var(name) for name in "ijknmb")  # noqa: E741
F32, INT = slots("f32", 2048, mutable=True)[0], slots("int", 2048, mutable=True)[0]
SHORT = next(n for n, s in enumerate(SLOTS) if (s.kind, s.length) == ("f32", 268))
OTHER = slots("f32", 2048, mutable=True)[1]
CONSTANT = next(n for n, s in enumerate(SLOTS) if s.kind == "f32" and not s.mutable)
MOST = (1 << 63) - 1


def loop(counter: str, bound: Expression | int, *body: Statement, first: int = 0, step: int = 1) -> For:
    limit = number(bound) if isinstance(bound, int) else bound
    return For(counter, number(first), limit, number(step), body)


def suite() -> Suite:
    """All of them."""
    made = Suite("known")
    for family, buffers, params, body, calls in CASES:
        kernel = Kernel(f"k{len(made.cases)}", buffers, params, body)
        made.cases.append(Case(kernel, calls, family))
    return made


def _load(buffer: int, index: Expression, element: str = "f32") -> Load:
    return Load(buffer, element, index)


def _add(index: Expression, term: Expression) -> Store:
    return Store(0, "f32", index, op("add.f32", _load(0, index), term))


def _narrow(load: str, store: str, mnemonic: str, *, reduced: bool) -> tuple[Statement, ...]:
    where = I if reduced else op("fma.i64", I, number(16), J)
    sum_ = op("add.i32", _load(0, where, load), _load(1, op("fma.i64", I, number(16), J), load))
    term = op(mnemonic, sum_, number(100, "i32"))
    return (loop("i", N, loop("j", 16, Store(0, store, where, term))),)


_ROW = op("fma.i64", I, number(16), J)
_FLIP = op("bitcast.i32.f32", op("xor.i32", _load(0, I, "i32"), number(-(1 << 31), "i32")))
_PRODUCT = op("mul.f32", _load(1, op("fma.i64", I, number(8), K)), _load(2, op("fma.i64", K, number(16), J)))
_WIDE = 1 << 40
_STRIDES = (
    *(((m, k, n), True) for m, k, n in ((20, 8, 20), (21, 1, 3), (19, 8, 20), (12, 0, 12), (0, 0, 0), (1, 1, 1))),
    *(((m, k, n), True) for m, k, n in ((40, 0, 0), (-20, 8, 20), (20, -1, 1), (20, 8, 1 << 20))),
    *(((m, k, n), False) for m in (1 << 61, 1 << 62, -1 << 63) for k, n in ((1, 1), (1 << 62, 1), (4, 1 << 61))),
)
"""For two strides and a third one: those that fit, that meet an element twice, that go backwards and that wrap."""


def _channels(count: int) -> tuple[Statement, ...]:
    """A depthwise convolution whose filter is packed, and whose image is not, although both vary along the lanes."""
    place = op("fma.i64", I, number(16), J)
    image = op("add.i64", op("mul.i64", K, number(16)), place)
    weight = op("fma.i64", J, number(7), K)
    term = op("mul.f32", _load(1, image), _load(2, weight))
    return (loop("i", 7, loop("j", count, loop("k", 7, _add(place, term)))),)


def _free(left: Expression, right: Expression) -> Expression:
    """A product of operands with these strides from row to row and from turn to turn."""
    return op("mul.f32", _load(1, op("fma.i64", I, left, K)), _load(2, op("fma.i64", K, right, J)))


def _dot(stride: Expression) -> Statement:
    """An element of a matrix, whose rows are so far apart, times a vector."""
    return _add(I, op("mul.f32", _load(1, op("fma.i64", I, stride, K)), _load(2, K)))


def _exponential(place: Expression) -> Expression:
    return op("exp.f32", op("sub.f32", _load(1, place), _load(2, I)))


CASES: tuple[tuple[str, int, tuple[str, ...], tuple[Statement, ...], tuple[Call, ...]], ...] = (
    (
        "the element loaded outside the loop that stores it: no running value",
        2,
        ("n",),
        (
            loop(
                "i",
                N,
                Let("x", _load(0, I)),
                loop("j", 16, Store(0, "f32", I, op("add.f32", Var("x", "f32"), _load(1, _ROW)))),
            ),
        ),
        (Call((F32, OTHER), (16,)), Call((SHORT, OTHER), (100,))),
    ),
    (
        "a load outside a loop without turns fails all the same",
        2,
        ("n", "m"),
        (loop("i", N, Let("x", _load(1, I)), loop("j", M, Store(0, "f32", _ROW, Var("x", "f32")))),),
        (
            Call((F32, SHORT), (8, 16)),
            Call((F32, SHORT), (100, 0)),
            Call((F32, NULL), (4, 0)),
            Call((F32, NULL), (0, 4)),
        ),
    ),
    (
        "a load outside a loop that never has a turn",
        2,
        ("n",),
        (loop("i", N, Let("x", _load(1, I)), loop("j", 0, Store(0, "f32", _ROW, Var("x", "f32")))),),
        (Call((F32, SHORT), (8,)), Call((F32, SHORT), (100,)), Call((F32, NULL), (1,))),
    ),
    *(
        (
            f"{rows} rows of {columns} columns, {turns} turns of the reduction",
            3,
            (),
            (loop("i", rows, loop("j", columns, loop("k", turns, _add(_ROW, _PRODUCT)))),),
            (Call((F32, OTHER, CONSTANT), ()),),
        )
        for rows, columns, turns in ((0, 16, 8), (8, 0, 8), (8, 16, 0))
    ),
    (
        "one element again and again, or never",
        2,
        (),
        (loop("i", 0, loop("j", 0, _add(op("mul.i64", I, number(0)), _load(1, op("mul.i64", I, number(0)))))),),
        (Call((F32, OTHER), ()),),
    ),
    (
        "elements far apart, and none of them",
        2,
        (),
        (loop("i", 0, loop("k", 8, _add(op("mul.i64", I, number(3)), _load(1, op("fma.i64", I, number(5), K))))),),
        (Call((F32, OTHER), ()),),
    ),
    (
        "the stored element read as another type",
        1,
        ("n",),
        (loop("i", N, Store(0, "f32", I, op("cast.si32.f32", _load(0, I, "i32")))),),
        (Call((F32,), (40,)),),
    ),
    (
        "the running value read as another type",
        1,
        ("n",),
        (loop("i", N, loop("j", 3, Store(0, "f32", I, _FLIP))),),
        (Call((F32,), (40,)),),
    ),
    *(
        (
            f"a byte loaded {load} and stored, {mnemonic}{', running' if reduced else ''}",
            2,
            ("n",),
            _narrow(load, load[:-2], mnemonic, reduced=reduced),
            (Call((INT, INT + 1), (16,)), Call((INT, INT + 1), (5,), 64)),
        )
        for load in ("i8.u", "i8.s", "i16.u", "i16.s")
        for mnemonic in ("add.i32", "max.i32.s", "max.i32.u", "mul.i32")
        for reduced in (False, True)
    ),
    (
        "a counter that wraps behind a constant bound goes on below it",
        2,
        ("b",),
        (
            loop(
                "i", MOST, Store(0, "f32", op("sub.i64", I, B), _load(1, op("sub.i64", I, B))), first=MOST - 10, step=4
            ),
        ),
        (Call((F32, OTHER), (MOST - 10,), 0, False), Call((SHORT, OTHER), (MOST - 10,), 0, False)),
    ),
    (
        "a counter that wraps behind a bound from outside",
        2,
        ("n", "b"),
        (For("i", B, N, number(4), (Store(0, "f32", op("sub.i64", I, B), _load(1, op("sub.i64", I, B))),)),),
        (Call((F32, OTHER), (MOST, MOST - 10), 0, False), Call((SHORT, OTHER), (MOST - 20, MOST - 40), 0)),
    ),
    (
        "strides beyond 64 bits",
        2,
        ("n",),
        (loop("i", N, Store(0, "f32", op("mul.i64", I, number(_WIDE)), _load(1, number(3))), step=1 << 30),),
        (Call((F32, OTHER), (1,), 0, False), Call((F32, OTHER), (1 << 36,), 0, False)),
    ),
    (
        "as many turns as do not fit in 64 bits",
        2,
        (),
        (loop("i", 1 << 40, loop("j", 1 << 40, Store(0, "f32", op("fma.i64", I, number(_WIDE), J), _load(1, I)))),),
        (Call((SHORT, OTHER), (), 0),),
    ),
    (
        "a negative offset",
        2,
        ("n", "b"),
        (loop("i", N, Store(0, "f32", op("sub.i64", B, I), _load(1, I))),),
        (Call((F32, OTHER), (8, 7)), Call((F32, OTHER), (9, 7), 0, False)),
    ),
    *(
        (f"{count} lanes, one operand packed", 3, (), _channels(count), (Call((F32, OTHER, CONSTANT), ()),))
        for count in (16, 13)
    ),
    (
        "every target that cannot be written",
        2,
        ("n",),
        (loop("i", N, _add(I, _load(1, I))),),
        tuple(Call((target, OTHER), (n,)) for target in (CONSTANT, NULL, SHORT) for n in (0, 4, 100)),
    ),
    (
        "the same buffer read and written at every distance",
        2,
        ("n", "b"),
        (
            loop(
                "i",
                N,
                Store(
                    0,
                    "f32",
                    op("add.i64", I, number(40)),
                    op("add.f32", _load(1, op("add.i64", I, B)), number(1, "f32")),
                ),
            ),
        ),
        tuple(Call((F32, F32), (24, base)) for base in range(12, 68)),
    ),
    (
        "a store that meets an element twice",
        2,
        ("n", "m"),
        (
            loop(
                "i",
                N,
                loop(
                    "j", M, Store(0, "f32", op("fma.i64", I, number(4), J), op("add.f32", _load(1, _ROW), _load(1, J)))
                ),
            ),
        ),
        tuple(Call((F32, OTHER), (8, m)) for m in range(9)),
    ),
    (
        "one loop only as digits, one of them with a single value",
        2,
        ("n",),
        (
            loop(
                "all",
                op("mul.i64", N, number(5)),
                Let("i", op("div.i64.s", Var("all"), number(5))),
                Let("k", op("rem.i64.s", Var("all"), number(1))),
                Let("j", op("rem.i64.s", Var("all"), number(5))),
                Store(
                    0, "f32", op("add.i64", op("fma.i64", J, number(7), I), K), _load(1, op("fma.i64", I, number(5), J))
                ),
            ),
        ),
        (Call((F32, OTHER), (7,)), Call((F32, OTHER), (0,)), Call((F32, OTHER), (1,)), Call((F32, SHORT), (20,))),
    ),
    *(
        (
            f"strides that are values, {what}",
            3,
            ("m", "k", "n"),
            (loop("i", 12, loop("j", 20, loop("k", 8, _add(place, _free(*strides))))),),
            tuple(
                Call((F32, other, CONSTANT), values, 0, exact)
                for values, exact in _STRIDES
                for other in (OTHER, SHORT)
            ),
        )
        for what, place, strides in (
            ("rows", op("fma.i64", I, M, J), (M, N)),
            ("columns", op("fma.i64", J, M, I), (K, M)),
            ("multiples", op("fma.i64", I, op("mul.i64", M, number(2)), J), (op("mul.i64", M, N), N)),
        )
    ),
    (
        "two stores: apart, in one buffer, out of bounds, read-only, and of what the other one loads",
        3,
        ("n", "b"),
        (
            loop(
                "i",
                N,
                Let("x", op("add.f32", _load(0, I), _load(2, op("add.i64", I, B)))),
                Store(0, "f32", I, op("mul.f32", Var("x", "f32"), number(0.5, "f32"))),
                Store(1, "f32", op("add.i64", I, B), Var("x", "f32")),
            ),
        ),
        tuple(
            Call(picks, (n, b))
            for picks in ((F32, OTHER, CONSTANT), (F32, F32, CONSTANT), (F32, OTHER, F32), (F32, OTHER, OTHER),
                          (F32, SHORT, CONSTANT), (F32, CONSTANT, CONSTANT), (F32, NULL, CONSTANT))
            for n, b in ((40, 0), (40, 30), (40, 64), (0, 0))
        ),
    ),
    *(
        (
            f"a matrix times a vector, {what}",
            3,
            ("n", "m"),
            (loop("i", rows, loop("k", turns, _dot(stride))),),
            tuple(Call((F32, OTHER, other), values) for values in sizes for other in (CONSTANT, SHORT, F32)),
        )
        for what, rows, turns, stride, sizes in (
            ("all of it in blocks", number(32), number(24), number(24), ((0, 0),)),
            ("with rows and turns left over", number(39), number(19), number(21), ((0, 0),)),
            ("with one turn left over", number(20), number(17), number(17), ((0, 0),)),
            ("of sizes that are values", N, M, number(20), ((39, 19), (7, 3), (5, 0), (0, 5), (64, 20))),
            ("of rows so far apart", N, number(10), M, ((39, 12), (39, 0), (20, 1), (90, 40))),
        )
    ),
    *(
        (
            f"sums of exponentials of {rows} rows of {columns}, strided",
            3,
            ("n", "s"),
            (loop("i", bound, loop("k", columns, _add(I, _exponential(place)))),),
            tuple(
                Call((F32, OTHER, CONSTANT), values, 0, values[1] >= 0)
                for values in ((rows, columns), (3, 1), (17, 20), (0, 0), (16, -1))
            ),
        )
        for rows, columns, bound, place in (
            (40, 12 * 16, number(40), op("fma.i64", I, number(3), K)),
            (35, 20, N, op("fma.i64", I, number(20), K)),
            (32, 18, N, op("fma.i64", I, Var("s"), K)),
        )
    ),
)
