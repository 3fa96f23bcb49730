"""Images of which one channel at a time is in memory: which ones, why others are not, and what comes of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import transpile
from tests.static.support import Array, arguments, compiled, made, same
from tests.support.tools import links
from transpile import loader
from transpile.host.contract import contracted, contraction
from transpile.host.dense import dense_first
from transpile.host.fuse import fused
from transpile.host.join import joined
from transpile.host.nests import is_map
from transpile.host.program import schedules
from transpile.host.schedule import Copy, Fill, Repeat, Run, Step, Walked, renamed, touched, walk
from transpile.host.split import split
from transpile.host.values import Storage, whole
from transpile.nests.loops.index import index
from transpile.nests.plan.target import CORTEX_M4, Target
from transpile.pipeline import lower

DATA = Path(__file__).parent / "data"
MODULES = ["channels_vmvx", "channels_inline"]


def steps_of(module: str) -> list[Step]:
    """The steps of a program on tensors, workgroups joined."""
    name = module.partition("_")[0]
    return joined(split(joined(schedules(lower(loader.read(DATA / f"{module}.vmfb")), {name: {}})[0].steps)))


def block() -> list[Step]:
    """A border, the step that writes what is inside of it, and the depthwise convolution that reads both."""
    steps = fused(steps_of("channels_vmvx"), in_turns=True)
    at, found = next((at, found) for at in range(len(steps)) if (found := contraction(steps, at)) is not None)
    return [*found.fills, steps[at], steps[found.reader]]


def places(steps: list[Step]) -> list[str]:
    """What is written and read, where and how, buffers by their sizes."""

    def place(walked: Walked) -> str:
        return f"{walked.storage.size}[{walked.offset}] by {walked.strides}"

    lines = []
    for step in walk(steps):
        match step:
            case Repeat(name, count):
                lines.append(f"for {name} < {count}")
            case Fill(target, _):
                lines.append(f"fill {target.storage.size}")
            case Run(arrays=arrays):
                lines.append(" <- ".join(map(place, arrays.values())))
    return lines


def test_one_channel_is_written_and_read_in_each_turn() -> None:
    assert places(block()) == [
        "fill 4032",
        "4032[52] by (168, 12, 1) <- 2880[0] by (120, 10, 1) <- 24[0] by (1, 0, 0)",
        "2880[0] by (10, 1, 120, 0, 0) <- 4032[0] by (12, 1, 168, 12, 1) <- 216[0] by (0, 0, 9, 3, 1)",
    ]
    assert places(contracted(block())) == [
        "fill 672",
        "for c0 < 6",
        "672[52] by (12, 1) <- 2880[480*c0] by (10, 1) <- 24[4*c0] by (0, 0)",
        "2880[480*c0] by (10, 1, 0, 0) <- 672[0] by (12, 1, 12, 1) <- 216[36*c0] by (0, 0, 3, 1)",
    ]


def test_what_is_written_takes_the_place_of_what_was_read() -> None:
    steps = contracted(block())
    assert len({storage for storage in touched(steps[1]) if storage.size == 2880}) == 1


@pytest.mark.parametrize("flow", ["vmvx", "inline"])
def test_layers_that_go_channel_by_channel(flow: str) -> None:
    """Convolutions one behind another, one with strides, and pooling, whose border is no zero; each has its loop."""
    programs, _, source = made(DATA / f"channels_{flow}.vmfb", 0)
    loops = [step for step in programs[0].schedule.steps if isinstance(step, Repeat)]
    assert [(step.name, step.count) for step in loops] == [("c0", 6), ("c1", 6), ("c2", 6), ("c3", 5)]
    assert all(len(step.steps) == 2 for step in loops)
    assert re.findall(r"for \(int32_t (c\d) = 0; \1 < (\d); \1\+\+\) \{", source) == [
        (step.name, str(step.count)) for step in loops
    ]
    assert programs[0].arena.bytes == 2880 + 672 + 720


@pytest.mark.parametrize("flow", ["vmvx", "inline"])
def test_a_convolution_over_all_channels_is_not_one(flow: str) -> None:
    """Of five padded images, one has a depthwise reader."""
    steps = steps_of(f"residual_{flow}")
    assert sum(contraction(steps, at) is not None for at in range(len(steps))) == 1


@pytest.mark.parametrize("flow", ["vmvx", "inline"])
def test_where_the_arena_stays_as_large_images_stay_whole(flow: str) -> None:
    programs, _, _ = made(DATA / f"residual_{flow}.vmfb", 0)
    assert not any(isinstance(step, Repeat) for step in programs[0].schedule.steps)


@pytest.mark.parametrize("flow", ["vmvx", "inline"])
@pytest.mark.parametrize("target", [0, CORTEX_M4], ids=["plain", "cortex-m4"])
def test_bytes_of_sums_go_channel_by_channel(target: int | Target, flow: str) -> None:
    """A dense image of bytes is written first; a copy of one channel at a time gets the border, and the next layer's
    channel takes the place of the dense one."""
    programs, _, _ = made(DATA / f"channels_int8_{flow}.vmfb", target)
    loops = [step for step in programs[0].schedule.steps if isinstance(step, Repeat)]
    assert [step.count for step in loops] == [6, 6, 6, 5]
    first, second = loops[0].steps
    assert isinstance(first, Run) and isinstance(second, Run)
    assert [walked.storage.size for walked in first.arrays.values()] == [14 * 12, 12 * 10 * 6]
    assert second.arrays["out"].storage is first.arrays["in1"].storage
    assert programs[0].arena.bytes == 1136


def test_dense_images_are_written_for_those_that_shrink_by_it() -> None:
    """Not where the reader needs all channels, not where there is no border, and not twice."""
    steps = whole_steps("channels_int8_vmvx")
    dense = dense_first(steps)
    copies = [step for step in dense if isinstance(step, Run) and is_map(step) and step not in steps]
    assert len(dense) - len(steps) == len(copies) == 4
    assert [step.arrays["in1"].element for step in copies] == ["i8", "i8", "f32", "i8"]
    assert all(step.arrays["in1"].storage.size < step.arrays["out"].storage.size for step in copies)
    assert dense_first(dense) == dense
    others = whole_steps("residual_int8_vmvx")
    assert len(dense_first(others)) == len(others) + 1


def whole_steps(module: str) -> list[Step]:
    """The steps with sums that become bytes before they are stored."""
    steps = joined(fused(steps_of(module), converts=True))
    return joined(fused(joined(split(steps)), converts=True))


# ---- what it is not done for -----------------------------------------------------------------------------------------


def read_twice(border: Fill, writer: Run, reader: Run) -> list[Step]:
    return [border, writer, reader, replace(reader, arrays=dict(reader.arrays))]


def written_twice(border: Fill, writer: Run, reader: Run) -> list[Step]:
    return [border, writer, replace(writer, arrays=dict(writer.arrays)), reader]


def border_behind(border: Fill, writer: Run, reader: Run) -> list[Step]:
    return [writer, border, reader]


def border_of_a_part(border: Fill, writer: Run, reader: Run) -> list[Step]:
    return [Fill(border.target.part(index(0), 48), b"\0"), writer, reader]


def border_not_the_same(border: Fill, writer: Run, reader: Run) -> list[Step]:
    return [Fill(border.target, bytes(range(64))), writer, reader]


def border_copied(border: Fill, writer: Run, reader: Run) -> list[Step]:
    image = border.target.storage
    return [Copy(whole(image), whole(Storage("input", image.size))), writer, reader]


def image_is_a_result(border: Fill, writer: Run, reader: Run) -> list[Step]:
    image = border.target.storage
    return [renamed(step, image, Storage("output", image.size)) for step in (border, writer, reader)]


def source_changed_between(border: Fill, writer: Run, reader: Run) -> list[Step]:
    return [border, writer, Fill(whole(writer.arrays["in1"].storage), b"\0"), reader]


def source_changed_in_a_loop_between(border: Fill, writer: Run, reader: Run) -> list[Step]:
    return [border, writer, Repeat("r0", 2, (Fill(whole(writer.arrays["in1"].storage), b"\0"),)), reader]


def source_changed_by_the_reader(border: Fill, writer: Run, reader: Run) -> list[Step]:
    return [border, writer, renamed(reader, reader.arrays["out"].storage, writer.arrays["in1"].storage)]


def reader_in_a_loop(border: Fill, writer: Run, reader: Run) -> list[Step]:
    return [border, writer, Repeat("r0", 2, (reader,))]


def writer_in_a_loop(border: Fill, writer: Run, reader: Run) -> list[Step]:
    return [border, Repeat("r0", 2, (writer,)), reader]


def used_in_a_loop(border: Fill, writer: Run, reader: Run) -> list[Step]:
    return [border, writer, reader, Repeat("r0", 2, (Fill(border.target, b"\0"),))]


def reader_beyond_its_channel(border: Fill, writer: Run, reader: Run) -> list[Step]:
    return [border, writer, _elsewhere(reader, "in1", 4)]


def writer_beyond_its_channel(border: Fill, writer: Run, reader: Run) -> list[Step]:
    return [border, _elsewhere(writer, "out", 672), reader]


def source_as_large(border: Fill, writer: Run, reader: Run) -> list[Step]:
    return [border, renamed(writer, writer.arrays["in1"].storage, Storage("transient", 4032 - 672)), reader]


def _elsewhere(run: Run, name: str, by: int) -> Run:
    walked = run.arrays[name]
    return replace(run, arrays=run.arrays | {name: replace(walked, offset=walked.offset + by)})


@pytest.mark.parametrize(
    "change",
    [
        read_twice,
        written_twice,
        border_behind,
        border_of_a_part,
        border_not_the_same,
        border_copied,
        image_is_a_result,
        source_changed_between,
        source_changed_in_a_loop_between,
        source_changed_by_the_reader,
        reader_in_a_loop,
        writer_in_a_loop,
        used_in_a_loop,
        reader_beyond_its_channel,
        writer_beyond_its_channel,
        source_as_large,
    ],
)
def test_left_as_it_is(change: Callable[[Fill, Run, Run], list[Step]]) -> None:
    border, writer, reader = block()
    assert isinstance(border, Fill) and isinstance(writer, Run) and isinstance(reader, Run)
    steps = change(border, writer, reader)
    assert contracted(steps) == steps


def read_later(border: Fill, writer: Run, reader: Run) -> list[Step]:
    source = writer.arrays["in1"].storage
    return [border, writer, reader, Copy(whole(Storage("output", source.size)), whole(source))]


def filled_before(border: Fill, writer: Run, reader: Run) -> list[Step]:
    return [Fill(whole(reader.arrays["out"].storage), b"\0"), border, writer, reader]


def of_another_size(border: Fill, writer: Run, reader: Run) -> list[Step]:
    return [border, writer, renamed(reader, reader.arrays["out"].storage, Storage("transient", 2884))]


def read_by_the_reader(border: Fill, writer: Run, reader: Run) -> list[Step]:
    return [border, writer, renamed(reader, reader.arrays["in2"].storage, writer.arrays["in1"].storage)]


def not_the_same_channel(border: Fill, writer: Run, reader: Run) -> list[Step]:
    source = writer.arrays["in1"]
    arrays = writer.arrays | {"in1": replace(source, strides=(1, 60, 6))}
    return [border, replace(writer, arrays=arrays), reader]


def result_of_the_program(border: Fill, writer: Run, reader: Run) -> list[Step]:
    return [border, writer, renamed(reader, reader.arrays["out"].storage, Storage("output", 2880))]


@pytest.mark.parametrize(
    "change",
    [read_later, filled_before, of_another_size, read_by_the_reader, not_the_same_channel, result_of_the_program],
)
def test_a_buffer_of_its_own(change: Callable[[Fill, Run, Run], list[Step]]) -> None:
    """What the reader writes does not take the place of what the writer reads, where a later turn would see that."""
    border, writer, reader = block()
    assert isinstance(border, Fill) and isinstance(writer, Run) and isinstance(reader, Run)
    steps = contracted(change(border, writer, reader))
    (loop,) = (step for step in steps if isinstance(step, Repeat))
    first, second = loop.steps
    assert isinstance(first, Run) and isinstance(second, Run)
    assert second.arrays["out"].storage is not first.arrays["in1"].storage


# ---- bits ------------------------------------------------------------------------------------------------------------


def special(image: Array, seed: int) -> Array:
    """With zeros of both signs, denormals, infinities and NaNs at the border and inside."""
    values = np.array([-0.0, 0.0, 1e-40, -1e-45, np.inf, -np.inf, np.nan], np.float32)
    found, random = image.copy(), np.random.default_rng(seed)
    found.flat[random.integers(0, image.size, 12)] = random.choice(values, 12)
    found[0, :, 0, :] = -0.0
    return found


def numbers(array: Array) -> Array:
    """With one NaN for all: which one an operation on two of them gives is the processor's business."""
    return np.where(np.isnan(array), np.float32(np.nan), array)


def check(module: str, width: int, folder: Path, compiler: str, *flags: str) -> None:
    name = module.partition("_")[0]
    program = compiled(DATA / f"{module}.vmfb", folder, width, compiler, flags)
    reference = transpile.load(DATA / f"{module}.vmfb", engine="interpreter")
    assert any(isinstance(step, Repeat) for step in program.programs[0].schedule.steps)
    for seed in (1, 2, 3):
        (image,) = arguments(program.programs[0].schedule, seed)
        for given in (image, special(image, seed)):
            expected = numbers(reference[name](given))
            for poison in (0xA5, 0xFF):
                assert same(expected, numbers(program.call(name, [given], poison)[0])), (seed, poison)


@pytest.mark.parametrize("width", [0, 16, 32, 64])
@pytest.mark.parametrize("module", MODULES)
def test_the_interpreter_s_bits(module: str, width: int, tmp_path: Path) -> None:
    check(module, width, tmp_path, "gcc", "-O2")


@pytest.mark.skipif(not links("clang"), reason="no clang")
@pytest.mark.parametrize("width", [0, 32])
@pytest.mark.parametrize("module", MODULES)
def test_with_clang(module: str, width: int, tmp_path: Path) -> None:
    check(module, width, tmp_path, "clang", "-Os" if width == 0 else "-O2")
