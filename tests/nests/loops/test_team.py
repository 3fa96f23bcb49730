"""Works for a team of threads: shares leave the terms of the literal loops, in whatever order they are."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle

import pytest

from tests.nests.loops.test_plans import FIRST, STRIDES, long_reductions
from tests.nests.loops.works import left, nests, touched
from tests.nests.random import batch
from transpile.nests.loops.check import check
from transpile.nests.loops.evaluate import Terms
from transpile.nests.loops.index import index
from transpile.nests.loops.nodes import Allocate, Body, Loop, Statement, Work, statements
from transpile.nests.loops.spell import spell_packs
from transpile.nests.loops.team import as_team, is_team
from transpile.nests.loops.text import format_work, parse
from transpile.nests.loops.tree import put
from transpile.nests.plan.plans import Plans
from transpile.nests.plan.target import row_of

THREADS, TURNS = 3, (9, 5, 4)


@pytest.mark.parametrize("target", ["sse2", "avx2", "scalar"])
def test_shares_are_independent_of_each_other(target: str) -> None:
    plans, packed, teams = Plans((row_of(target),)), 0, 0
    for nest in (nest for suite in (long_reductions(), batch("2", 0, 24)) for nest in nests(suite)):
        (plan,) = plans.of(nest)
        team = as_team(spell_packs(plan.work), THREADS)
        built = plan.literal
        numbers = dict.fromkeys(built.firsts, FIRST)
        numbers |= dict(zip(built.turns, cycle(TURNS))) | dict(zip(built.strides, cycle(STRIDES[0])))
        places = touched(built.work, numbers)
        if team is None or places is None:
            continue
        work, own = team
        check(work)
        assert parse(format_work(work)) == work
        assert not any(isinstance(s, Allocate) and s.array.space == "thread" for s in _inside(work))
        terms = Terms()
        expected = left(built.work, places, numbers, terms)
        room = {array.name: set(range(array.size.evaluate(numbers, {}))) for array in own if array.size is not None}
        for each in (work, _backwards(work)):
            found = left(each, places | room, numbers, terms)
            assert {name: items for name, items in found.items() if name not in room} == expected
        teams, packed = teams + 1, packed + bool(own)
    assert teams > 5
    assert packed or target == "scalar"


def _inside(work: Work) -> list[Statement]:
    return [statement for share in work.main.body if is_team((share,)) for statement in statements((share,))]


def _backwards(work: Work) -> Work:
    """The last share first."""

    def turned(body: Body) -> Body:
        return tuple(
            replace(s, body=put(s.body, {s.name: index(THREADS - 1) - index(s.name)}))
            if isinstance(s, Loop) and is_team((s,))
            else s
            for s in body
        )

    return replace(work, main=replace(work.main, body=turned(work.main.body)))


SHARED = """nest(out: f32, in1: f32)(threads)()
{before}  for part < threads threads
    for t0 < 8 parallel
      x0 = in1[8*part + t0]
      out[8*part + t0] = x0
"""


@pytest.mark.parametrize(
    ("before", "is_one"),
    [
        ("", True),
        ("  out[99] = f32(1)\n", True),
        ("  x1 = in1[0]\n", False),
        ("  allocate acc: f32[8] stack\n  acc[1] = f32(1)\n", False),
    ],
    ids=["nothing", "an element is stored", "one is loaded", "one in an array on the stack"],
)
def test_what_stands_beside_shares_can_be_done_once(before: str, is_one: bool) -> None:
    assert (as_team(parse(SHARED.format(before=before)), THREADS) is not None) == is_one


def test_a_work_without_shares_is_no_team_s() -> None:
    assert as_team(parse("nest(out: f32)()()\n  out[0] = f32(1)\n"), THREADS) is None
