"""What long and deep functions cost: every stage takes them, and does twice the work for twice the size."""

from __future__ import annotations

import pytest

from tests.behaviour.witnesses import Emitted, Interpreter
from tests.csupport.support import COMPILERS
from tests.support.shapes import SHAPES, image
from tests.support.work import steps
from transpile import container
from transpile.emit import EmitOptions, emit
from transpile.explain import explain
from transpile.isa.disasm import module_lines
from transpile.limits import NESTED_LISTS
from transpile.native.toolchain import Optimize
from transpile.nests.plan.target import AVX2
from transpile.verify import check

LEVELS: tuple[Optimize, ...] = ("none", "size", "speed")
LARGE = dict.fromkeys(SHAPES, 10_000) | {"nested_loops": 1_000}
ARGUMENTS = (0, 1, 2, 5, -1, -1234567)
MOST = 1.3  # the work for twice the size, per work for the size, twice


def stages(data: bytes, level: Optimize) -> dict[str, str]:
    """Reads, checks, prints, explains and emits a module; the C."""
    module = container.load(data)
    check(module)
    assert sum(1 for _ in module_lines(module))
    assert sum(1 for _ in explain(module, AVX2, ir=True)) == 1
    return {name: text for name, text in emit(module, EmitOptions(optimize=level)).files.items() if name[-2:] == ".c"}


@pytest.mark.parametrize("level", ["none", "speed"])
@pytest.mark.parametrize("name", SHAPES)
def test_twice_the_size_is_twice_the_work(name: str, level: Optimize) -> None:
    counts = [steps(lambda size=size: stages(image(SHAPES[name], size), level)) for size in (100, 200, 400)]  # type: ignore[misc]
    assert counts[1] < 2 * MOST * counts[0]
    assert counts[2] < 2 * MOST * counts[1]


@pytest.mark.slow
@pytest.mark.parametrize("level", ["none", "speed"])
@pytest.mark.parametrize("name", SHAPES)
def test_every_stage_takes_large_functions(name: str, level: Optimize) -> None:
    for text in stages(image(SHAPES[name], LARGE[name]), level).values():
        assert _nesting(text) <= 2 * NESTED_LISTS + 4


def _nesting(text: str) -> int:
    """The most braces that are open at once."""
    depth = most = 0
    for line in text.splitlines():
        depth += line.count("{") - line.count("}")
        most = max(most, depth)
    return most


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", SHAPES)
def test_the_results_of_deep_functions(
    name: str, level: Optimize, compiler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", compiler)
    data, conventions = image(SHAPES[name], 150), {"f": "0i_i"}
    wanted, ours = Interpreter(data, conventions), Emitted(data, conventions, level)
    assert [ours.call("f", (x,)) for x in ARGUMENTS] == [wanted.call("f", (x,)) for x in ARGUMENTS]
