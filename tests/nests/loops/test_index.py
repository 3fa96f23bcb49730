"""Integer expressions: one form for one number."""

from __future__ import annotations

import random

import pytest

from transpile.nests.loops.index import Index, div, index, least, mod
from transpile.nests.loops.text import read_index

I, J, N = index("i"), index("j"), index("n")  # noqa: E741
CASES = [
    (I * 2 + J - I, "i + j"),
    ((I + J) * (I - 1), "-i - j + i*i + i*j"),
    (div(I * 6 + 4, 2), "2 + 3*i"),
    (mod(I * 16 + J, 16), "(j mod 16)"),
    (div(I, 9) * 9 + mod(I, 9), "i"),
    (div(I, 9) * 18 + mod(I, 9) * 2 + 1, "1 + 2*i"),
    (least(I + 1, I), "i"),
    (least(5, 3), "3"),
    (div(N * I, N), "(i*n div n)"),
]


@pytest.mark.parametrize(("made", "text"), CASES, ids=[text for _, text in CASES])
def test_forms(made: Index, text: str) -> None:
    assert made == read_index(text)


def test_bounds_make_divisions_go_away() -> None:
    bounds = {"i": 7, "j": 16}
    assert div(I * 16 + J, 16).tidy(bounds) == I
    assert mod(I * 16 + J, 16).tidy(bounds) == J
    assert least(J, 15).tidy(bounds) == J
    assert least(J, 14).tidy(bounds) != J
    assert mod(least(112, index(196) - I * 112), 16).most(bounds) == 4
    assert mod(least(112, index(192) - I * 112), 16).tidy(bounds) == index(0)


def test_what_is_tidied_is_the_same_number() -> None:
    rng = random.Random(1)
    bounds = {"i": 5, "j": 9, "k": 1}
    for _ in range(3000):
        made = _random(rng, 3)
        numbers = {name: rng.randrange(limit) for name, limit in bounds.items()}
        value = made.evaluate(numbers, {})
        assert made.tidy(bounds).evaluate(numbers, {}) == value, made
        assert made.put({"i": index(numbers["i"])}).evaluate(numbers, {}) == value, made
        assert read_index(str(made)) == made
        most = made.most(bounds)
        assert most is None or value <= most, made


def _random(rng: random.Random, depth: int) -> Index:
    """An index that is never negative."""
    if depth == 0:
        return index(rng.choice(["i", "j", "k", rng.randrange(20)]))
    first, second = _random(rng, depth - 1), _random(rng, depth - 1)
    match rng.randrange(5):
        case 0:
            return first + second
        case 1:
            return first * rng.randrange(1, 20) + second
        case 2:
            return div(first, rng.randrange(1, 20))
        case 3:
            return mod(first, rng.randrange(1, 20))
        case _:
            return least(first, second)
