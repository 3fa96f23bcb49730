"""The C stack of the thread that calls: recursion without end fails, whatever the stack and the frames are."""

from __future__ import annotations

import re
import subprocess
import threading
from pathlib import Path

import pytest

import transpile
from tests.csupport.support import COMPILERS, SOURCES
from tests.host.frames import MODULES
from transpile import container
from transpile.emit import EmitOptions, emit
from transpile.emit import function as emitter
from transpile.emit.frames import Frame
from transpile.emit.values import Values
from transpile.ir import Function
from transpile.resources import CSUPPORT
from transpile.toolchain import LEVELS, Optimize, find_compiler, flags

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("stack.c")
REAL = ["softmax", "matmul_dynamic", "vm_buffers", "vm_calls", "vm_lists", "vm_recursion_asm"]
_USAGE = re.compile(r":vmc_m_f(\d+)_\S*\t(\d+)\t")
THREADS = [(64 << 10, 48 << 10), (256 << 10, 0)]
"""Bytes of a thread's stack, and what the instance may use of it (0: the default)."""


def written(image: bytes, level: Optimize, folder: Path) -> tuple[str, ...]:
    """The C of a module in a folder; its sources."""
    output = emit(container.load(image), EmitOptions(optimize=level, prefix="m"))
    for name, text in output.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode() if isinstance(text, str) else bytes(text))
    return output.sources


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", MODULES)
def test_recursion_without_end_fails_on_small_stacks(name: str, level: Optimize, compiler: str, tmp_path: Path) -> None:
    sources = written(MODULES[name], level, tmp_path)
    made = flags(find_compiler({"CC": compiler}), level, "baseline", openmp=False)
    command = [compiler, *made.compile, "-w", "-I.", f"-I{CSUPPORT}", *sources, str(PROGRAM), *map(str, SOURCES)]
    subprocess.run([*command, "-pthread", "-o", "program", "-lm"], cwd=tmp_path, check=True)
    for stack, limit in THREADS:
        arguments = [str(stack), str(limit), "1000000"]
        done = subprocess.run([str(tmp_path / "program"), *arguments], capture_output=True, text=True, check=True)
        # A chain ends: where the compiler makes few functions of it, there is room for them.
        assert done.stdout.startswith("RESOURCE_EXHAUSTED ") or (name == "chain" and done.stdout == "OK 0\n")


@pytest.mark.parametrize("engine", ["c", "interpreter"])
@pytest.mark.parametrize("name", MODULES)
def test_recursion_without_end_fails_on_threads_of_python(name: str, engine: str) -> None:
    program = transpile.load(MODULES[name], optimize="none", engine=engine)  # type: ignore[arg-type]
    found: list[str] = []

    def call() -> None:
        try:
            found.append(f"OK {program.f(1000000)}")
        except transpile.VmError as problem:
            found.append(problem.status_name)

    before = threading.stack_size(256 << 10)
    try:
        thread = threading.Thread(target=call)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    assert found[0] == "RESOURCE_EXHAUSTED" or (name, engine) == ("chain", "interpreter")


def test_every_depth_of_the_interpreter_is_reached_on_the_main_thread() -> None:
    """IREE's own limit lies at some 4,500 frames of this size."""
    for level in LEVELS:
        assert transpile.load(MODULES["plain"], optimize=level).f(4500) == 0


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("name", [*(name for name in MODULES if name != "chain"), *REAL])
def test_frames_are_not_larger_than_what_is_asked_for(
    name: str, compiler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For every function of the module, at every level of the compiler."""
    promised: dict[int, Frame] = {}
    frame = emitter.frame

    def noted(fn: Function, values: Values) -> Frame:
        promised[fn.index] = frame(fn, values)
        return promised[fn.index]

    monkeypatch.setattr(emitter, "frame", noted)
    image = MODULES.get(name) or (ROOT / "tests" / "modules" / "v17" / f"{name}.vmfb").read_bytes()
    for level in LEVELS:
        folder = tmp_path / level
        folder.mkdir()
        sources = written(image, level, folder)
        for flag in ("-O0", "-O1", "-O2", "-O3", "-Os"):
            command = [compiler, flag, "-std=c99", "-fPIC", "-w", "-I.", f"-I{CSUPPORT}", "-fstack-usage", "-c"]
            seen = set()
            for source in sources:
                subprocess.run([*command, source, "-o", "out.o"], cwd=folder, check=True)
                for symbol, used in _USAGE.findall((folder / "out.su").read_text()):
                    seen.add(int(symbol))
                    assert int(used) <= promised[int(symbol)][flag != "-O0"], (name, level, flag, symbol)
            assert seen == set(promised)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_frames_of_the_runtime_are_small(compiler: str, tmp_path: Path) -> None:
    """VM_STACK_RESERVE has room for those that a module's functions call; a few in a row."""
    policy = (CSUPPORT / "vm_policy.h").read_text()
    found = re.search(r"VM_STACK_RESERVE \((\d+)u << 10\)", policy)
    assert found is not None
    for flag in ("-O0", "-O2", "-Os"):
        for source in SOURCES:
            if Path(source).name == "hal_npy.c":
                continue  # for main programs
            command = [compiler, flag, "-std=c99", "-w", f"-I{CSUPPORT}", "-fstack-usage", "-c", str(source)]
            subprocess.run([*command, "-o", "out.o"], cwd=tmp_path, check=True)
            for line in (tmp_path / "out.su").read_text().splitlines():
                assert int(line.split("\t")[1]) <= (int(found[1]) << 10) // 12, line
