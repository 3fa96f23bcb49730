"""What rewrites refuse: that which would change what a work computes, or of which they cannot know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from transpile.nests.loops.check import check
from transpile.nests.loops.nodes import Work
from transpile.nests.loops.order import cut, flatten, reorder
from transpile.nests.loops.outline import outline, share
from transpile.nests.loops.pack import pack
from transpile.nests.loops.stage import stage
from transpile.nests.loops.straight import pad, unroll, vectorise
from transpile.nests.loops.text import format_work, parse
from transpile.nests.loops.transpose import transpose
from transpile.nests.loops.tree import Illegal

SUM = """\
nest(out: f32, in1: f32)(n)()
  for i < 8 parallel
    for k < 4 serial
      for l < n serial
        x0 = out[i]
        x1 = in1[i + 8*k + 32*l]
        x2 = add.f32 x0, x1
        out[i] = x2
"""


@pytest.mark.parametrize(
    ("rewrite", "arguments"),
    [
        (reorder, (["i", "l", "k"],)),
        (reorder, (["i", "l"],)),
        (flatten, ("i", "k", "t")),
        (cut, ("l", 4, "_rest")),
        (cut, ("i", 9, "_rest")),
        (share, ("k", "part")),
        (vectorise, ("l", 4)),
        (unroll, ("l",)),
        (pad, ("i", 2, 3, "c", "i")),
        (stage, ("in2", "k", "acc", "registers")),
        (stage, ("out", "k", "acc", "registers", 1, "inside")),
        (stage, ("in1", "k", "acc", "registers")),
        (outline, ("acc", "tile")),
        (transpose, ("k", "out")),
        (transpose, ("k", "in2")),
        (pack, ("out", "k", "i", ("k",), 4, "packed")),
        (pack, ("in1", "l", "i", ("k",), 4, "packed")),
    ],
    ids=lambda given: given.__name__ if callable(given) else str(given),
)
def test_refused(rewrite: Callable[..., Work], arguments: tuple[Any, ...]) -> None:
    with pytest.raises(Illegal):
        rewrite(parse(SUM), *arguments)


def test_a_running_value_in_a_register() -> None:
    made = stage(reorder(parse(SUM), ["k", "l", "i"]), "out", "k", "acc", "stack")
    check(made)
    assert format_work(made) == """\
nest(out: f32, in1: f32)(n)()
  allocate acc: f32[8] stack
  for i_acc_in < 8 parallel
    acc_in_value = out[i_acc_in]
    acc[i_acc_in] = acc_in_value
  for k < 4 serial
    for l < n serial
      for i < 8 parallel
        x0 = acc[i]
        x1 = in1[i + 8*k + 32*l]
        x2 = add.f32 x0, x1
        acc[i] = x2
  for i_acc_out < 8 parallel
    acc_out_value = acc[i_acc_out]
    out[i_acc_out] = acc_out_value
"""


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("        x0 = out[j]", "j is used where it is not bound"),
        ("        x1 = out[i]", "x1 is bound again"),
        ("        x0 = out[i + lane]", "lane is used where it is not bound"),
        ("        call tile(out[i])()()", "there is no function tile"),
    ],
)
def test_what_means_nothing(line: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        check(parse(SUM.replace("        x0 = out[i]", line)))


@pytest.mark.parametrize("line", ["for i", "define i = 2 **", "if 1 < 2", "x = out[2 ** 3]", "allocate a: f32"])
def test_no_work(line: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        parse(f"nest(out: f32)()()\n  {line}")
