"""Images that shrink to one channel: the step that writes one and the step that reads it take turns.

    fill P with 0                                       fill P with 0
    P[c, h + 1, w + 1] = max(T[c, h, w] + B[c], 0)      for c
    Y[c, h, w] += P[c, h + i, w + j] * K[c, i, j]   =>    P[h + 1, w + 1] = max(T[c, h, w] + B[c], 0)
                                                          Y[c, h, w] += P[h + i, w + j] * K[c, i, j]

The border of all channels is the same, and no turn writes there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from transpile.host.clear import dense_bytes
from transpile.host.nests import but, in_turn, is_map
from transpile.host.schedule import Fill, Repeat, Run, Step, Walked, renamed, rewritten, touched, walk, written
from transpile.host.values import Storage, whole
from transpile.nests.forms import uses_counters
from transpile.nests.loops.index import index
from transpile.nests.nest import element_bytes


def contracted(steps: Sequence[Step]) -> list[Step]:
    """The steps with one channel in place of an image, where that takes less memory."""
    return rewritten(steps, _contracted)


@dataclass(frozen=True)
class Contraction:
    """How an image can be one channel: of so many bytes, so many times."""

    channel: int
    count: int
    fills: tuple[Fill, ...]
    """What its border is."""
    reader: int
    array: str
    """What the step that reads it calls it."""
    loops: tuple[int, int]
    """Which loops of the step that writes it, and of the one that reads it, go from channel to channel."""


def contraction(steps: Sequence[Step], at: int) -> Contraction | None:
    """How the image that a step of a whole program writes can shrink, if it can and what it is made of is smaller."""
    writer = steps[at]
    if not isinstance(writer, Run) or not is_map(writer):
        return None
    image = writer.arrays["out"].storage
    users = [number for number, step in enumerate(steps) if image in touched(step)]
    if image.kind != "transient" or users[-2:-1] != [at]:
        return None
    reader, fills = steps[users[-1]], [steps[number] for number in users[:-2]]
    if not isinstance(reader, Run) or not _goes_in_turns(reader):
        return None
    names = [name for name, walked in reader.arrays.items() if walked.storage is image]
    sources = {walked.storage for name, walked in writer.arrays.items() if name != "out"}
    changed = {target for step in steps[at + 1 : users[-1] + 1] for target in written(step)}
    if len(names) != 1 or image in changed or changed & sources:
        return None
    for loop, channel, count in _channels(reader.arrays[names[0]]):
        by = next((n for n, *same in _channels(writer.arrays["out"]) if same == [channel, count]), None)
        borders = tuple(fill for fill in fills if isinstance(fill, Fill) and _is_same_in_all(fill, channel))
        smaller = channel + sum(source.size for source in sources if source.kind == "transient") < image.size
        if by is not None and _is_parallel(reader, loop) and len(borders) == len(fills) and smaller:
            return Contraction(channel, count, borders, users[-1], names[0], (by, loop))
    return None


def _goes_in_turns(run: Run) -> bool:
    """Whether nothing but places depends on the turns of the loops, and there is one left inside of another."""
    return run.nest is not None and len(run.nest.loops) > 1 and not (run.numbers or run.also or uses_counters(run.nest))


def _channels(walked: Walked) -> Iterator[tuple[int, int, int]]:
    """Loops that divide all of a storage into parts, each of them touched in its own turn: with the bytes of a part and
    the number of parts."""
    for loop, (stride, turns) in enumerate(zip(walked.strides, walked.turns, strict=True)):
        channel = stride * element_bytes(walked.element)
        if turns > 1 and channel * turns == walked.storage.size and _is_within(walked, loop, channel):
            yield loop, channel, turns


def _is_within(walked: Walked, loop: int, channel: int) -> bool:
    """Whether a turn of a loop touches nothing but its part of so many bytes."""
    low, high = replace(walked, strides=but(walked.strides, loop), turns=but(walked.turns, loop)).within({})
    return low >= 0 and high <= channel


def _is_parallel(run: Run, loop: int) -> bool:
    return all(run.arrays[store].strides[loop] for store in run.stores)


def _is_same_in_all(fill: Fill, channel: int) -> bool:
    return fill.target == whole(fill.target.storage) and channel % len(fill.pattern) == 0


# ---- in turns --------------------------------------------------------------------------------------------------------


def _contracted(steps: Sequence[Step], at: int) -> list[Step] | None:
    found = contraction(steps, at)
    if found is None:
        return None
    writer, reader = steps[at], steps[found.reader]
    assert isinstance(writer, Run) and isinstance(reader, Run)
    turn = f"c{sum(isinstance(step, Repeat) for step in walk(steps))}"
    channel = Storage("transient", found.channel)

    def of_turn(run: Run, name: str, loop: int) -> Run:
        made, place = in_turn(run, loop, index(turn)), run.arrays[name].offset
        return replace(made, arrays=made.arrays | {name: replace(made.arrays[name], storage=channel, offset=place)})

    turns = of_turn(writer, "out", found.loops[0]), of_turn(reader, found.array, found.loops[1])
    borders = [Fill(whole(channel), fill.pattern) for fill in found.fills]
    before = [step for step in steps[: found.reader] if step is not writer and step not in found.fills]
    behind = steps[found.reader + 1 :]
    made = [*before, *borders, Repeat(turn, found.count, turns), *behind]
    taken = _taken_over(steps, found.reader, writer, reader, found.loops)
    return made if taken is None else [renamed(step, *taken) for step in made]


def _taken_over(
    steps: Sequence[Step], at: int, writer: Run, reader: Run, loops: tuple[int, int]
) -> tuple[Storage, Storage] | None:
    """The buffer that the reader writes, and the one that the writer is done with and that can be in its place: what a
    turn writes there has been read in the same turn, or before."""
    out = reader.arrays["out"]
    if reader.stores != ("out",) or reader.reads_out or dense_bytes(out, {}) != (0, out.storage.size):
        return None
    if out.storage.kind != "transient" or any(out.storage in touched(step) for step in steps[:at]):
        return None
    part = out.strides[loops[1]] * element_bytes(out.element)
    for source in writer.arrays.values():
        old = source.storage
        names = [name for run in (writer, reader) for name, walked in run.arrays.items() if walked.storage is old]
        is_last = not any(old in touched(step) for step in steps[at + 1 :])
        same = (old.kind, old.size, old.home) == ("transient", out.storage.size, out.storage.home)
        by_part = source.strides[loops[0]] * element_bytes(source.element) == part
        if (
            len(names) == 1
            and is_last
            and same
            and by_part
            and all(_is_within(walked, loop, part) for walked, loop in ((source, loops[0]), (out, loops[1])))
        ):
            return out.storage, old
    return None
