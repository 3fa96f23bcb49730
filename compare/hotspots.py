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
from compare.results import Hot
from compare.source_map import AddressMap, SourceMap
from compare.values import Call
from transpile.container import Module
from transpile.native.toolchain import Compiler, find_compiler

MICROSECONDS = 997
"""Between samples; a prime, so as not to follow any clock."""
SECONDS = 1.5
LEAST_SHARE = 0.005
OUTSIDE = "(other libraries)"
RUNTIME = "runtime"

_SOURCE = Path(__file__).with_name("sampler.c")


def find(
    module: Module,
    calls: Sequence[Call],
    target_cpu: str,
    seconds: float,
    work: Sequence[Work],
    level: Level = LEVELS[0],
) -> list[Hot]:
    """The parts of a program that take at least half a percent of its time, most first."""
    library, addresses = _sampled(module, calls, target_cpu, level)
    names = AddressMap(library)
    sources = SourceMap(emitted(module, level, target_cpu))
    counts: Counter[_Place] = Counter()
    for address, count in addresses.items():
        counts[_place(address, names, sources)] += count
    total = sum(counts.values())
    if not total:
        raise Unavailable("no samples were taken")
    rows = [(place, count * seconds / total) for place, count in counts.most_common()]
    hot = [Hot(place.function, _shown(place), spent, spent / seconds) for place, spent in rows]
    _add_work(hot, rows, work)
    return [each for each in hot if each.share >= LEAST_SHARE]


class _Place(NamedTuple):
    function: str
    locations: tuple[str, ...]


def _place(address: int, names: AddressMap, sources: SourceMap) -> _Place:
    line = names.line(address) if address else None
    if line is None:
        return _Place(OUTSIDE, ())
    function = names.function(address).partition(".")[0]
    if not sources.generated(line.file):
        return _Place(function, (RUNTIME,))
    return _Place(function, tuple(sources.nest(function)) or (sources.location(line.file, line.line),))


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
