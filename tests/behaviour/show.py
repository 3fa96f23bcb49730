"""python -m tests.behaviour.show: float instructions over edge values, with denormals flushed and without.

Counts by compiler, level and width of vectors how many results have the bits of IREE's interpreter.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

from tests.behaviour.float_mode import SUPPORTED, flushing
from tests.behaviour.flushing import COUNT, Counts, Suite
from tests.behaviour.witnesses import LEVELS, Emitted, Interpreter, Witness
from tests.csupport.support import COMPILERS
from transpile.emit import EmitOptions
from transpile.native.build import Options
from transpile.native.toolchain import Optimize, find_compiler, nest_target

Results = dict[str, list[int]]


@dataclass(frozen=True)
class Build:
    """C of one level for vectors of so many bytes (0: no loop is raised), compiled by one compiler."""

    compiler: str
    level: Optimize
    vector_bytes: int

    def witness(self, suite: Suite) -> Witness:
        emitted = EmitOptions(optimize=self.level, vector_bytes=self.vector_bytes or 16)
        target = {0: "baseline", 16: "baseline", 32: "x86-64-v3", 64: "x86-64-v4"}[self.vector_bytes]
        options = Options(self.level, target, openmp=False, compiler=find_compiler({"CC": self.compiler}))
        return Emitted(suite.image(), suite.conventions, self.level, options=emitted, build=options)


def builds() -> Iterator[Build]:
    """All that this machine can run."""
    for compiler in COMPILERS:
        widest = nest_target(find_compiler({"CC": compiler}), "native").vector_bytes
        yield from (Build(compiler, level, 0) for level in LEVELS if level != "speed")
        yield from (Build(compiler, "speed", width) for width in (16, 32, 64) if width <= widest)


class Matrix:
    """A suite and what the interpreter computes for it."""

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self.expected = {flush: self._run(self._interpreter(), flush) for flush in (False, True)}

    def _interpreter(self) -> Witness:
        return Interpreter(self.suite.image(), self.suite.conventions)

    def _run(self, witness: Witness, flush: bool) -> Results:
        witness.reset()
        with flushing(flush):
            assert witness.call("setup", ()) == ()
            return {probe.name: self.suite.results(witness, probe) for probe in self.suite.probes}

    def compare(self, witness: Witness, flush: bool) -> Counts:
        """One witness beside the interpreter."""
        counts, mine = Counts(), self._run(witness, flush)
        for probe in self.suite.probes:
            counts.add(probe, mine[probe.name], self.expected[flush][probe.name])
        return counts


def main() -> int:
    argparse.ArgumentParser(prog="python -m tests.behaviour.show", description=__doc__).parse_args()
    if not SUPPORTED:
        print("the bits that flush denormals are set on x86-64 alone")
        return 0
    matrix = Matrix(Suite())
    print(f"{len(matrix.suite.probes)} loops over {COUNT} pairs of numbers")
    print(f"{'compiler':10}{'level':7}{'vectors':>8}  {'denormals':10}{'equal':>10}{'NaN for NaN':>12}{'differ':>8}")
    differing = 0
    for build in builds():
        witness = build.witness(matrix.suite)
        for flush in (False, True):
            counts = matrix.compare(witness, flush)
            differing += counts.differing
            mode = "flushed" if flush else "kept"
            row = f"{build.compiler:10}{build.level:7}{build.vector_bytes or '-':>8}  {mode:10}"
            print(f"{row}{counts.equal:10}{counts.nans:12}{counts.differing:8}  {counts.first}", flush=True)
    return 1 if differing else 0


if __name__ == "__main__":
    raise SystemExit(main())
