"""What it costs that calls can be interrupted: `python -m tests.host.polling [ROUNDS]`.

Each program is compiled twice, with and without looks at interrupts (`VM_TURNS=0`), and both are called in turn. What
is printed is the median of the ratios of pairs, by the thread's own time on the processor, and the middle 80 %.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import transpile
from tests.support.modules import build_module, function
from transpile.native.toolchain import LEVELS, find_compiler

ROUNDS = 101
MODULES = Path(__file__).parents[1] / "modules" / "v17"
NOTHING = build_module([function("entry", ("return", (0,)), convention="0i_i", export="f")])
CASES: list[tuple[str, bytes, str, int, int]] = [
    ("collatz", (MODULES / "collatz.vmfb").read_bytes(), "longest_below", 1000, 1),
    ("sieve", (MODULES / "vm_sieve.vmfb").read_bytes(), "count", 20000, 1),
    ("fibonacci", (MODULES / "fibonacci.vmfb").read_bytes(), "fib", 20000, 1),
    ("an empty call", NOTHING, "f", 1, 200),
]
"""Name, module, function, argument, and calls that are timed together."""


def loaded(image: bytes, way: str, *, polls: bool) -> Any:
    """The program, its runtime with or without looks at interrupts."""
    before = os.environ.get("CC")
    command = " ".join(find_compiler().command)
    os.environ["CC"] = command if polls else f"{command} -DVM_TURNS=0"
    try:
        if way == "interpreter":
            return transpile.load(image, engine="interpreter")
        return transpile.load(image, optimize=way)  # type: ignore[arg-type]
    finally:
        os.environ.pop("CC")
        if before is not None:
            os.environ["CC"] = before


def seconds(call: Callable[[int], object], argument: int, count: int) -> float:
    """Processor time of this thread for some calls."""
    start = time.thread_time()
    for _ in range(count):
        call(argument)
    return time.thread_time() - start


def ratios(image: bytes, name: str, argument: int, count: int, way: str, rounds: int) -> Iterator[float]:
    """Time with looks per time without, pair by pair; which comes first changes."""
    calls = [loaded(image, way, polls=polls)[name] for polls in (False, True)]
    for number in range(-2, rounds):
        order = (0, 1) if number % 2 else (1, 0)
        found = {which: seconds(calls[which], argument, count) for which in order}
        if number >= 0:
            yield found[1] / found[0]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.host.polling", description=__doc__)
    parser.add_argument("rounds", nargs="?", type=int, default=ROUNDS, help="pairs of calls (default: %(default)s)")
    rounds = parser.parse_args().rounds
    for title, image, name, argument, count in CASES:
        for way in (*LEVELS, "interpreter"):
            found = sorted(ratios(image, name, argument, count, way, rounds))
            low, high = found[rounds // 10], found[-1 - rounds // 10]
            print(f"{title:14} {way:12} {statistics.median(found):.3f}  [{low:.3f} {high:.3f}]", flush=True)


if __name__ == "__main__":
    main()
