"""Images with a border that are written as dense ones first, so that one channel with the border is enough.

    fill P with 0                                fill P with 0
    P[c, h + 1, w + 1] = sums of T, as bytes     Q[c, h, w] = sums of T, as bytes
                                          =>     P[c, h + 1, w + 1] = Q[c, h, w]
    Y[c, h, w] = sums of P, as bytes             Y[c, h, w] = sums of P, as bytes

The last two steps take turns then (`contract`), and Y is where Q was.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from transpile.host.contract import contraction
from transpile.host.forward import with_place
from transpile.host.schedule import Run, Step, Walked, rewritten
from transpile.host.values import Storage
from transpile.ir.nodes import Op, Value, make_op
from transpile.isa.operations import Operation
from transpile.isa.table import row_of
from transpile.nests.find.affine import Affine, Term
from transpile.nests.loops.build import build
from transpile.nests.loops.index import index
from transpile.nests.nest import Access, Counter, Nest, element_bytes

_WORD = row_of(Operation.CONST, "i64")


def dense_first(steps: Sequence[Step]) -> list[Step]:
    """The steps with dense images in front of those that can be contracted then."""
    return rewritten(steps, _with_copy)


def _with_copy(steps: Sequence[Step], at: int) -> list[Step] | None:
    """The steps with a copy behind the sums at a place."""
    run = steps[at]
    if not isinstance(run, Run) or run.nest is None or not run.nest.reduction or run.stores != ("out",):
        return None
    out = run.arrays["out"]
    size = math.prod(turns for stride, turns in zip(out.strides, out.turns, strict=True) if stride)
    size *= element_bytes(out.element)
    if run.reads_out or out.storage.kind != "transient" or size >= out.storage.size:
        return None
    strides = _dense(out)
    image = Storage("transient", size, home=out.storage.home)
    summed = with_place(run, "out", image, index(0), strides)
    if summed is None:
        return None
    made = [*steps[:at], summed, _copy(run.nest, out, summed.arrays["out"], run), *steps[at + 1 :]]
    return made if contraction(made, at + 1) is not None else None


def _dense(out: Walked) -> tuple[int, ...]:
    """How far apart elements are in memory of their own, in the same order."""
    moves = sorted((stride, loop) for loop, stride in enumerate(out.strides) if stride)
    strides, reach = [0] * len(out.strides), 1
    for _, loop in moves:
        strides[loop], reach = reach, reach * out.turns[loop]
    return tuple(strides)


def _copy(nest: Nest, out: Walked, image: Walked, run: Run) -> Run:
    """The step that copies a dense image to where the elements that a nest writes were."""
    loops = [loop for loop, stride in enumerate(out.strides) if stride]
    number = make_op(_WORD, [], "i64", 0, value=0).result
    counters = [Counter(Value("i64"), number, number, 1, nest.header, out.turns[loop]) for loop in loops]
    stored = nest.result.op
    signed = True if out.element in ("i8", "i16") else None
    load = Op(row_of(Operation.BUFFER_LOAD, out.element, signed=signed), [Value("span"), Value("i64")])
    load.results.append(Value(stored.operands[2].type, load))
    store = make_op(stored.row, [Value("span"), Value("i64"), load.result], None, stored.offset)

    def access(op: Op, walked: Walked) -> Access:
        moves = zip(counters, loops, strict=True)
        terms: dict[Term, int] = {(counter.value,): walked.strides[loop] for counter, loop in moves}
        return Access(op, op.operands[0], element_bytes(walked.element), Affine(terms), Affine())

    made = Nest(counters, access(store, out), [access(load, image)], [load])

    def by_its_loops(walked: Walked) -> Walked:
        strides, turns = (tuple(each[loop] for loop in loops) for each in (walked.strides, walked.turns))
        return replace(walked, strides=strides, turns=turns)

    arrays = {"out": by_its_loops(out), "in1": by_its_loops(image)}
    return Run(build(made).work, arrays, run.place, nest=made)
