"""The number of threads changes neither results nor failures."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.hal.support import DATA, loaded, ours
from transpile.loader import load
from transpile.native.build import Options
from transpile.native.toolchain import OPENMP, find_compiler, supports

ROOT = Path(__file__).parents[2]

COUNTS = [2, 3, 8]


@pytest.mark.parametrize("threads", COUNTS)
def test_results(threads: int) -> None:
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((2, 700)).astype(np.float32)
    m = rng.standard_normal((130, 190)).astype(np.float32)
    for function, arguments in (("outer", [a, b]), ("mm", [m, m.T.copy()]), ("add", [a, b])):
        one = ours(loaded("tensors", 1), function, arguments)
        assert not one.status and ours(loaded("tensors", threads), function, arguments) == one


@pytest.mark.parametrize("threads", COUNTS)
def test_the_first_workgroup_that_fails_is_the_one_reported(threads: int) -> None:
    a, b = np.zeros(50_000, np.float32), np.zeros(20_000, np.float32)
    one = ours(loaded("tensors", 1), "add", [a, b])
    assert one.status == "OUT_OF_RANGE" and "offset=80000, length=4" in one.message
    for _ in range(20):
        assert ours(loaded("tensors", threads), "add", [a, b]) == one


_STARTED = """
import os, sys
from pathlib import Path
import numpy as np
import transpile

def threads():
    return len(os.listdir("/proc/self/task"))

def call():
    x = np.ones(700, np.float32)
    how, count = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    if how == "cli":
        from transpile.cli import main
        arguments = ["--function=outer", "--input=700xf32=1", "--input=700xf32=1", "--output=@r.npy", "--optimize=none"]
        main(["run", MODULE, *arguments, *([f"--threads={count}"] if count else [])], standalone_mode=False)
    else:
        transpile.load(MODULE, optimize="none", jobs=1, threads=int(count) if count else None).outer(x, x)

before = threads()
call()
print(threads() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="counts the threads of a process by /proc")
@pytest.mark.parametrize(
    ("arguments", "environment", "started"),
    [
        (["api", "3"], {}, 2),
        (["api", "1"], {"OMP_NUM_THREADS": "4"}, 0),
        (["cli", "3"], {}, 2),
        (["api"], {"OMP_NUM_THREADS": "4"}, 3),
        (["cli"], {"OMP_NUM_THREADS": "1"}, 0),
    ],
    ids=["api", "api over environment", "cli", "environment", "environment, cli"],
)
def test_so_many_threads_are_used(
    arguments: list[str], environment: dict[str, str], started: int, tmp_path: Path
) -> None:
    if not supports(find_compiler(), OPENMP):
        pytest.skip("the compiler has no OpenMP")
    loaded("tensors")  # compiled by now
    code = f"MODULE = {str(DATA / 'tensors.vmfb')!r}\n{_STARTED}"
    settings = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=tmp_path, env=settings, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == str(started)


def test_without_openmp_there_is_one_thread_and_the_same_result() -> None:
    a = np.linspace(-1, 1, 300, dtype=np.float32)
    program = load(DATA / "tensors.vmfb", Options(optimize="none", jobs=1, openmp=False), threads=2)
    assert b"libgomp" not in Path(program.library.path).read_bytes()
    assert ours(program, "outer", [a, a]) == ours(loaded("tensors", 2), "outer", [a, a])
