"""Rows that are transposed: the lanes of each vector, with the compiler's shuffles and without."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.csupport.support import COMPILERS, CSUPPORT, EXACT, WARNINGS, run

STRIDES = (21, 0, -19)
ROOM = 700
PROGRAM = """\
#include <stdio.h>
#include "nest.h"
static vm_elem_{kind} all[2 * {room}];
static void show(const vm_{kind}x{lanes} v) {{
  for (int l = 0; l < {lanes}; l++) printf("%d ", (int)v[l]);
}}
static void turned(const vm_elem_{kind}* const from, const int64_t stride) {{
  VM_TRANSPOSE_{lanes}(vm_{kind}x{lanes}, a, b, c, d, from + 1, stride);
  show(a), show(b), show(c), show(d);
}}
int main(void) {{
  const int64_t strides[] = {{{strides}}};
  for (int n = 0; n < 2 * {room}; n++) all[n] = (vm_elem_{kind})n;
  for (int n = 0; n < {count}; n++) turned(all + {room}, strides[n]);
  return 0;
}}
"""


@pytest.mark.parametrize("lanes", [4, 8, 16])
@pytest.mark.parametrize("kind", ["f32", "i32"])
@pytest.mark.parametrize("shuffles", ["", "-DVM_SHUFFLES=0"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_each_lane_is_its_rows(compiler: str, shuffles: str, kind: str, lanes: int, tmp_path: Path) -> None:
    places = {"strides": ", ".join(map(str, STRIDES)), "count": len(STRIDES), "room": ROOM}
    source, program = tmp_path / "turned.c", tmp_path / "turned"
    source.write_text(PROGRAM.format(kind=kind, lanes=lanes, **places))
    flags = [flag for flag in (*WARNINGS, *EXACT, "-Wno-psabi", shuffles) if flag]
    run(compiler, *flags, "-I", CSUPPORT, source, "-o", program)
    expected = [ROOM + 1 + stride * lane + turn for stride in STRIDES for turn in range(4) for lane in range(lanes)]
    assert [int(word) for word in run(program).split()] == expected
