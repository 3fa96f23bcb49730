"""Loops with long chains of operations in them: every stage does twice the work for twice the length."""

from __future__ import annotations

import json

import pytest

from tests.emit.test_scale import MOST
from tests.nests.kernel import For, Kernel, Let, Load, Store, Var, number, op
from tests.nests.known import loop
from tests.nests.suite import Case, Suite
from tests.support.work import steps
from transpile import container
from transpile.emit import EmitOptions, emit
from transpile.explain import explain
from transpile.interp.encode import encode
from transpile.interp.lower import Lowering
from transpile.isa.disasm import module_lines
from transpile.native.toolchain import Optimize
from transpile.nests.plan.target import AVX2
from transpile.verify import check


def values(length: int) -> For:
    """Operations on what was loaded."""
    names = [f"a{n}" for n in range(length)]
    before = [Load(1, "f32", Var("i")), *(Var(name, "f32") for name in names)]
    lets = [Let(name, op("add.f32", x, number(1.5, "f32"))) for name, x in zip(names, before, strict=False)]
    return loop("i", 8, *lets, Store(0, "f32", Var("i"), before[-1]))


def indices(length: int) -> For:
    """Operations on the index of what is stored."""
    names = [f"a{n}" for n in range(length)]
    before = [Var("i"), *(Var(name) for name in names)]
    lets = [Let(name, op("add.i64", x, Var("p"))) for name, x in zip(names, before, strict=False)]
    return loop("i", 8, *lets, Store(0, "f32", before[-1], number(1.0, "f32")))


def loads(length: int) -> For:
    """Loads from places next to each other."""
    names = [f"a{n}" for n in range(length)]
    before = [number(0.0, "f32"), *(Var(name, "f32") for name in names)]
    places = [op("add.i64", Var("i"), number(n)) for n in range(length)]
    sums = [op("add.f32", x, Load(1, "f32", place)) for x, place in zip(before, places, strict=False)]
    return loop("i", 8, *map(Let, names, sums), Store(0, "f32", Var("i"), before[-1]))


LARGE = {"values": 10_000, "indices": 8_000, "loads": 2_500}
"""What a frame has registers for."""
CHAINS = {chain.__name__: chain for chain in (values, indices, loads)}


def image(name: str, length: int) -> bytes:
    return Suite("m", [Case(Kernel("chain", 2, ("p",), (CHAINS[name](length),)), ())]).image()


def stages(data: bytes, level: Optimize) -> None:
    """All that a module goes through before a C compiler sees it, and the interpreter's form of it."""
    module = container.load(data)
    check(module)
    assert sum(1 for _ in module_lines(module))
    lowering = Lowering(module)
    assert all(len(encode(lowering.function(index)).data) for index in range(len(module.functions)))
    assert json.dumps([str(line) for fn in explain(module, AVX2, ir=True) for each in fn.loops for line in each.lines])
    emit(module, EmitOptions(optimize=level))


@pytest.mark.parametrize("level", ["none", "speed"])
@pytest.mark.parametrize("name", CHAINS)
def test_twice_the_length_is_twice_the_work(name: str, level: Optimize) -> None:
    stages(image(name, 1), level)  # fills what is kept between calls
    base = steps(lambda: stages(image(name, 1), level))
    counts = [steps(lambda size=size: stages(image(name, size), level)) - base for size in (50, 100, 200)]  # type: ignore[misc]
    assert counts[1] < 2 * MOST * counts[0]
    assert counts[2] < 2 * MOST * counts[1]


@pytest.mark.slow
@pytest.mark.parametrize("level", ["none", "speed"])
@pytest.mark.parametrize("name", CHAINS)
def test_every_stage_takes_long_chains(name: str, level: Optimize) -> None:
    stages(image(name, LARGE[name]), level)
