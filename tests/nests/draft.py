"""Nests of affine accesses as data, from which kernels and calls are made.

A draft knows what each access touches, so that calls can be made that just fit, or just do not.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.nests.kernel import SIZES, Expression, For, Kernel, Let, Load, Statement, Store, Var, number, op, value_type
from tests.nests.suite import LENGTHS, NULL, ROOM, SLOTS, Call, Case, slots

LARGEST = LENGTHS[0]
TURNS = 6000  # of the innermost body
Value = Callable[[list[Expression]], Expression]


@dataclass
class Axis:
    """A loop: `first + step * t` for t below `trips`; what is symbolic is a parameter and changes from call to call."""

    name: str
    trips: int
    first: int = 0
    step: int = 1
    symbolic_first: bool = False
    symbolic_bound: bool = False

    def bound(self, first: int, trips: int, slack: int = 0) -> int:
        """A bound that gives these trips; one too small for any gives none."""
        return first + trips * self.step - slack % self.step if trips > 0 else first + trips


@dataclass
class Access:
    """An element `base + sum of coefficient * counter` of a buffer."""

    buffer: int
    type: str
    coefficients: dict[str, int]
    base: int | None = None  # None: a parameter

    def range(self, counters: dict[str, tuple[int, int]]) -> tuple[int, int]:
        """Least and greatest element without the base; counters as (least, greatest)."""
        least = most = 0
        for name, factor in self.coefficients.items():
            low, high = counters[name]
            least += min(factor * low, factor * high)
            most += max(factor * low, factor * high)
        return least, most


@dataclass
class Draft:
    """Loops around one store.  `coalesced`: so many loops behind the first `around` are one, taken apart by division.
    `strides`: the
    coefficients that are values from outside, and what two factors of them are; only the first one is a parameter if
    the second one is a constant."""

    axes: list[Axis]
    store: Access
    loads: list[Access]
    value: Value
    family: str
    coalesced: int = 0
    around: int = 0
    products_inside: bool = False  # of the sizes of coalesced loops: computed anew in each turn
    hoisted: dict[int, int] = field(default_factory=dict)  # load: the loop it stands behind (0: in front of all)
    strides: dict[int, tuple[int, int, bool]] = field(default_factory=dict)

    def accesses(self) -> list[Access]:
        return [self.store, *self.loads]

    def merged(self) -> list[Axis]:
        return self.axes[self.around : self.around + self.coalesced]

    def buffers(self) -> int:
        return 1 + max(a.buffer for a in self.accesses())

    def own(self) -> list[Access]:
        return [a for a in self.loads if a.buffer == self.store.buffer and a is not self.store]


def shrink(draft: Draft) -> None:
    """Halves the longest loops until a run is short and all fits into the largest buffer."""
    while True:
        turns = 1
        for axis in draft.axes:
            turns *= max(axis.trips, 1)
        counters = {a.name: (a.first, a.first + a.step * max(a.trips - 1, 0)) for a in draft.axes}
        needs = [(1 + most - least) * SIZES[a.type] for a in draft.accesses() for least, most in [a.range(counters)]]
        if turns <= TURNS and max(needs) <= LARGEST - 64:
            return
        longest = max(draft.axes, key=lambda a: a.trips)
        if longest.trips <= 1:
            for access in draft.accesses():
                access.coefficients = {n: c // 8 for n, c in access.coefficients.items()}
        else:
            longest.trips = longest.trips * 2 // 3 if longest.trips > 2 else 1


# ---- the kernel ------------------------------------------------------------------------------------------------------


def linear(
    rng: random.Random, terms: Sequence[tuple[Expression, int | Expression]], base: Expression | None
) -> Expression:
    """`base + sum of factor * value` in one of the forms that compilers write."""
    sum_: Expression | None = base
    for value, factor in rng.sample(list(terms), len(terms)):
        sum_ = _plus(rng, sum_, value, factor) if isinstance(factor, int) else _plus_any(rng, sum_, value, factor)
    return sum_ if sum_ is not None else number(0)


def _plus_any(rng: random.Random, sum_: Expression | None, value: Expression, factor: Expression) -> Expression:
    """With a factor that is a value of the program."""
    product = rng.sample([value, factor], 2)
    if sum_ is None or rng.random() < 0.4:
        return op("mul.i64", *product) if sum_ is None else op("add.i64", sum_, op("mul.i64", *product))
    return op("fma.i64", *product, sum_)


def _plus(rng: random.Random, sum_: Expression | None, value: Expression, factor: int) -> Expression:
    if factor == 0:
        return sum_ if sum_ is not None else number(0)
    if factor < 0 and rng.random() < 0.3:
        negative = value if factor == -1 else op("mul.i64", value, number(-factor))
        return op("sub.i64", sum_ if sum_ is not None else number(0), negative)
    if factor == 1:
        return value if sum_ is None else op("add.i64", *rng.sample([sum_, value], 2))
    if factor > 0 and factor & (factor - 1) == 0 and rng.random() < 0.2:
        product: Expression = op("shl.i64", value, number(factor.bit_length() - 1, "i32"))
    elif sum_ is not None and rng.random() < 0.6:
        return op("fma.i64", *rng.sample([value, number(factor)], 2), sum_)
    else:
        product = op("mul.i64", *rng.sample([value, number(factor)], 2))
    return product if sum_ is None else op("add.i64", sum_, product)


@dataclass
class _Params:
    names: list[str] = field(default_factory=list)

    def add(self, name: str) -> Var:
        if name not in self.names:
            self.names.append(name)
        return Var(name)


def kernel(rng: random.Random, draft: Draft, name: str) -> Kernel:
    """The draft as a kernel."""
    params = _Params()
    loads: list[Expression] = []
    lets: dict[int, list[Statement]] = {}
    for place, access in enumerate(draft.loads):
        load = Load(access.buffer, access.type, _index(rng, draft, access, params))
        depth = draft.hoisted.get(place)
        if depth is None:
            loads.append(load)
        else:
            lets.setdefault(depth, []).append(Let(f"x{place}", load))
            loads.append(Var(f"x{place}", value_type(access.type)))
    index = _index(rng, draft, draft.store, params)
    body: tuple[Statement, ...] = (Store(draft.store.buffer, draft.store.type, index, draft.value(loads)),)
    inner = draft.around + draft.coalesced
    before: list[Statement] = []
    for depth in range(len(draft.axes), 0, -1):
        axis = draft.axes[depth - 1]
        if draft.around < depth < inner:
            continue
        if draft.coalesced and depth == inner:
            before, body = _coalesce(draft, params, (*lets.get(depth, ()), *body))
            continue
        body = (*lets.get(depth, ()), *body)
        first: Expression = params.add(f"f_{axis.name}") if axis.symbolic_first else number(axis.first)
        bound: Expression = (
            params.add(f"n_{axis.name}")
            if axis.symbolic_bound or axis.symbolic_first
            else number(axis.bound(axis.first, axis.trips))
        )
        body = (For(axis.name, first, bound, number(axis.step), body),)
    body = (*before, *lets.get(0, ()), *body)
    return Kernel(name, draft.buffers(), tuple(params.names), body)


def _index(rng: random.Random, draft: Draft, access: Access, params: _Params) -> Expression:
    number_ = draft.accesses().index(access)
    same = next((k for k, a in enumerate(draft.accesses()) if _same_place(a, access)), number_)
    base: Expression | None = params.add(f"b{same}") if access.base is None else number(access.base)
    if access.base == 0 and rng.random() < 0.5:
        base = None
    coefficients = {**access.coefficients}
    if rng.random() < 0.5:
        coefficients = _as_one(draft, coefficients)
    return linear(rng, [(Var(n), _stride(draft, c, params)) for n, c in coefficients.items()], base)


def _as_one(draft: Draft, coefficients: dict[str, int]) -> dict[str, int]:
    """With the counter of the merged loop, where that walks on as they do."""
    axes = draft.merged()
    innermost = stride = coefficients.get(axes[-1].name, 0) if axes else 0
    for axis in reversed(axes):
        if coefficients.get(axis.name, 0) != stride:
            return coefficients
        stride *= axis.trips
    left = {name: c for name, c in coefficients.items() if name not in {a.name for a in axes}}
    return {**left, "all": innermost} if axes else left


def _stride(draft: Draft, coefficient: int, params: _Params) -> int | Expression:
    """A coefficient as it is in the kernel."""
    if coefficient not in draft.strides:
        return coefficient
    _, second, constant = draft.strides[coefficient]
    one = params.add(_parameter(coefficient, "s"))
    if second == 1 and constant:
        return one
    return op("mul.i64", one, number(second) if constant else params.add(_parameter(coefficient, "z")))


def _parameter(coefficient: int, mark: str) -> str:
    return f"{mark}{coefficient}".replace("-", "_")


def _same_place(a: Access, b: Access) -> bool:
    return (a.buffer, a.coefficients, a.base) == (b.buffer, b.coefficients, b.base)


def _coalesce(
    draft: Draft, params: _Params, body: tuple[Statement, ...]
) -> tuple[list[Statement], tuple[Statement, ...]]:
    """What is computed before all loops, and one loop for several, with the divisions and corrections that compilers
    emit."""
    axes = draft.merged()
    sizes: list[Expression] = [params.add(f"n_{a.name}") if a.symbolic_bound else number(a.trips) for a in axes]
    inside: list[Statement] = []
    before: list[Statement] = []
    products: list[Statement] = []
    rest = outside = sizes[-1]
    zero = number(0)
    whole = Var("all")
    for place in range(len(axes) - 1, -1, -1):
        name = axes[place].name
        if place == len(axes) - 1:
            inside += _remainder(f"{name}", whole, rest)
            continue
        span, following = Var(f"span{place}"), rest
        before.append(Let(span.name, op("mul.i64", sizes[place], outside)))
        outside = span
        if draft.products_inside:
            span = Var(f"inner{place}")
            products.append(Let(span.name, op("mul.i64", sizes[place], following)))
        if place == 0:
            inside += _quotient(name, whole, following, zero)
        else:
            inside += _remainder(f"{name}_r", whole, span)
            inside.append(Let(name, op("div.i64.s", Var(f"{name}_r"), following)))
        rest = span
    return before, (For("all", zero, outside, number(1), (*products, *inside, *body)),)


def _remainder(name: str, value: Expression, by: Expression) -> list[Statement]:
    rest = Var(f"{name}_0")
    negative = op("cmp.lt.i64.s", rest, number(0))
    return [
        Let(f"{name}_0", op("rem.i64.s", value, by)),
        Let(name, op("select.i64", negative, op("add.i64", rest, by), rest)),
    ]


def _quotient(name: str, value: Expression, by: Expression, zero: Expression) -> list[Statement]:
    quotient = Var(f"{name}_0")
    inexact = op("cmp.ne.i64", value, op("mul.i64", quotient, by))
    signs = op("cmp.ne.i32", op("cmp.lt.i64.s", value, zero), op("cmp.lt.i64.s", by, zero))
    lower = op("add.i64", quotient, number(-1))
    return [
        Let(f"{name}_0", op("div.i64.s", value, by)),
        Let(name, op("select.i64", op("and.i32", inexact, signs), lower, quotient)),
    ]


# ---- calls -----------------------------------------------------------------------------------------------------------


def case(rng: random.Random, draft: Draft, name: str, count: int) -> Case:
    """The draft's kernel with calls that fit, alias, fail in the middle, write what is read-only, or do nothing."""
    shrink(draft)
    _fix_bases(rng, draft)
    _free_strides(rng, draft)
    made = kernel(rng, draft, name)
    calls = [_call(rng, draft, made, number_) for number_ in range(count)]
    return Case(made, tuple(calls), draft.family)


def _fix_bases(rng: random.Random, draft: Draft) -> None:
    """Constant bases where the loops are constant, so that merged and known bounds are seen too."""
    fixed = not any(a.symbolic_bound or a.symbolic_first for a in draft.axes)
    if not fixed or rng.random() < 0.5:
        return
    counters = {a.name: (a.first, a.first + a.step * max(a.trips - 1, 0)) for a in draft.axes}
    by_place: dict[tuple[int, tuple[tuple[str, int], ...]], int] = {}
    for access in draft.accesses():
        key = access.buffer, tuple(sorted(access.coefficients.items()))
        by_place.setdefault(key, -access.range(counters)[0] + rng.choice([0, 0, 0, 1, 5]))
        access.base = by_place[key]


def _free_strides(rng: random.Random, draft: Draft) -> None:
    """Some coefficients of some drafts become values of the program."""
    if rng.random() < 0.7:
        return
    for coefficient in sorted({c for a in draft.accesses() for c in a.coefficients.values()}):
        if rng.random() < (0.25 if coefficient in (0, 1) else 0.6):
            second = rng.choice([n for n in (1, 2, 3, 8, abs(coefficient)) if n and coefficient % n == 0])
            draft.strides[coefficient] = coefficient // second, second, rng.random() < 0.6


def _stride_values(rng: random.Random, draft: Draft, mode: str) -> dict[str, int]:
    """Mostly what fits, sometimes zero, negative or too large."""
    values = {}
    for coefficient, (first, second, _) in draft.strides.items():
        if mode == "stride" and rng.random() < 0.7:
            first = rng.choice([0, 1, -1, -first, first + 1, first * 2, rng.randint(-40, 40), 1 << 20])
        values |= {_parameter(coefficient, "s"): first, _parameter(coefficient, "z"): second}
    return values


def _call(rng: random.Random, draft: Draft, made: Kernel, number_: int) -> Call:
    mode = "fits" if number_ == 0 else rng.choice(["fits", "fits", "alias", "short", "shift", "odd", "trips", "trips"])
    if number_ and draft.strides and rng.random() < 0.4:
        mode = "stride"
    values = _stride_values(rng, draft, mode)
    counters: dict[str, tuple[int, int]] = {}
    for axis in draft.axes:
        trips, first = axis.trips, axis.first
        if axis.symbolic_bound and number_ and mode == "trips":
            trips = rng.choice([0, 1, trips // 2, trips - 1, trips, rng.randint(0, trips), -rng.randint(0, 5)])
        if axis.symbolic_first and number_:
            first += rng.choice([0, 0, 1, -1, 7])
        values[f"f_{axis.name}"] = first
        coalesced = axis in draft.merged()
        values[f"n_{axis.name}"] = trips if coalesced else axis.bound(first, trips, rng.randrange(4))
        counters[axis.name] = (first, first + axis.step * max(trips - 1, 0))
    needs: dict[int, int] = {}
    for place, access in enumerate(draft.accesses()):
        least, most = access.range(counters)
        if access.base is None:
            base = values.setdefault(f"b{place}", -least + rng.choice([0, 0, 1, 2, 17]))
            base = next(values[f"b{k}"] for k, a in enumerate(draft.accesses()) if _same_place(a, access))
        else:
            base = access.base
        needs[access.buffer] = max(needs.get(access.buffer, 0), (base + most + 1) * SIZES[access.type])
    picks = [_pick(rng, draft, buffer, needs[buffer]) for buffer in range(draft.buffers())]
    _disturb(rng, draft, mode, picks, needs, values)
    return Call(tuple(picks), tuple(values[n] for n in made.params), 8 * rng.randrange(ROOM // 8))


def kind_of(draft: Draft, buffer: int) -> str:
    """The kind of data that a buffer should hold."""
    types = {a.type for a in draft.accesses() if a.buffer == buffer}
    return next((t for t in ("f32", "f64") if t in types), "int")


def _pick(rng: random.Random, draft: Draft, buffer: int, need: int) -> int:
    written = buffer == draft.store.buffer
    kind = kind_of(draft, buffer)
    fitting = slots(kind, need, mutable=written) or slots(kind, LARGEST, mutable=written)
    return rng.choice(list(fitting)[-2:] if written else list(fitting))


def _disturb(
    rng: random.Random, draft: Draft, mode: str, picks: list[int], needs: dict[int, int], values: dict[str, int]
) -> None:
    """Makes a call of the mode out of one that fits."""
    if mode == "alias" and len(picks) > 1:
        one, other = rng.sample(range(len(picks)), 2)
        if kind_of(draft, one) == kind_of(draft, other):
            picks[one] = picks[other] if SLOTS[picks[other]].mutable else picks[one]
            picks[other] = picks[one]
    elif mode == "short":
        buffer = rng.randrange(len(picks))
        small = [n for n in range(len(SLOTS)) if SLOTS[n].kind == SLOTS[picks[buffer]].kind and SLOTS[n].mutable]
        small = [n for n in small if SLOTS[n].length < needs[buffer]]
        picks[buffer] = small[0] if small and rng.random() < 0.7 else (rng.choice(small) if small else picks[buffer])
    elif mode == "shift":
        bases = [n for n in values if n.startswith("b")]
        for name in bases[: 1 + rng.randrange(2)]:
            values[name] += rng.choice([-1, -3, 1, 64, 1000, rng.randint(-4000, 4000)])
    elif mode == "odd":
        buffer = rng.randrange(len(picks))
        kind = kind_of(draft, buffer)
        constant = [n for n, s in enumerate(SLOTS) if not s.mutable and s.kind == kind and not s.null]
        picks[buffer] = rng.choice([NULL, *constant])
