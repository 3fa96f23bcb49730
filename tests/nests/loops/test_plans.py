"""Plans of random nests, step by step: each leaves the terms that the literal loops leave."""

from __future__ import annotations

from itertools import product

import pytest

from tests.nests.kernel import Kernel, Load, Store, Var, number, op
from tests.nests.known import loop
from tests.nests.loops.works import left, nests, touched
from tests.nests.random import batch
from tests.nests.suite import Case, Suite
from transpile.nests.loops.check import check
from transpile.nests.loops.evaluate import Terms
from transpile.nests.loops.text import format_work, parse
from transpile.nests.loops.tidy import tidied
from transpile.nests.plan.plans import plan
from transpile.nests.plan.target import row_of

SIZES = ((3, 5, 2), (17, 9, 33), (1, 1, 1))
"""Turns of loops that are not known; then sizes of these to choose from in turn."""
FIRST = 7
STRIDES = ((40, 3, 1), (-41, 1, 0), (1, -7, 50))
"""Strides that are not known, likewise."""
_ONCE = [(SIZES[0], STRIDES[0])]
SEEDS, COUNT = ("2", "3"), 24
FEW = ("2",)
KINDS = {"map", "strip", "packed strip", "tile", "packed tile", "transposed tile"}


def long_reductions() -> Suite:
    """Without vector forms, of rows that are copied first; and a matrix times a vector."""
    i, k, rows = Var("i"), Var("k"), Var("n")
    value = op("add.f32", Load(0, "f32", i), op("exp.f32", Load(1, "f32", op("fma.i64", i, number(40), k))))
    store = Store(0, "f32", i, value)
    product = op("fma.f32", Load(1, "f32", op("fma.i64", i, number(40), k)), Load(2, "f32", k), Load(0, "f32", i))
    bodies = [(loop("i", 17, loop("k", 16, store)),), (loop("i", rows, loop("k", rows, store)),)]
    bodies += [(loop("i", 23, loop("k", turns, Store(0, "f32", i, product))),) for turns in (19, 17)]
    return Suite("long", [Case(Kernel(f"k{n}", 3, ("n",), body), ()) for n, body in enumerate(bodies)])


@pytest.mark.parametrize(
    ("target", "seeds", "expected_kinds"),
    [
        ("sse2", SEEDS, KINDS),
        ("avx2", SEEDS, KINDS),
        ("avx512", SEEDS, KINDS),
        pytest.param("neon", FEW, KINDS, marks=pytest.mark.slow),
        pytest.param("helium", FEW, KINDS, marks=pytest.mark.slow),
        ("scalar", FEW, KINDS - {"packed tile", "transposed tile"}),
    ],
)
def test_every_step_keeps_the_terms(target: str, seeds: tuple[str, ...], expected_kinds: set[str]) -> None:
    kinds, free = set(), 0
    suites = [long_reductions(), *(batch(seed, 0, COUNT if seeds == SEEDS else COUNT // 2) for seed in seeds)]
    for nest in (nest for suite in suites for nest in nests(suite)):
        chosen = plan(nest, row_of(target))
        built = chosen.literal
        compared = 0
        for sizes, strides in zip(SIZES, STRIDES, strict=True) if built.turns or built.strides else _ONCE:
            numbers = {name: sizes[n % len(sizes)] for n, name in enumerate(built.turns)}
            numbers |= {name: strides[n % len(strides)] for n, name in enumerate(built.strides)}
            numbers |= dict.fromkeys(built.firsts, FIRST)
            places = touched(built.work, numbers)
            if places is None:
                continue
            terms = Terms()
            expected = left(built.work, places, numbers, terms)
            made = tidied(built.work)
            for step in chosen.steps:
                made = step.apply(made)
                check(made)
                assert parse(format_work(made)) == made, step
                assert left(made, places, numbers, terms) == expected, step
            assert left(chosen.work, places, numbers, terms, threads=3) == expected
            compared += 1
        if compared:
            free += bool(built.strides)
            tile = chosen.schedule.tile
            packed = chosen.schedule.packed if tile is None else tile.packed
            transposed = tile is not None and tile.transposed
            kinds.add(f"{'packed ' if packed else ''}{'transposed ' if transposed else ''}{chosen.schedule.kind}")
    assert free > 3 or seeds == FEW
    assert kinds == expected_kinds


def _vectors() -> Suite:
    """Matrices times a vector, or times three of them, of all remainders of rows and turns."""
    i, j, k = Var("i"), Var("j"), Var("k")
    bodies = []
    for rows, turns, count in product((1, 8, 11, 20), (1, 8, 9, 10, 11, 12, 17), (1, 3)):
        place = op("fma.i64", j, number(rows), i)
        row, vector = (Load(n, "f32", op("fma.i64", from_, number(turns), k)) for n, from_ in ((1, i), (2, j)))
        store = Store(0, "f32", place, op("fma.f32", row, vector, Load(0, "f32", place)))
        bodies.append((loop("j", count, loop("i", rows, loop("k", turns, store))),))
    return Suite("vectors", [Case(Kernel(f"k{n}", 3, (), body), ()) for n, body in enumerate(bodies)])


@pytest.mark.parametrize("target", ["sse2", "avx2", "avx512", "neon"])
def test_matrices_times_vectors(target: str) -> None:
    transposed = 0
    for nest in nests(_vectors()):
        chosen = plan(nest, row_of(target))
        places = touched(chosen.literal.work, {})
        assert places is not None
        terms = Terms()
        expected = left(chosen.literal.work, places, {}, terms)
        check(chosen.work)
        assert left(chosen.work, places, {}, terms, threads=3) == expected
        transposed += chosen.schedule.tile is not None and bool(chosen.schedule.tile.transposed)
    assert transposed > 4
