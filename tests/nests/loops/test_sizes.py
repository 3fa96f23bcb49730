"""Convolutions of all sizes can be planned: whatever number of lanes is left behind the last panel."""

from __future__ import annotations

import re

import pytest

from transpile.ir.text import parse_function
from transpile.nests.find.recognise import find
from transpile.nests.loops.check import check
from transpile.nests.nest import Nest
from transpile.nests.plan.plans import Plans
from transpile.nests.plan.target import TARGETS

LOOP = """\
^{n}(%t{n}: i64): @0x{n}0
  %c{n}: i32 = cmp.lt.i64.s %t{n}, %n{n} @0x{n}1
  cond_br %c{n} ^{inside} ^{behind} @0x{n}2
"""


def convolution(rows: int, side: int, depth: int) -> Nest:
    """out[side² r + side y + x] += in[4 side² d + 4 side y + 2 x] * weights[depth r + d]: 1x1, with a stride of 2."""
    sizes = {"zero": 0, "one": 1, "n1": rows, "n2": side, "n3": side, "n4": depth, "two": 2}
    sizes |= {"area": side * side, "side": side, "image": 4 * side * side, "line": 4 * side}
    text = 'func @f index=0 cconv="0rrr_v" frame=100 {\n^0(%a: ref, %b: ref, %c: ref): @0x0\n'
    text += "".join(
        f"  %{name}: span = buffer.span %{ref} @0x1\n" for name, ref in (("sa", "a"), ("sb", "b"), ("sc", "c"))
    )
    text += "".join(f"  %{name}: i64 = const.i64 {{'value': {value}}} @0x2\n" for name, value in sizes.items())
    text += "  br ^1(%zero) @0x3\n"
    for n in (1, 2, 3, 4):
        inside = f"{n + 1}(%zero)" if n < 4 else "5()"
        behind = "9()" if n == 1 else f"{10 + n}()"
        text += LOOP.format(n=n, inside=inside, behind=behind)
    text += """\
^5(): @0x50
  %o1: i64 = mul.i64 %t1, %area @0x51
  %o2: i64 = fma.i64 %t2, %side, %o1 @0x52
  %o: i64 = add.i64 %o2, %t3 @0x53
  %i1: i64 = mul.i64 %t4, %image @0x54
  %i2: i64 = fma.i64 %t2, %line, %i1 @0x55
  %i: i64 = fma.i64 %t3, %two, %i2 @0x56
  %w1: i64 = mul.i64 %t1, %n4 @0x57
  %w: i64 = add.i64 %w1, %t4 @0x58
  %x: f32 = buffer.load.f32 %sb, %i @0x59
  %y: f32 = buffer.load.f32 %sc, %w @0x5a
  %z: f32 = buffer.load.f32 %sa, %o @0x5b
  %v: f32 = fma.f32 %x, %y, %z @0x5c
  buffer.store.f32 %sa, %o, %v @0x5d
  %next4: i64 = add.i64 %t4, %one @0x5e
  br ^4(%next4) @0x5f
"""
    for n in (2, 3, 4):
        text += f"^{10 + n}(): @0x{n}8\n  %next{n - 1}: i64 = add.i64 %t{n - 1}, %one @0x{n}9\n"
        text += f"  br ^{n - 1}(%next{n - 1}) @0x{n}a\n"
    text += "^9(): @0x90\n  return @0x91\n}\n"
    numbers: dict[str, int] = {}
    text = re.sub(r"%(\w+)", lambda name: f"%{numbers.setdefault(name[1], len(numbers))}", text)
    (nest,) = find(parse_function(text)).nests.values()
    return nest


@pytest.mark.parametrize("side", [5, 6, 7, 9, 11])
@pytest.mark.parametrize("rows", [64, 65])
def test_every_target_has_a_plan(rows: int, side: int) -> None:
    packed = 0
    for plan in Plans(list(TARGETS.values())).of(convolution(rows, side, 1024)):
        check(plan.work)
        packed += plan.schedule.tile is not None and bool(plan.schedule.tile.packed)
    assert packed > 2
