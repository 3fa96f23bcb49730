"""Float instructions over edge values with denormals flushed, as dispatches have them, and without.

All of it is `python -m tests.behaviour.show`; here is every thirteenth loop of that.
"""

from __future__ import annotations

import pytest

from tests.behaviour.float_mode import SUPPORTED
from tests.behaviour.flushing import Suite
from tests.behaviour.show import Build, Matrix, builds
from tests.csupport.support import COMPILERS

pytestmark = pytest.mark.skipif(not SUPPORTED, reason="the bits that flush denormals are set on x86-64 alone")
WIDEST = {compiler: [build for build in builds() if build.compiler == compiler][-1] for compiler in COMPILERS}
BUILDS = [*WIDEST.values(), *(Build(compiler, level, 0) for compiler in COMPILERS for level in ("none", "size"))]


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    pytest.importorskip("iree.runtime")
    return Matrix(Suite(every=13))


@pytest.mark.parametrize("build", BUILDS, ids=lambda b: f"{b.compiler}-{b.level}-{b.vector_bytes}")
def test_the_bits_are_the_interpreter_s(build: Build, matrix: Matrix) -> None:
    witness = build.witness(matrix.suite)
    for flush in (False, True):
        counts = matrix.compare(witness, flush)
        assert not counts.differing, counts
        assert counts.equal > 100 * counts.nans
