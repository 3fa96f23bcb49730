"""The C stack of the thread that calls: recursion without end fails, whatever the stack and the frames are."""

from __future__ import annotations

import re
import subprocess
import threading
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import transpile
from tests.csupport.support import COMPILERS, SOURCES
from tests.host.frames import MODULES
from transpile import container
from transpile.emit import EmitOptions, emit
from transpile.emit.frames import Frame
from transpile.emit.function import Draft, FunctionEmitter
from transpile.native.toolchain import LEVELS, Optimize, find_compiler, flags
from transpile.resources import CSUPPORT

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("stack.c")
REAL = ["softmax", "matmul_dynamic", "vm_buffers", "vm_calls", "vm_lists", "vm_recursion_asm"]
NESTED = ["matmul_dynamic", "mlp_vmvx", "reductions_vmvx", "conv2d", "softmax"]
_USAGE = re.compile(r":(\w+)(?:\.\S+)?\t(\d+)\t")
_FUNCTION = re.compile(r"vmc_m(?:_k(\d+))?_f(\d+)_")
THREADS = [(64 << 10, 48 << 10), (256 << 10, 0)]
"""Bytes of a thread's stack, and what the instance may use of it (0: the default)."""


def written(image: bytes, level: Optimize, folder: Path) -> tuple[str, ...]:
    """The C of a module in a folder; its sources."""
    output = emit(container.load(image), EmitOptions(optimize=level, prefix="m"))
    for name, text in output.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode() if isinstance(text, str) else bytes(text))
    return output.sources


@pytest.fixture(scope="module")
def runtimes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The runtime's object files, by compiler."""
    found = {}
    for compiler in COMPILERS:
        folder = tmp_path_factory.mktemp(compiler)
        subprocess.run([compiler, "-O1", "-std=c99", "-w", "-c", *map(str, SOURCES)], cwd=folder, check=True)
        found[compiler] = sorted(map(str, folder.glob("*.o")))
    return found


@pytest.mark.parametrize(
    ("name", "level", "compiler"),
    [
        pytest.param(*case, marks=[pytest.mark.slow] if case[0] == "chain" and case[1:] != ("speed", "gcc") else [])
        for case in product(MODULES, LEVELS, COMPILERS)
    ],
)
def test_recursion_without_end_fails_on_small_stacks(
    name: str, level: Optimize, compiler: str, runtimes: dict[str, list[str]], tmp_path: Path
) -> None:
    sources = written(MODULES[name], level, tmp_path)
    made = flags(find_compiler({"CC": compiler}), level, "baseline", openmp=False)
    command = [compiler, *made.compile, "-w", "-I.", f"-I{CSUPPORT}", *sources, str(PROGRAM), *runtimes[compiler]]
    subprocess.run([*command, "-pthread", "-o", "program", "-lm"], cwd=tmp_path, check=True)
    for stack, limit in THREADS:
        arguments = [str(stack), str(limit), "1000000"]
        done = subprocess.run([str(tmp_path / "program"), *arguments], capture_output=True, text=True, check=True)
        # A chain ends: where the compiler makes few functions of it, there is room for them.
        assert done.stdout.startswith("RESOURCE_EXHAUSTED ") or (name == "chain" and done.stdout == "OK 0\n")


def called(program: Any, argument: int) -> int | str:
    """The result of a call, or the name of its status."""
    try:
        return int(program.f(argument))
    except transpile.VmError as problem:
        return problem.status_name


def called_on_a_thread(program: Any, argument: int, stack: int) -> int | str:
    """The same on a thread with a stack of so many bytes."""
    found: list[int | str] = []
    before = threading.stack_size(stack)
    try:
        thread = threading.Thread(target=lambda: found.append(called(program, argument)))
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    return found[0]


@pytest.mark.parametrize("engine", ["c", "interpreter"])
@pytest.mark.parametrize("name", MODULES)
def test_recursion_without_end_fails_on_threads_of_python(name: str, engine: str) -> None:
    program = transpile.load(MODULES[name], optimize="none", engine=engine)  # type: ignore[arg-type]
    found = called_on_a_thread(program, 1000000, 256 << 10)
    assert found == "RESOURCE_EXHAUSTED" or (name, engine) == ("chain", "interpreter")


@pytest.mark.parametrize("name", MODULES)
def test_large_frames_go_as_deep_in_c_as_in_the_interpreter(name: str) -> None:
    """Whose registers are not on the C stack."""
    depths = (0, 1, 7, 300, 1000, 4000)
    wanted = [called(transpile.load(MODULES[name], engine="interpreter"), depth) for depth in depths]
    assert all(isinstance(answer, int) for answer in wanted[:4])
    for level in LEVELS:
        program = transpile.load(MODULES[name], optimize=level)
        assert [called(program, depth) for depth in depths] == wanted, level


@pytest.mark.parametrize("name", MODULES)
def test_the_interpreter_on_a_small_stack(name: str) -> None:
    """Python itself, and cffi, need less than half of these 64 KiB; registers are elsewhere."""
    program = transpile.load(MODULES[name], engine="interpreter")
    for depth in (0, 7, 300, 1000000):
        assert called_on_a_thread(program, depth, 64 << 10) == called(program, depth)


def test_every_depth_of_the_interpreter_is_reached_on_the_main_thread() -> None:
    """IREE's own limit lies at some 4,500 frames of this size."""
    for level in LEVELS:
        assert transpile.load(MODULES["plain"], optimize=level).f(4500) == 0


def reserve() -> int:
    """VM_STACK_RESERVE: room for a few functions in a row that do not ask."""
    found = re.search(r"VM_STACK_RESERVE \((\d+)u << 10\)", (CSUPPORT / "vm_policy.h").read_text())
    assert found is not None
    return int(found[1]) << 10


def usage(command: list[str], source: str, folder: Path) -> list[tuple[str, int]]:
    """The frames of a file's functions, as the compiler makes them."""
    subprocess.run([*command, source, "-fstack-usage", "-c", "-o", "out.o"], cwd=folder, check=True)
    return [(symbol, int(used)) for symbol, used in _USAGE.findall((folder / "out.su").read_text())]


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("name", sorted({*(name for name in MODULES if name != "chain"), *REAL, *NESTED}))
def test_frames_are_not_larger_than_what_is_asked_for(
    name: str, compiler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For every function of the module and its nested modules, at every level of the compiler; raised nests ask for
    nothing, and are small."""
    promised: dict[tuple[str, int], Frame] = {}
    emitted = FunctionEmitter.emit

    def noted(self: FunctionEmitter, draft: Draft, linkage: str, asks: bool) -> str:
        index = draft.fn.index
        promised[self.calls.names.prefix.removeprefix("m").removeprefix("_k"), index] = self.frames[index]
        return emitted(self, draft, linkage, asks)

    monkeypatch.setattr(FunctionEmitter, "emit", noted)
    image = MODULES.get(name) or (ROOT / "tests" / "modules" / "v17" / f"{name}.vmfb").read_bytes()
    nests = 0
    for level in LEVELS:
        folder = tmp_path / level
        folder.mkdir()
        promised.clear()
        sources = written(image, level, folder)
        for flag in ("-O0", "-O2"):
            command = [compiler, flag, "-std=c99", "-fPIC", "-w", "-I.", f"-I{CSUPPORT}"]
            seen = set()
            for symbol, used in [pair for source in sources for pair in usage(command, source, folder)]:
                function = _FUNCTION.match(symbol)
                if function:
                    key = function[1] or "", int(function[2])
                    seen.add(key)
                    assert used <= promised[key][flag != "-O0"], (name, level, flag, symbol)
                else:
                    nests += "_nest_" in symbol
                    assert used <= reserve() // 12, (name, level, flag, symbol)
            assert seen == set(promised)
    assert nests or name not in NESTED
    assert any(nested for nested, _ in promised) or not name.endswith(("vmvx", "dynamic"))


@pytest.mark.parametrize("compiler", COMPILERS)
def test_frames_of_the_runtime_are_small(compiler: str, tmp_path: Path) -> None:
    """VM_STACK_RESERVE has room for those that a module's functions call; a few in a row."""
    for flag in ("-O0", "-O2", "-Os"):
        for source in SOURCES:
            if Path(source).name in ("hal_npy.c", "hal_parse.c"):
                continue  # for main programs
            for symbol, used in usage([compiler, flag, "-std=c99", "-w", f"-I{CSUPPORT}"], str(source), tmp_path):
                leaf = Path(source).name == "libm.c"  # unoptimised, all inlined helpers take room
                assert used <= reserve() // (6 if leaf else 12), (source, flag, symbol)
