"""Places in the arena: what is alive at the same time is apart, and the arena is hardly larger than it has to be."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from transpile.host.clear import cleared
from transpile.host.memory import ALIGNMENT, Arena, arena
from transpile.host.schedule import Copy, Fill, Repeat, Step
from transpile.host.split import split
from transpile.host.values import Range, Storage, whole
from transpile.nests.loops.index import index


def programs(seed: int) -> list[Step]:
    """Buffers that are copied to others, as often as chance has it."""
    choice = random.Random(seed)
    size = choice.choice([64, 1000, 4096])
    made = [Storage("input", size)]
    steps: list[Step] = []
    for _ in range(choice.randrange(2, 30)):
        target = Storage("transient", choice.choice([size, size, 16, 1, 3 * size]))
        if choice.random() < 0.2:
            steps.append(Fill(whole(target), b"\7"))
        else:
            source = choice.choice(made[-4:])
            length = min(source.size, target.size)
            steps.append(Copy(first(target, length), first(source, length)))
        made.append(target)
    output = Storage("output", min(size, made[-1].size))
    steps.append(Copy(whole(output), first(made[-1], output.size)))
    return steps


def first(storage: Storage, length: int) -> Range:
    return whole(storage).part(index(0), length)


def overlaps(plan: Arena) -> Iterator[tuple[int, int]]:
    """Pairs of buffers that are alive together and share bytes."""
    for number, a in enumerate(plan.lives):
        for other, b in enumerate(plan.lives[:number]):
            low, high = plan.offsets[a.storage], plan.offsets[b.storage]
            if a.meets(b) and low < high + b.size and high < low + a.size:
                yield number, other


@pytest.mark.parametrize("seed", range(200))
def test_random_programs(seed: int) -> None:
    plan = arena(programs(seed))
    assert not list(overlaps(plan))
    assert all(offset % ALIGNMENT == 0 for offset in plan.offsets.values())
    assert plan.bound <= plan.bytes <= 1.25 * plan.bound
    assert sum(life.size for life in plan.alive(plan.peak)) == plan.bound


def test_an_overlap_is_found() -> None:
    steps = programs(1)
    plan = arena(steps)
    together = [life.storage for life in plan.lives]
    crowded = Arena(dict.fromkeys(together, 0), plan.bytes, plan.bound, plan.peak, plan.lives)
    assert list(overlaps(crowded))


def contents(steps: list[Step], poison: int) -> bytes:
    """What copies and fills leave in the output, where buffers begin full of `poison`."""
    memory: dict[Storage, bytearray] = {}

    def bytes_of(storage: Storage) -> bytearray:
        return memory.setdefault(storage, bytearray([1 if storage.kind == "input" else poison]) * storage.size)

    for step in steps:
        assert isinstance(step, Copy | Fill)
        target, at = bytes_of(step.target.storage), step.target.offset.const
        if isinstance(step, Fill):
            target[at : at + step.target.length] = step.pattern * step.target.length
        else:
            begin = step.source.offset.const
            target[at : at + step.target.length] = bytes_of(step.source.storage)[begin : begin + step.target.length]
    return next(bytes(data) for storage, data in memory.items() if storage.kind == "output")


@pytest.mark.parametrize("seed", range(200))
def test_what_is_read_early_is_cleared(seed: int) -> None:
    """Buffers are zeroed in IREE; here, only where that can be seen. Taking them apart changes nothing."""
    steps = programs(seed)
    expected = contents(steps, 0)
    assert contents(cleared(steps), 0xA5) == expected
    assert contents(cleared(split(steps)), 0xA5) == expected


def test_one_buffer_for_many_tensors_is_taken_apart() -> None:
    """Compilers put tensors into slots of one buffer: they are alive one after the other."""
    slot, source, output = Storage("transient", 4000), Storage("input", 1000), Storage("output", 1000)
    at = [whole(slot).part(index(1000 * n), 1000) for n in range(4)]
    between: list[Step] = [Copy(at[n], at[n - 1]) for n in (1, 2, 3)]
    steps: list[Step] = [Copy(at[0], whole(source)), *between, Copy(whole(output), at[3])]
    assert arena(steps).bytes == 4000
    assert arena(split(steps)).bytes == 2 * 1008


def test_what_nobody_reads_is_not_written() -> None:
    unread, output = Storage("transient", 64), Storage("output", 64)
    kept = Fill(whole(output), b"\1")
    assert split([Fill(whole(unread), b"\0"), kept])[0].target.storage is output  # type: ignore[union-attr]
    assert len(split([Fill(whole(unread), b"\0"), kept])) == 1
    inside = Repeat("r0", 3, (Fill(whole(unread), b"\0"),))
    assert len(split([inside, kept])) == 1
