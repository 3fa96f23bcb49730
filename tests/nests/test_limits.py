"""What the generator and the runtime must agree on, and nests beyond it."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.corpus.test_sanitizers import FLAGS, SANITIZERS
from tests.csupport.support import SANITIZING, SOURCES
from tests.emit.support import written
from tests.nests.engines import Literal, Raised, answer
from tests.nests.kernel import For, Kernel, Load, Store, Var, number, op
from tests.nests.known import loop
from tests.nests.suite import SLOTS, Call, Case, Suite
from transpile import container
from transpile.emit import EmitOptions, emit
from transpile.explain import explain
from transpile.limits import AFFINE_FACTORS, AFFINE_TERMS, NEST_LOOPS, NEST_PANEL
from transpile.nests.plan.target import AVX2, TARGETS
from transpile.resources import CSUPPORT
from transpile.verify import check


@pytest.mark.parametrize(("macro", "value"), [("VM_NEST_LOOPS", NEST_LOOPS), ("VM_PANEL", NEST_PANEL)])
def test_the_runtime_has_the_same_limit(macro: str, value: int) -> None:
    found = re.search(rf"^#define {macro} (\d+)$", (CSUPPORT / "nest.h").read_text(), re.MULTILINE)
    assert found and int(found[1]) == value


def test_no_tile_is_wider_than_a_panel() -> None:
    vectors = [each for target in TARGETS.values() for each in target.vectors]
    assert max(columns * each.bytes // 4 for each in vectors for _, columns in each.shapes) <= NEST_PANEL


def _kernel(count: int) -> Kernel:
    """A product whose reduction is so many loops of few turns."""
    names = [f"k{n}" for n in range(count)]
    i, j = Var("i"), Var("j")
    place = op("fma.i64", i, number(32), j)
    left, right = op("mul.i64", i, number(64)), op("mul.i64", j, number(64))
    for name in names:
        left, right = op("add.i64", left, Var(name)), op("add.i64", right, Var(name))
    value = op("fma.f32", Load(1, "f32", left), Load(2, "f32", right), Load(0, "f32", place))
    body: Store | For = Store(0, "f32", place, value)
    for number_, name in enumerate(reversed(names)):
        body = loop(name, 2 if number_ < NEST_LOOPS - 2 else 1, body)
    return Kernel(f"deep{count}", 3, (), (loop("i", 4, loop("j", 32, body)),))


def _call() -> Call:
    large = [n for n, s in enumerate(SLOTS) if s.kind == "f32" and s.length >= 16384]
    return Call((large[0], large[1], large[1]), ())


def _suite(counts: Iterable[int]) -> Suite:
    return Suite("deep", [Case(_kernel(count), (_call(),)) for count in counts])


@pytest.mark.parametrize("loops", [14, 15, 16, 17, 18, 40])
def test_many_loops(loops: int) -> None:
    made, call, name = _suite([loops]), _call(), f"deep{loops}"
    literal, raised = Literal(made.image(), made.conventions), Raised(made.image(), made.conventions, 32, "none")
    assert answer(raised, name, call) == answer(literal, name, call)
    assert raised.counts()[1] > 0
    module = container.load(made.image())
    check(module)
    reasons = [text for fn in explain(module, AVX2) for each in fn.loops for _, text in each.lines]
    assert (f"more than {NEST_LOOPS} loops inside each other" in reasons) == (loops + 2 > NEST_LOOPS)


def _said(kernel: Kernel) -> str:
    """What `explain` says of a kernel's loops."""
    module = container.load(Suite("said", [Case(kernel, ())]).image())
    check(module)
    return "\n".join(" ".join(line) for fn in explain(module, AVX2) for each in fn.loops for line in each.lines)


@pytest.mark.parametrize("terms", [AFFINE_TERMS - 2, AFFINE_TERMS + 2])
def test_many_values_in_an_offset(terms: int) -> None:
    parameters = tuple(f"p{n}" for n in range(terms))
    place = Var("i")
    for name in parameters:
        place = op("add.i64", place, Var(name))
    said = _said(Kernel("many", 1, parameters, (loop("i", 8, Store(0, "f32", place, number(1.0, "f32"))),)))
    assert ("an element offset that is not affine" in said) == (terms > AFFINE_TERMS), said


@pytest.mark.parametrize("factors", [AFFINE_FACTORS - 1, AFFINE_FACTORS])
def test_many_factors_of_an_offset(factors: int) -> None:
    parameters = tuple(f"p{n}" for n in range(factors))
    place = Var("i")
    for name in parameters:
        place = op("mul.i64", place, Var(name))
    said = _said(Kernel("many", 1, parameters, (loop("i", 8, Store(0, "f32", place, number(1.0, "f32"))),)))
    assert ("an element offset that is not affine" in said) == (factors + 1 > AFFINE_FACTORS), said


@pytest.mark.parametrize("terms", [32, 300])
def test_many_operations_in_a_tile(terms: int) -> None:
    i, j, k = Var("i"), Var("j"), Var("k")
    place = op("fma.i64", i, number(32), j)
    value = Load(1, "f32", op("fma.i64", i, number(32), k))
    for _ in range(terms):
        value = op("add.f32", value, number(1.5, "f32"))
    right = Load(2, "f32", op("fma.i64", k, number(32), j))
    body = Store(0, "f32", place, op("fma.f32", value, right, Load(0, "f32", place)))
    kernel = Kernel("tile", 3, (), (loop("i", 12, loop("j", 32, loop("k", 16, body))),))
    assert "in registers through the reduction" in _said(kernel)
    output = emit(container.load(Suite("said", [Case(kernel, ())]).image()), EmitOptions(prefix="m"))
    depth = max(_depth(line) for name in output.sources for line in str(output.files[name]).split("\n"))
    assert depth <= 127  # what C99 promises of parentheses inside each other


def _depth(line: str) -> int:
    opened = deepest = 0
    for character in line:
        opened += (character == "(") - (character == ")")
        deepest = max(deepest, opened)
    return deepest


RUNNER = Path(__file__).parents[1] / "corpus" / "runner.c"
TABLE = """#include "vm.h"
extern const vm_module m_module;
const vm_module* const modules[] = {&m_module};
const unsigned module_count = 1;
"""


@pytest.mark.parametrize("compiler", SANITIZING)
def test_nests_of_any_depth_are_clean_under_the_sanitizers(compiler: str, tmp_path: Path) -> None:
    """Reductions of 1 to 40 loops in one program, whose results are those of the literal loops."""
    suite = _suite((1, 2, 3, 8, *range(NEST_LOOPS - 2, NEST_LOOPS + 4), 40))
    literal = Literal(suite.image(), suite.conventions)
    (tmp_path / "table.c").write_text(TABLE)
    module = container.load(suite.image())
    check(module)
    output = written(module, tmp_path, EmitOptions(prefix="m", optimize="speed", vector_bytes=32))
    assert any("_nests" in source for source in output.sources)
    sources = [*output.sources, "table.c", str(RUNNER), *map(str, SOURCES)]
    command = [compiler, "-O0", *FLAGS, "-w", "-I.", f"-I{CSUPPORT}", *sources, *SANITIZERS, "-o", "runner", "-lm"]
    subprocess.run(command, cwd=tmp_path, check=True)
    call, lines = _call(), ["open 0"]
    for case in suite.cases:
        lines += [f"i64 {call.offset:x}", "call setup", *(f"i64 {argument:x}" for argument in call.arguments)]
        lines += [f"call {case.kernel.name}", "call digest"]
    (tmp_path / "script").write_text("\n".join(lines) + "\n")
    (tmp_path / "data").write_bytes(b"")
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}  # the runner counts what is left
    run = [str(tmp_path / "runner"), "script", "data", "out"]
    done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:4000]
    digests = [int(line.split()[1], 16) for line in done.stdout.splitlines() if len(line.split()) == 2]
    wanted = [answer(literal, case.kernel.name, call)[1] for case in suite.cases]
    assert [(digest,) for digest in digests] == [tuple(value % 2**64 for value in found) for found in wanted]
