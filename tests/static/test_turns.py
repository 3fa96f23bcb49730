"""Loops of a schedule, taken apart where what happens is not the same in all turns."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import product

import pytest

from transpile.host.numbers import compute
from transpile.host.recorder import Recorder
from transpile.host.schedule import Fill, Repeat, Step
from transpile.host.turns import Later, Undecided, compared, computed
from transpile.host.values import Storage, whole
from transpile.ir.nodes import Value, make_op
from transpile.isa.table import BY_NAME
from transpile.nests.loops.index import Index, index

BINARY = ["add.i64", "sub.i64", "mul.i64", "min.i64.s", "max.i64.s", "div.i64.s", "rem.i64.s"]
BINARY += ["cmp.eq.i64", "cmp.ne.i64", "cmp.lt.i64.s"]
BUFFER = Storage("transient", 1 << 20)


def applied(mnemonic: str, operands: Sequence[Index], recorder: Recorder) -> Index:
    """An instruction on numbers of 64 bits."""
    row = BY_NAME[mnemonic]
    assert row.result is not None
    made = make_op(row, [Value("i64")] * len(operands), row.result.kind.type, 0)
    known = [operand.known for operand in operands]
    value = None if None in known else compute(made.row, [number for number in known if number is not None])
    return index(value) if value is not None else computed(made, operands, recorder.bounds)


def note(recorder: Recorder, number: Index) -> None:
    """A step that shows a number in its place."""
    target = whole(BUFFER)
    recorder.add(Fill(type(target)(BUFFER, number, 1), b"\0"))


def shown(steps: Sequence[Step], turns: dict[str, Index] | None = None) -> Iterator[int | None]:
    """The numbers that steps show, turn by turn."""
    around = turns or {}
    for step in steps:
        if isinstance(step, Repeat):
            for turn in range(step.count):
                yield from shown(step.steps, {**around, step.name: index(turn)})
        else:
            assert isinstance(step, Fill)
            yield step.target.offset.put(around).known


def recorded(turns: Sequence[int], body: Callable[[Recorder, Sequence[Index]], None]) -> Recorder:
    """Loops in each other, the first one outermost."""
    recorder = Recorder()

    def inside(rest: Sequence[int], place: tuple[Index, ...]) -> None:
        if rest:
            recorder.repeat(rest[0], lambda turn: inside(rest[1:], (*place, turn)))
        else:
            body(recorder, place)

    inside(turns, ())
    return recorder


def loops(steps: Sequence[Step]) -> int:
    return sum(1 + loops(step.steps) for step in steps if isinstance(step, Repeat))


def test_a_tile_that_is_cut_short() -> None:
    """min(64, 300 - 64*x): the last turn has an end of its own."""

    def body(recorder: Recorder, place: Sequence[Index]) -> None:
        rest = applied("sub.i64", [index(300), place[0] * 64], recorder)
        note(recorder, applied("min.i64.s", [index(64), rest], recorder))

    recorder = recorded([5], body)
    assert list(shown(recorder.steps)) == [64, 64, 64, 64, 44]
    assert loops(recorder.steps) == 1 and len(recorder.steps) == 2


@pytest.mark.parametrize(("turns", "by", "whole_loops"), [(12, 3, 2), (13, 3, 2), (12, 12, 1), (5, 7, 1)])
def test_digits(turns: int, by: int, whole_loops: int) -> None:
    """A number of workgroups that is taken apart into one for each dimension."""

    def body(recorder: Recorder, place: Sequence[Index]) -> None:
        note(recorder, applied("div.i64.s", [place[0], index(by)], recorder) * 100)
        note(recorder, applied("rem.i64.s", [place[0], index(by)], recorder))

    recorder = recorded([turns], body)
    assert list(shown(recorder.steps)) == [n for x in range(turns) for n in (x // by * 100, x % by)]
    assert loops(recorder.steps) == whole_loops


def test_a_comparison_that_is_the_same_in_all_turns() -> None:
    recorder = Recorder()
    with pytest.raises(Undecided):
        applied("cmp.ne.i64", [index("r"), index(0)], Recorder(bounds={"r": 5}))
    recorder.repeat(5, lambda turn: note(recorder, applied("cmp.lt.i64.s", [turn, index(0)], recorder)))
    assert list(shown(recorder.steps)) == [0] * 5 and loops(recorder.steps) == 1


def test_a_comparison_that_does_not_matter() -> None:
    """`x != 4*(x div 4) and x < 0`, where rounding down differs from rounding to zero, is false in all turns."""
    bounds = {"r": 5}
    unequal, both = (make_op(BY_NAME[name], [Value("i64")] * 2, "i32", 0) for name in ("cmp.ne.i64", "and.i32"))
    undecided = compared(unequal, [index("r"), index(0)], bounds)
    assert isinstance(undecided, Later)
    assert compared(both, [undecided, index(0)], bounds) == index(0)
    with pytest.raises(Undecided):
        compared(both, [undecided, index(1)], bounds)


def test_nothing_is_left_of_what_was_tried() -> None:
    """Writes are counted once, and the loops around are the same after a failure."""
    recorder = Recorder()
    with pytest.raises(ZeroDivisionError):
        recorder.repeat(3, lambda turn: recorder.repeat(2, lambda inner: note(recorder, index(1 // 0))))
    assert (recorder.steps, recorder.bounds) == ([], {})
    recorder.repeat(4, lambda turn: note(recorder, applied("min.i64.s", [turn, index(2)], recorder)))
    assert recorder.bounds == {} and recorder.written == {BUFFER: len(recorder.steps)}


def random_body(seed: int) -> Callable[[Recorder, Sequence[Index]], None]:
    """A few instructions on the turns of the loops around and constants; some numbers are shown."""

    def body(recorder: Recorder, place: Sequence[Index]) -> None:
        choice = random.Random(seed)
        numbers = [*place, index(choice.choice([0, 1, 2, 5, 64, -3]))]
        for _ in range(choice.randint(1, 6)):
            does, first = choice.choice(BINARY), choice.choice(numbers)
            other = index(choice.choice([1, 2, 3, 4, 7, 16]))
            if does[:3] not in ("div", "rem", "mul") and choice.random() < 0.5:
                other = choice.choice(numbers)
            numbers.append(applied(does, [first, other], recorder))
            note(recorder, numbers[-1])

    return body


@pytest.mark.parametrize("seed", range(300))
def test_random_numbers(seed: int) -> None:
    """In every turn what the instructions give there, in order."""
    choice = random.Random(f"turns {seed}")
    turns = [choice.choice([1, 2, 3, 5, 8, 13]) for _ in range(choice.randint(1, 3))]
    body, expected = random_body(seed), Recorder()
    for place in product(*map(range, turns)):
        body(expected, [index(turn) for turn in place])
    recorder = recorded(turns, body)
    assert list(shown(recorder.steps)) == list(shown(expected.steps))
