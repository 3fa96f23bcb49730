"""python -m tests.libm.show: mathematics of f32 beside the C library, over all 2^32 inputs.

Each function of one operand runs over every input, with denormals kept and flushed; those of two operands over all
pairs of edge values and random pairs. What is printed is how many results differ, and the first of them. With
`--separate` the C library is told that the processor cannot fuse products (GLIBC_TUNABLES), which shows the inputs for
which that makes a difference. One process; some minutes a function.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path

from transpile.libm import BINARY, UNARY, compile_loops, library
from transpile.native.toolchain import find_compiler, flags

SEPARATE = "glibc.cpu.hwcaps=-FMA,-AVX2,-AVX2_Usable,-FMA_Usable,-FMA4"
INPUTS, PAIRS = 1 << 32, 1 << 30
SHOWN = 40


def rows(program: Path, name: str, flush: bool, share: int, environment: dict[str, str]) -> list[str]:
    """The lines that the comparison of one function prints; the last one is the count."""
    count, step = (PAIRS // share, 0) if name in BINARY else (INPUTS // share, share)
    command = [program, "compare", name, str(int(flush)), "0", str(count), str(step), str(SHOWN)]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.splitlines()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.libm.show", description=__doc__)
    parser.add_argument("functions", nargs="*", metavar="FUNCTION", help=f"of {', '.join((*UNARY, *BINARY))}; all")
    parser.add_argument("--share", type=int, default=1, metavar="N", help="every Nth input only")
    parser.add_argument("--denormals", choices=("kept", "flushed", "both"), default="both")
    parser.add_argument("--target-cpu", default="native", help="what our functions are compiled for")
    parser.add_argument("--called", action="store_true", help="the functions as they are called, not as in loops")
    parser.add_argument("--separate", action="store_true", help="the C library without fused products")
    options = parser.parse_args()
    if unknown := set(options.functions) - {*UNARY, *BINARY}:
        parser.error(f"no function of f32: {', '.join(sorted(unknown))}; there are {', '.join((*UNARY, *BINARY))}")
    if options.share < 1:
        parser.error("--share is a number from 1 on")
    return options


def main() -> int:
    options = _options()
    compiler = find_compiler()
    environment = {**os.environ, **({"GLIBC_TUNABLES": SEPARATE} if options.separate else {})}
    modes = {"kept": (False,), "flushed": (True,), "both": (False, True)}[options.denormals]
    print(f"{compiler}, {options.target_cpu}, {library()}{', without fused products' if options.separate else ''}")
    print(f"{'function':9}{'inputs':>14}  {'denormals':10}{'differ':>8}{'seconds':>9}")
    total = 0
    with tempfile.TemporaryDirectory(prefix="transpile-") as folder:
        program = Path(folder, "compare")
        defines = ("-DVM_F32_LOOPS=0",) if options.called else ()
        compile_loops(compiler, flags(compiler, "speed", options.target_cpu).compile, program, *defines)
        for name in options.functions or (*UNARY, *BINARY):
            for flush in modes:
                began = time.process_time_ns() + _children()
                *first, last = rows(program, name, flush, options.share, environment)
                seconds = (time.process_time_ns() + _children() - began) / 1e9
                count, mode = int(last.split()[1]), "flushed" if flush else "kept"
                inputs = (PAIRS if name in BINARY else INPUTS) // options.share
                print(f"{name:9}{inputs:14,}  {mode:10}{count:8}{seconds:9.1f}", *first, sep="\n  ", flush=True)
                total += count
    return 1 if total else 0


def _children() -> int:
    """Processor time of the programs that have run, in ns."""
    return int((os.times().children_user + os.times().children_system) * 1e9)


if __name__ == "__main__":
    raise SystemExit(main())
