"""Programs in other processes: after a fork, and pickled."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import transpile
from tests.hal.support import DATA
from tests.support.modules import build_module, function, imported
from transpile.native.build import Options
from transpile.native.cache import Cache
from transpile.ship.package import build_package

ROOT = Path(__file__).parents[2]
MODULE = str(DATA / "tensors.vmfb")
CALLBACK = build_module(
    [function("entry", ("call", imported(0), (0,), (1,)), ("return", (1,)), convention="0i_i", export="f")],
    imports=[("host.twice", "0i_i")],
)
GLOBAL = build_module(
    [
        function("entry", ("global.load.i32", 0, 0), ("return", (0,)), convention="0v_i", export="get"),
        function("entry", ("global.store.i32", 0, 0), ("return", ()), convention="0i_v", export="set"),
    ],
    global_bytes=4,
)

_FORKED = """
import multiprocessing, sys
import numpy as np, transpile

def call(kind):
    fresh = lambda: transpile.load(MODULE, threads=3)
    made = {"old": lambda: program, "instance": program.new_instance, "loaded": fresh}
    return made[kind]().outer(x, x).tobytes()

program = transpile.load(MODULE, threads=3)
x = np.arange(700, dtype=np.float32)
expected = program.outer(x, x).tobytes()
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(call, ["old", "instance", "loaded"] * 2) == [expected] * 6)
"""


def twice(x: int) -> int:
    return 2 * x


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_forked_children_call_what_the_parent_has_called() -> None:
    """OpenMP would wait for threads that the child does not have."""
    code = f"MODULE = {MODULE!r}\n{_FORKED}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=300)
    assert done.stdout == "True\n", done.stderr


@pytest.mark.parametrize("engine", ["c", "interpreter"])
def test_programs_are_pickled_as_they_were_made(engine: str) -> None:
    for source in (GLOBAL, bytearray(GLOBAL)):
        program = transpile.load(source, engine=engine, threads=1)  # type: ignore[arg-type]
        program.set(7)
        again = pickle.loads(pickle.dumps(program))
        assert again.get() == 0 and program.get() == 7  # state is not sent
        assert (type(again.library), again._threads) == (type(program.library), 1)
        assert pickle.loads(pickle.dumps(program.get))() == 0
        assert pickle.loads(pickle.dumps(again.new_instance())).get() == 0


def test_imports_are_pickled_with_their_program() -> None:
    program = transpile.load(CALLBACK, imports={"host.twice": twice})
    assert pickle.loads(pickle.dumps(program)).f(21) == 42
    program = transpile.load(CALLBACK, imports={"host.twice": lambda x: x})
    with pytest.raises(pickle.PicklingError, match=r"import 'host\.twice'.* top level of a module"):
        pickle.dumps(program)


def test_a_module_that_was_read_is_not_pickled() -> None:
    from transpile import container

    with pytest.raises(pickle.PicklingError, match="cannot be pickled"):
        pickle.dumps(transpile.load(container.load(GLOBAL)))


def test_a_spawned_process_gets_a_program() -> None:
    program = transpile.load(MODULE)
    x = np.arange(7, dtype=np.float32)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(program.outer, (x, x)).tobytes() == program.outer(x, x).tobytes()


def test_programs_of_packages_are_pickled(tmp_path: Path) -> None:
    options = Options(optimize="none", target_cpu="baseline", cache=Cache(tmp_path / "cache"))
    build_package(GLOBAL, tmp_path, options, name="stored")
    code = """
import pickle, stored
module = stored.Module(threads=1)
module.set(3)
again = pickle.loads(pickle.dumps(module))
print(type(again) is stored.Module, again.get(), pickle.loads(pickle.dumps(stored.get))())
print(pickle.loads(pickle.dumps(module["get"]))(), pickle.loads(pickle.dumps(module.get))())
print(pickle.loads(pickle.dumps(module["set"].map))([1, 2, 3], max_workers=2))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "True 0 0\n0 0\nNone\n", done.stderr


def test_a_process_reads_a_pickled_program_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "state.vmfb"
    path.write_bytes(GLOBAL)
    reads: list[object] = []
    read = transpile.loader.read
    monkeypatch.setattr(transpile.loader, "read", lambda source, **given: reads.append(source) or read(source, **given))
    program = transpile.load(path, engine="interpreter")
    sent = pickle.dumps(program.set), pickle.dumps(program)
    first = pickle.loads(sent[1])
    first.set(7)
    others = [pickle.loads(sent[1]) for _ in range(3)]
    assert [other.get() for other in others] == [0, 0, 0] and first.get() == 7
    assert len(reads) == 2  # load's own, and one more
    os.utime(path, (1, 1))
    assert pickle.loads(sent[1]).get() == 0 and len(reads) == 3
    path.unlink()
    with pytest.raises(FileNotFoundError):
        pickle.loads(sent[1])


def test_a_method_of_a_function_is_pickled() -> None:
    program = transpile.load(MODULE, engine="interpreter")
    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(program.add.map))(x, x), x + x)
