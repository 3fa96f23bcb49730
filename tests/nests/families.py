"""Families of random nests: what tensor programs are made of, and what looks like it and is not."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.nests.draft import Access, Axis, Draft, Value, case
from tests.nests.kernel import (
    Expression,
    For,
    If,
    Kernel,
    Let,
    Load,
    Store,
    Var,
    number,
    op,
    type_of,
    value_type,
)
from tests.nests.simulate import WILD, simulate
from tests.nests.suite import SLOTS, Call, Case, slots

CALLS = 5
SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 14, 15, 16, 17, 31, 32, 33, 40, 64)
ELEMENTS = ("f32", "f32", "f32", "f64", "i32", "i64", "i16.s", "i16.u", "i8.s", "i8.u")
INTEGER = ("add", "sub", "mul", "and", "or", "xor", "min.s", "max.s", "min.u", "max.u")
FLOAT = ("add", "sub", "mul", "min", "max")
Maker = Callable[[random.Random], Draft]


def random_case(rng: random.Random, name: str) -> Case:
    """One kernel with its calls."""
    maker = rng.choices([m for m, _ in FAMILIES], [w for _, w in FAMILIES])[0]
    return maker(rng, name)


def stored(element: str) -> str:
    """The type of a store of what `element` loads."""
    return element.partition(".")[0]


# ---- values ----------------------------------------------------------------------------------------------------------


def cast(value: Expression, kind: str) -> Expression:
    """The value as another type."""
    have = type_of(value)
    if have == kind:
        return value
    forms = {
        ("i32", "f32"): "cast.si32.f32",
        ("i32", "f64"): "cast.si32.f64",
        ("i32", "i64"): "ext.i32.i64.s",
        ("i64", "i32"): "trunc.i64.i32",
        ("i64", "f32"): "cast.si64.f32",
        ("i64", "f64"): "cast.si64.f64",
        ("f32", "f64"): "ext.f32.f64",
        ("f64", "f32"): "trunc.f64.f32",
        ("f32", "i32"): "cast.f32.si32",
        ("f32", "i64"): "cast.f32.si64",
        ("f64", "i64"): "cast.f64.si64",
        ("f64", "i32"): "cast.f64.si32",
    }
    return op(forms[have, kind], value)


def binary(rng: random.Random, kind: str, a: Expression, b: Expression) -> Expression:
    name, _, sign = rng.choice(FLOAT if kind.startswith("f") else INTEGER).partition(".")
    return op(f"{name}.{kind}{'.' + sign if sign else ''}", a, b)


def combine(rng: random.Random, kind: str, leaves: list[Expression]) -> Expression:
    """An expression over all leaves, with a few things around them."""
    parts = [_around(rng, kind, leaf) for leaf in leaves]
    rng.shuffle(parts)
    while len(parts) > 1:
        if len(parts) > 2 and rng.random() < 0.4:
            parts[:3] = [op(f"fma.{kind}", *parts[:3])]
        elif rng.random() < 0.1:
            parts[:2] = [_choose(rng, kind, parts[0], parts[1])]
        else:
            parts[:2] = [binary(rng, kind, parts[0], parts[1])]
        rng.shuffle(parts)
    return parts[0]


def _choose(rng: random.Random, kind: str, a: Expression, b: Expression) -> Expression:
    test = f"cmp.lt.{kind}.o" if kind.startswith("f") else f"cmp.lt.{kind}.{rng.choice('su')}"
    return op(f"select.{kind}", op(test, a, b), *rng.sample([a, b], 2))


def _around(rng: random.Random, kind: str, leaf: Expression) -> Expression:
    draw = rng.random()
    if draw < 0.7:
        return leaf
    if draw < 0.8:
        constant = rng.uniform(-1.2, 1.2) if kind.startswith("f") else rng.choice([1, -1, 3, 255, 1 << 20, -7])
        return op(f"mul.{kind}", leaf, number(constant, kind))
    if kind.startswith("f"):
        return op(f"{rng.choice(['ceil', 'floor', 'round', 'abs', 'neg'])}.{kind}", leaf)
    if draw < 0.9:
        shift = rng.choice([f"shl.{kind}", f"shr.{kind}.s", f"shr.{kind}.u"])
        return op(shift, leaf, number(rng.choice([1, 3, 8, 31]), "i32"))
    return op(f"{rng.choice(['not', 'abs', 'ctlz'])}.{kind}", leaf)


def running(rng: random.Random, kind: str) -> Value:
    """A body whose last load is the running value."""
    form = rng.choice(["fma", "fma", "add.mul", "mul.add", "min", "max", "any"])

    def value(loads: list[Expression]) -> Expression:
        *others, total = (cast(v, kind) for v in loads)
        if form == "any":
            return combine(rng, kind, [*others, total])
        if form in ("min", "max"):
            term = others[0] if others else total
            sides = (total, term) if rng.random() < 0.5 else (term, total)
            return op(f"{form}.{kind}{'' if kind.startswith('f') else '.s'}", *sides)
        if len(others) < 2:
            term = others[0] if others else number(1, kind)
            return op(f"add.{kind}", *rng.sample([total, term], 2))
        a, b = rng.sample(others[:2], 2)
        if form == "fma":
            return op(f"fma.{kind}", a, b, total)
        product = op(f"mul.{kind}", a, b)
        return op(f"add.{kind}", total, product) if form == "add.mul" else op(f"add.{kind}", product, total)

    return value


def plain(rng: random.Random, kind: str) -> Value:
    """A body without a running value."""

    def value(loads: list[Expression]) -> Expression:
        if not loads:
            return number(rng.choice([0, 1, -3]), kind)
        return combine(rng, kind, [cast(v, kind) for v in loads])

    return value


# ---- what tensor programs are made of --------------------------------------------------------------------------------


def _axis(rng: random.Random, name: str, sizes: tuple[int, ...] = SIZES, symbolic: float = 0.25) -> Axis:
    axis = Axis(name, rng.choice(sizes))
    if rng.random() < 0.1:
        axis.first = rng.choice([1, 2, -3, 10])
    if rng.random() < 0.1:
        axis.step = rng.choice([2, 3, 4])
    axis.symbolic_bound = rng.random() < symbolic
    axis.symbolic_first = rng.random() < symbolic / 5
    return axis


def _dense(rng: random.Random, axes: list[Axis], permuted: bool) -> dict[str, int]:
    """Row-major coefficients for the axes, whose counters may begin anywhere and step."""
    order = rng.sample(axes, len(axes)) if permuted else axes
    found: dict[str, int] = {}
    stride = 1
    for axis in reversed(order):
        found[axis.name] = stride
        stride *= max(axis.trips, 1) * axis.step
    return found


def _types(rng: random.Random) -> tuple[str, str]:
    """Types of the operands and of the result of a reduction."""
    element = rng.choice(ELEMENTS)
    if element.startswith(("i8", "i16")) and rng.random() < 0.7:
        return element, "i32"
    return element, element


def matmul(rng: random.Random) -> Draft:
    sizes = SIZES if rng.random() < 0.7 else (16, 32, 64, 48)
    m, n, k = (_axis(rng, name, sizes) for name in "mnk")
    batch = [_axis(rng, "z", (1, 2, 3))] if rng.random() < 0.2 else []
    element, result = _types(rng)
    transposed = rng.random() < 0.4
    axes = rng.sample([m, n, k], 3) if rng.random() < 0.3 else [m, n, k]
    axes = [*batch, *axes]
    store = Access(0, stored(result), _dense(rng, [*batch, m, n], rng.random() < 0.2))
    left = Access(1, element, _dense(rng, [*batch, m, k], rng.random() < 0.3))
    right = Access(2, element, _dense(rng, [*batch, *([n, k] if transposed else [k, n])], False))
    total = Access(0, result, store.coefficients)
    return Draft(axes, store, [left, right, total], running(rng, value_type(result)), "matmul")


def convolution(rng: random.Random) -> Draft:
    """Direct, strided, dilated, depthwise, or pooling."""
    kind = rng.choice(["direct", "direct", "depthwise", "pool"])
    small = (1, 2, 3, 4, 7, 8, 9, 14, 16, 17)
    oc, oh, ow, ic = (_axis(rng, name, small, 0.1) for name in ("oc", "oh", "ow", "ic"))
    kh, kw = (_axis(rng, name, (1, 2, 3), 0.05) for name in ("kh", "kw"))
    for axis in (oc, oh, ow, ic, kh, kw):
        axis.first, axis.step, axis.symbolic_first = 0, 1, False
    stride, dilation = rng.choice([1, 1, 2, 3]), rng.choice([1, 1, 2])
    height = (oh.trips - 1) * stride + (kh.trips - 1) * dilation + 1
    width = (ow.trips - 1) * stride + (kw.trips - 1) * dilation + 1
    last = rng.random() < 0.4
    channels = oc if kind != "direct" else ic
    image = {"y": width * (channels.trips if last else 1), "x": channels.trips if last else 1}
    image["c"] = 1 if last else height * width
    source = {oh.name: image["y"] * stride, kh.name: image["y"] * dilation}
    source |= {ow.name: image["x"] * stride, kw.name: image["x"] * dilation, channels.name: image["c"]}
    element, result = _types(rng)
    store = Access(0, stored(result), _dense(rng, [oh, ow, oc] if last else [oc, oh, ow], False))
    reduction = [ic, kh, kw] if kind == "direct" else [kh, kw]
    weights = [oc, ic, kh, kw] if kind == "direct" else [oc, kh, kw]
    loads = [Access(1, element, source)]
    if kind != "pool":
        loads.append(Access(2, element, _dense(rng, weights, rng.random() < 0.3)))
    loads.append(Access(0, result, store.coefficients))
    axes = [*([oh, ow, oc] if last else [oc, oh, ow]), *reduction]
    value = running(rng, value_type(result))
    return Draft(axes, store, loads, value, f"conv {kind}")


def elementwise(rng: random.Random) -> Draft:
    """Maps, transposes, broadcasts, reversals."""
    axes = [_axis(rng, f"i{n}", SIZES if n > 1 else (1, 2, 3, 4, 8)) for n in range(rng.randint(1, 5))]
    element = rng.choice(ELEMENTS)
    store = Access(0, stored(element), _dense(rng, axes, rng.random() < 0.4))
    loads = []
    for place in range(rng.randint(0, 3)):
        kind = rng.choice(ELEMENTS) if rng.random() < 0.3 else element
        coefficients = _dense(rng, axes, rng.random() < 0.4)
        for axis in axes:
            if rng.random() < 0.2:
                coefficients[axis.name] *= rng.choice([0, 0, -1, 2])
        loads.append(Access(rng.choice([1 + place, 1 + place, 0]), kind, coefficients))
    if loads and rng.random() < 0.3:
        loads[0] = Access(0, element, store.coefficients)
    return _numbered(Draft(axes, store, loads, plain(rng, value_type(element)), "map"))


def reduction(rng: random.Random) -> Draft:
    """Sums and maxima over any of the loops, with any number of operands."""
    axes = [_axis(rng, f"i{n}") for n in range(rng.randint(1, 4))]
    kept = [a for a in axes if rng.random() < 0.5]
    element, result = _types(rng)
    store = Access(0, stored(result), _dense(rng, kept, rng.random() < 0.3))
    loads = []
    for place in range(rng.randint(0, 3)):
        some = [a for a in axes if rng.random() < 0.8]
        loads.append(Access(1 + place, element, _dense(rng, some, rng.random() < 0.4)))
    loads.append(Access(0, result, store.coefficients))
    return _numbered(Draft(axes, store, loads, running(rng, value_type(result)), "reduction"))


def anything(rng: random.Random) -> Draft:
    """Random strides, overlapping and zero and negative ones too, and any types."""
    axes = [_axis(rng, f"i{n}", (1, 2, 3, 5, 8, 17, 40), 0.4) for n in range(rng.randint(1, 5))]
    for axis in axes:
        axis.step = rng.choice([1, 1, 1, 2, 5])

    def coefficients() -> dict[str, int]:
        return {a.name: rng.choice([0, 0, 1, 1, 2, 3, -1, -2, 8, 40, 64]) for a in axes}

    element = rng.choice(ELEMENTS)
    store = Access(0, stored(element), coefficients())
    loads = [Access(rng.randint(0, 2), rng.choice([element, rng.choice(ELEMENTS)]), coefficients()) for _ in range(2)]
    if rng.random() < 0.6:
        loads.append(Access(0, element, store.coefficients))
    make = running if loads[-1].coefficients is store.coefficients else plain
    return _numbered(Draft(axes, store, loads, make(rng, value_type(element)), "anything"))


def punned(rng: random.Random) -> Draft:
    """The running element read as another type than it is written as, of the same size or not."""
    draft = reduction(rng) if rng.random() < 0.7 else elementwise(rng)
    group = rng.choice([("i32", "f32"), ("i8.u", "i8.s"), ("i16.u", "i16.s"), ("i64", "f64"), ("i8.u", "i16.u")])
    read, written = rng.sample(group, 2)
    draft.store.type = stored(written)
    own = Access(0, read, draft.store.coefficients)
    draft.loads = [a for a in draft.loads if a.buffer != 0] + [own]
    draft.value = running(rng, value_type(written))
    if read in ("f32", "f64"):
        draft.loads[-1] = Access(0, "i32" if read == "f32" else "i64", draft.store.coefficients)  # no NaN may be made
    draft.family = "punned"
    return _numbered(draft)


def hoisted(rng: random.Random) -> Draft:
    """Loads that stand in outer loops, the running value among them."""
    draft = rng.choice([matmul, reduction, elementwise])(rng)
    for place in range(len(draft.loads)):
        if rng.random() < 0.5:
            used = draft.loads[place].coefficients
            deepest = max((n + 1 for n, a in enumerate(draft.axes) if used.get(a.name)), default=0)
            draft.hoisted[place] = rng.randint(deepest, len(draft.axes))
    for axis in draft.axes:
        axis.symbolic_bound |= rng.random() < 0.4
    draft.family = "hoisted"
    return draft


def coalesced(rng: random.Random) -> Draft:
    """Loops next to each other merged into one, its counter taken apart by division."""
    draft = rng.choice([matmul, convolution, elementwise, reduction])(rng)
    draft.around = rng.randrange(len(draft.axes)) if rng.random() < 0.4 else 0
    draft.coalesced = rng.randint(1, len(draft.axes) - draft.around)
    for axis in draft.merged():
        axis.first, axis.step, axis.symbolic_first = 0, 1, False
    draft.products_inside = rng.random() < 0.4
    draft.family = "coalesced"
    return draft


def _numbered(draft: Draft) -> Draft:
    """Buffers without gaps."""
    places = sorted({a.buffer for a in draft.accesses()})
    for access in {id(a): a for a in draft.accesses()}.values():
        access.buffer = places.index(access.buffer)
    return draft


def _of(maker: Maker) -> Callable[[random.Random, str], Case]:
    def make(rng: random.Random, name: str) -> Case:
        return case(rng, maker(rng), name, CALLS)

    return make


# ---- what looks like it ----------------------------------------------------------------------------------------------


def wild(rng: random.Random, name: str) -> Case:
    """Bounds, steps and offsets near 2^63, as constants or from outside; counters and offsets that wrap."""
    for _ in range(50):
        made = _wild(rng, name)
        if made is not None:
            return made
    return _of(anything)(rng, name)


def _edge(rng: random.Random) -> int:
    middle = rng.choice([0, 1 << 62, -(1 << 62), (1 << 63) - 1, -(1 << 63), 1 << 31, 1 << 32, 1 << 40])
    return max(-(1 << 63), min((1 << 63) - 1, middle + rng.randint(-9, 9)))


def _wild(rng: random.Random, name: str) -> Case | None:
    depth = rng.randint(1, 3)
    params: list[str] = []

    def input_(value: int) -> Expression:
        if rng.random() < 0.5:
            return number(value)
        params.append(f"p{len(params)}")
        values[params[-1]] = value
        return Var(params[-1])

    values: dict[str, int] = {}
    factors = [rng.choice([1, 1, 2, 0, -1, 1 << 32, 1 << 61, -(1 << 61), 3, 1 << 40]) for _ in range(depth)]
    loops = []
    strides = [input_(factor) for factor in factors]
    shift = 0
    for axis in range(depth):
        step = rng.choice([1, 1, 3, 1 << 20, (1 << 31) - 1, 1 << 30])
        first = _edge(rng) if rng.random() < 0.5 else 0
        trips = rng.choice([0, 1, 3, 8, 20])
        bound = first + step * trips - rng.randrange(3) if rng.random() < 0.7 else _edge(rng)
        bound = max(-(1 << 63), min((1 << 63) - 1, bound))
        if rng.random() < 0.7:
            shift -= factors[axis] * first
        loops.append((f"i{axis}", input_(first), input_(bound), number(step)))
    shift = (shift + rng.choice([0, 0, 5, 1 << 62]) + (1 << 63)) % (1 << 64) - (1 << 63)
    base = input_(shift)
    element = rng.choice(["f32", "i64", "i8.u", "i32"])

    def index(base_: Expression) -> Expression:
        total = base_
        for (counter, *_), stride in zip(loops, strides, strict=True):
            total = op("fma.i64", Var(counter), stride, total)
        return total

    loads: list[Expression] = [Load(1, element, index(base))]
    if rng.random() < 0.5:
        loads.append(Load(0, element, index(base)))
    body: tuple[For | Store, ...] = (Store(0, stored(element), index(base), combine(rng, value_type(element), loads)),)
    for counter, first_, bound_, step_ in reversed(loops):
        body = (For(counter, first_, bound_, step_, body),)
    made = Kernel(name, 2, tuple(params), body)
    kind = element if element in ("f32", "f64") else "int"
    calls = []
    for _ in range(3):
        picks = (rng.choice(slots(kind, 1, mutable=True)), rng.choice(slots(kind, 1)))
        changed = {n: v if rng.random() < 0.7 else _edge(rng) for n, v in values.items()}
        found = _wild_call(made, picks, tuple(changed.values()))
        calls += [found] if found else []
    return Case(made, tuple(dict.fromkeys(calls)), "wild") if calls else None


def _wild_call(made: Kernel, picks: tuple[int, ...], params: tuple[int, ...]) -> Call | None:
    lengths = [SLOTS[p] for p in picks]
    ends, widest = simulate(made, params, [s.readable for s in lengths], [s.writable for s in lengths], 5000)
    return None if ends == "long" else Call(picks, params, 0, widest < WILD and ends != "negative")


def irregular(rng: random.Random, name: str) -> Case:
    """Not affine, not perfect, or not a counted loop: what has to stay the loop it is."""
    return _irregular(rng.choice(_IRREGULAR), rng, name)


def _irregular(form: Callable[[random.Random, str], Kernel], rng: random.Random, name: str) -> Case:
    made = form(rng, name)
    calls = []
    for number_ in range(CALLS):
        params = tuple(rng.choice([0, 1, 2, 3, 5, 8, 17, -1]) if number_ else 8 for _ in made.params)
        picks = tuple(rng.choice(slots("f32", 268, mutable=True)) for _ in range(made.buffers))
        lengths = [SLOTS[p] for p in picks]
        ends, _ = simulate(made, params, [s.readable for s in lengths], [s.writable for s in lengths], 20000)
        if ends != "long":
            calls.append(Call(picks, params, 8 * number_, ends != "negative"))
    return Case(made, tuple(calls), f"irregular {form.__name__.strip('_')}")


def _loop(counter: str, bound: Expression, *body: For | Store | Let | If) -> For:
    return For(counter, number(0), bound, number(1), body)


def _load(buffer: int, index: Expression) -> Load:
    return Load(buffer, "f32", index)


def _square_index(rng: random.Random, name: str) -> Kernel:
    i, j = Var("i"), Var("j")
    offset = rng.choice([op("mul.i64", i, j), op("mul.i64", i, i), op("and.i64", i, j), op("max.i64.s", i, j)])
    where = [offset, op("add.i64", op("mul.i64", i, number(9)), j)]
    rng.shuffle(where)
    store = Store(0, "f32", where[0], op("add.f32", _load(1, where[1]), number(0.5, "f32")))
    return Kernel(name, 2, ("n", "m"), (_loop("i", Var("n"), _loop("j", Var("m"), store)),))


def _symbolic_stride(rng: random.Random, name: str) -> Kernel:
    index = op("fma.i64", Var("i"), Var("m"), Var("j"))
    total = _load(0, index if rng.random() < 0.5 else Var("i"))
    store = Store(0, "f32", total.index, op("fma.f32", _load(1, index), _load(1, Var("j")), total))
    return Kernel(name, 2, ("n", "m"), (_loop("i", Var("n"), _loop("j", Var("m"), store)),))


def _triangle(rng: random.Random, name: str) -> Kernel:
    bounds: list[Expression] = [Var("i"), op("min.i64.s", Var("i"), number(5)), op("sub.i64", Var("n"), Var("i"))]
    bound = rng.choice(bounds)
    index = op("fma.i64", Var("i"), number(20), Var("j"))
    store = Store(0, "f32", index, op("mul.f32", _load(1, Var("j")), _load(0, index)))
    return Kernel(name, 2, ("n",), (_loop("i", Var("n"), Let("b", bound), _loop("j", Var("b"), store)),))


def _fill_reduce(rng: random.Random, name: str) -> Kernel:
    """Fill, reduction and epilogue in one outer loop: softmax and normalisation look like that."""
    i, j = Var("i"), Var("j")
    index = op("fma.i64", i, number(16), j)
    fill = Store(0, "f32", i, number(0, "f32"))
    total = Store(0, "f32", i, op(rng.choice(["add.f32", "max.f32"]), _load(0, i), _load(1, index)))
    scale = Store(2, "f32", index, op("mul.f32", _load(1, index), _load(0, i)))
    parts: list[For | Store] = [fill, _loop("j", Var("m"), total)]
    if rng.random() < 0.6:
        parts.append(_loop("j", Var("m"), scale))
    else:
        parts.append(Store(2, "f32", i, op("sqrt.f32", op("abs.f32", _load(0, i)))))
    return Kernel(name, 3, ("n", "m"), (_loop("i", Var("n"), *parts),))


def _two_stores(rng: random.Random, name: str) -> Kernel:
    i = Var("i")
    first = Store(0, "f32", i, op("add.f32", _load(1, i), number(1, "f32")))
    second = Store(rng.choice([0, 1, 2]), "f32", op("add.i64", i, number(rng.choice([0, 1, 7]))), _load(0, i))
    return Kernel(name, 3, ("n",), (_loop("i", Var("n"), first, second),))


def _several_stores(rng: random.Random, name: str) -> Kernel:
    """Two or three stores in a nest: apart, in one buffer, of an element that is loaded before or behind."""
    i, j = Var("i"), Var("j")
    places = [
        op("add.i64", op("fma.i64", i, rng.choice([number(9), Var("s")]), j), number(rng.choice([0, 0, 5]))),
        op("fma.i64", j, number(20), i),
        op("sub.i64", op("fma.i64", i, number(8), number(40)), j),
        op("fma.i64", i, number(9), j),
    ]
    statements: list[Store | Let] = []
    for number_ in range(rng.choice([2, 2, 3])):
        buffer, place = rng.choice([number_, number_, number_, 3]), rng.choice(places)
        loads = [_load(3, rng.choice(places)), _load(rng.choice([3, buffer, 0]), place)]
        before = Var(f"x{number_}", "f32")
        statements.append(Let(before.name, combine(rng, "f32", loads)))
        statements.append(Store(buffer, "f32", place, op("tanh.f32", before) if rng.random() < 0.3 else before))
    if rng.random() < 0.6:
        statements.sort(key=lambda statement: isinstance(statement, Store))
    return Kernel(name, 4, ("n", "m", "s"), (_loop("i", Var("n"), _loop("j", Var("m"), *statements)),))


def _branch(rng: random.Random, name: str) -> Kernel:
    i = Var("i")
    store = Store(0, "f32", i, _load(1, i))
    test = op("cmp.lt.i64.s", i, Var("m"))
    return Kernel(name, 2, ("n", "m"), (_loop("i", Var("n"), If(test, (store,))),))


def _odd_counter(rng: random.Random, name: str) -> Kernel:
    steps: list[Expression] = [Var("m"), number(1 << 40)]
    firsts: list[Expression] = [number(0), Var("m")]
    step, first = rng.choice(steps), rng.choice(firsts)
    store = Store(0, "f32", Var("i"), op("add.f32", _load(1, Var("i")), _load(0, Var("i"))))
    return Kernel(name, 2, ("n", "m"), (For("i", first, Var("n"), step, (store,)),))


def _index_as_value(rng: random.Random, name: str) -> Kernel:
    """iota and the like: counters in the stored value, coalesced ones too."""
    i, j = Var("i"), Var("j")
    value = cast(op("fma.i64", i, number(3), j), "f32")
    store = Store(0, "f32", op("fma.i64", i, Var("m"), j), op("add.f32", value, _load(1, j)))
    if rng.random() < 0.5:
        return Kernel(name, 2, ("n", "m"), (_loop("i", Var("n"), _loop("j", Var("m"), store)),))
    digits = (Let("i", op("div.i64.s", Var("all"), number(7))), Let("j", op("rem.i64.s", Var("all"), number(7))))
    index = op("fma.i64", i, number(7), j)
    store = Store(0, "f32", index, op("add.f32", value, _load(1, j)))
    return Kernel(name, 2, ("n",), (_loop("all", number(rng.choice([7, 14, 49, 50])), *digits, store),))


_IRREGULAR: tuple[Callable[[random.Random, str], Kernel], ...] = (
    _square_index,
    _symbolic_stride,
    _triangle,
    _fill_reduce,
    _two_stores,
    _branch,
    _odd_counter,
    _index_as_value,
)

def several(rng: random.Random, name: str) -> Case:
    """Nests with more than one store."""
    return _irregular(_several_stores, rng, name)


FAMILIES: tuple[tuple[Callable[[random.Random, str], Case], float], ...] = (
    (several, 1),
    (_of(matmul), 4),
    (_of(convolution), 3),
    (_of(elementwise), 3),
    (_of(reduction), 2),
    (_of(anything), 3),
    (_of(punned), 1),
    (_of(hoisted), 1.5),
    (_of(coalesced), 3),
    (wild, 2),
    (irregular, 2),
)
