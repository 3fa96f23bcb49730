"""Where the time of a program goes: by function and by source location, from samples of where the processor is.

The library is compiled once more with line tables, which changes no code.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from compare.builds import LEVELS, Level, compiled, emitted
from compare.engines import Unavailable
from compare.flops import Work
from compare.leg import Facts
from compare.process import WorkerProcess
from compare.reasons import Reasons
from compare.results import RUNTIME, Hot
from compare.source_map import NOWHERE, AddressMap, SourceMap
from compare.values import Call
from transpile.container import Module
from transpile.native.toolchain import Compiler, find_compiler, nest_target

MICROSECONDS = 997
"""Between samples; a prime, so as not to follow any clock."""
SECONDS = 1.5
LEAST_SHARE = 0.005
LEAST_SAMPLES = 20
"""Of fewer samples in a program nothing is said."""

_SOURCE = Path(__file__).with_name("sampler.c")


class Found(NamedTuple):
    """Where the time of a program goes."""

    hot: list[Hot]
    """Parts that take at least half a percent of the time in the program and its runtime, most first."""
    outside: float
    """The share of the whole time that was spent elsewhere: in the caller and in the system's libraries."""


def find(
    module: Module,
    calls: Sequence[Call],
    target_cpu: str,
    seconds: float,
    work: Sequence[Work],
    level: Level = LEVELS[0],
) -> Found:
    """Where the time of some calls goes; `seconds` is what they take together."""
    library, addresses = _sampled(module, calls, target_cpu, level)
    names = AddressMap(library)
    sources = SourceMap(emitted(module, level, target_cpu))
    counts: Counter[_Place] = Counter()
    for address, count in addresses.items():
        if place := _place(address, names, sources):
            counts[place] += count
    total, inside = sum(addresses.values()), sum(counts.values())
    if inside < LEAST_SAMPLES:
        raise Unavailable(f"only {inside} of {total} samples were taken in the program, the others in what calls it")
    parts = _parts(counts)
    rows = [(place, count * seconds / total) for place, count in parts]
    hot = [Hot(place.function, _shown(place), count * seconds / total, count / inside) for place, count in parts]
    _add_work(hot, rows, work)
    _add_reasons(hot, Reasons(module, nest_target(find_compiler(), target_cpu)))
    return Found([each for each in hot if each.share >= LEAST_SHARE], 1 - inside / total)


class _Place(NamedTuple):
    function: str
    locations: tuple[str, ...]
    nest: bool = False


def _place(address: int, names: AddressMap, sources: SourceMap) -> _Place | None:
    """What an address belongs to; None outside of the program."""
    line = names.line(address) if address else None
    if line is None:
        return None
    function = names.function(address).partition(".")[0]
    if not sources.generated(line.file):
        return _Place(function, (RUNTIME,))
    if nest := tuple(sources.nest(function)):
        return _Place(function, nest, nest=True)
    return _Place(function, (sources.location(line.file, line.line),))


def _parts(counts: Counter[_Place]) -> list[tuple[_Place, int]]:
    """Most first; the functions of one loop nest are one part, with the name of the busiest."""
    merged: dict[_Place | tuple[str, ...], tuple[_Place, int]] = {}
    for place, count in counts.most_common():
        key = place.locations if place.nest else place
        first, so_far = merged.get(key, (place, 0))
        merged[key] = (first, so_far + count)
    return sorted(merged.values(), key=lambda part: -part[1])


def _shown(place: _Place) -> str:
    first, more = "".join(place.locations[:1]), len(place.locations) - 1
    return f"{first} and {more} more" if more > 0 else first


def _add_work(hot: Sequence[Hot], rows: Sequence[tuple[_Place, float]], work: Sequence[Work]) -> None:
    """Rates of the operations whose work is known.

    An operation may be in several places (a nest, and what is left of it in the function around it): all of them are
    its time, and the one that takes most of it shows the rate.
    """
    # The compiler may have been given the source by a longer path than we were.
    files = [{location.rpartition("/")[2] for location in place.locations} for place, _ in rows]
    claimed: set[str] = set()
    for each, names in zip(hot, files, strict=True):
        done = [one for one in work if one.location in names - claimed]
        if not done:
            continue
        claimed |= names
        spent = sum(time for (_, time), others in zip(rows, files, strict=True) if others & names)
        flops, touched = sum(one.flops for one in done), sum(one.bytes for one in done)
        each.name = done[0].name
        each.flops, each.bytes_per_second, each.intensity = flops / spent, touched / spent, flops / touched


def _add_reasons(hot: Sequence[Hot], reasons: Reasons) -> None:
    """How loops run and why not better; functions without a place in a source by their names."""
    for each in hot:
        told, name = reasons.of(each.function), reasons.name(each.function)
        each.plan, each.reason = told.plan, told.reason
        if each.location == NOWHERE and name:
            each.location = f"@{name}"


def _sampled(module: Module, calls: Sequence[Call], target_cpu: str, level: Level) -> tuple[Path, dict[int, int]]:
    """The library that ran, and how often it was seen at which of its addresses; elsewhere is address 0."""
    plain = find_compiler()
    with_lines = Compiler((*plain.command, "-g1"), plain.kind, plain.version)
    spec = compiled(module, level, Facts(), target_cpu, with_lines)
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        sampler = _build_sampler(plain, Path(folder))
        worker = WorkerProcess()
        try:
            worker.load(spec)
            worker.prepare(calls)
            return spec.library, worker.profile(sampler, spec.library, MICROSECONDS, SECONDS)
        finally:
            worker.close()


def _build_sampler(compiler: Compiler, folder: Path) -> Path:
    target = folder / "sampler.so"
    command = [*compiler.command, "-O2", "-shared", "-fPIC", str(_SOURCE), "-o", str(target)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Unavailable(f"the sampler cannot be built: {done.stderr.strip()[:200]}")
    return target
