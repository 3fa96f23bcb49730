"""All programs as C without Python, under the address, leak and undefined-behaviour sanitizers, by gcc and clang.

Emitted code is compiled with all warnings as errors.  The programs of one bytecode version are linked into one
executable, `runner.c`, which makes every call of the manifest; the answers are compared here.  The runner's allocator
counts, so that a reference that is not given back fails even where a leak checker cannot run.
"""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.corpus.answers import allowed_ulps, arguments, same
from tests.corpus.programs import ENTRIES, Call, Entry
from tests.corpus.unsupported import MISSING
from tests.csupport.support import SANITIZING
from transpile import container
from transpile.emit import EmitOptions, emit
from transpile.native.toolchain import Optimize
from transpile.program import Tensor, element_type_of
from transpile.resources import CSUPPORT

slow = pytest.mark.slow

# gcc finds uninitialised variables when it optimises; clang takes twice as long for it and finds nothing more.
LEVELS = {"gcc": "-O1", "clang": "-O0"}
SANITIZERS = ["-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
FLAGS = ["-std=c99", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", *SANITIZERS]
WARNINGS = ["-Wall", "-Wextra", "-Werror"]


def runnable(major: int) -> list[Entry]:
    """The programs of a bytecode version that can be called (all their imports are the runtime's)."""

    def imports(entry: Entry) -> set[tuple[str, str]]:
        found = container.load(entry.path).imports
        return {(i.full_name, i.signature.calling_convention if i.signature else "") for i in found}

    return [e for e in ENTRIES if e.major == major and e.sessions and not imports(e) & MISSING]


def compile_all(entries: list[Entry], compiler: str, folder: Path, level: Optimize) -> Path:
    """The runner with all these programs in it."""
    sources = [(path, ["-fvisibility=default"]) for path in sorted(CSUPPORT.glob("*.c"))]
    for number, entry in enumerate(entries):
        output = emit(container.load(entry.path), EmitOptions(prefix=f"m{number}", optimize=level))
        for name, content in output.files.items():
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        sources += [(folder / name, WARNINGS) for name in output.sources]
    declared = "".join(f"extern const vm_module m{n}_module;\n" for n in range(len(entries)))
    listed = "".join(f"  &m{n}_module,\n" for n in range(len(entries)))
    table = f'#include "vm.h"\n{declared}const vm_module* const modules[] = {{\n{listed}}};\n'
    (folder / "table.c").write_text(f"{table}const unsigned module_count = {len(entries)};\n")
    sources += [(folder / "table.c", []), (Path(__file__).with_name("runner.c"), WARNINGS)]

    def make(job: tuple[int, tuple[Path, list[str]]]) -> Path:
        number, (source, extra) = job
        target = folder / f"{number}.o"
        flags = [*FLAGS, LEVELS[compiler], *extra, f"-I{folder}", f"-I{CSUPPORT}"]
        command = [compiler, *flags, "-c", str(source), "-o", str(target)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{source.name}\n{done.stderr[:4000]}"
        return target

    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    with ThreadPoolExecutor(max(1, (os.cpu_count() or 1) // workers)) as pool:
        objects = list(pool.map(make, enumerate(sources)))
    runner = folder / "runner"
    subprocess.run([compiler, *SANITIZERS, *map(str, objects), "-o", str(runner), "-lm"], check=True)
    return runner


def script(entries: list[Entry]) -> tuple[str, bytes]:
    """All calls for the runner, and the tensors they take."""
    lines, data = [], bytearray()
    for number, entry in enumerate(entries):
        for session in entry.sessions:
            lines.append(f"open {number}")
            for call in session:
                for value, argument in zip(call.inputs, arguments(call), strict=True):
                    if "bits" in value:
                        lines.append(f"{value['type']} {value['bits'][2:]}")
                    else:
                        array = np.ascontiguousarray(argument)
                        shape = " ".join(map(str, (array.ndim, *array.shape)))
                        element = element_type_of(array.dtype)
                        lines.append(f"view {element:x} {len(data)} {array.nbytes} {shape}")
                        data += array.tobytes()
                lines.append(f"call {call.function}")
    return "\n".join(lines) + "\n", bytes(data)


def answer(call: Call, line: str, out: bytes, ulps: int) -> str:
    """What is wrong with a line that the runner printed for a call, "" if nothing is."""
    if call.status or not line.startswith("ok"):
        return "" if line == f"status {call.status}" else f"{call}: {line}"
    words = line.split()[1:]
    if len(words) != len(call.results):
        return f"{call}: {line}"
    for expected, word in zip(call.results, words, strict=True):
        if "bits" in expected:
            if int(word, 16) == int(expected["bits"], 16):
                continue
            if ulps and abs(int(word, 16) - int(expected["bits"], 16)) <= ulps:
                continue
            return f"{call}: {line}"
        _, element, offset, length, shape = word.split(":")
        dims = tuple(int(dim) for dim in shape.split("x") if dim)
        data = np.frombuffer(out, np.uint8, int(length), int(offset))
        if not same(expected, Tensor(data, int(element, 16), dims), ulps):
            return f"{call}: {line}"
    return ""


@pytest.mark.parametrize("level", ["speed", pytest.param("size", marks=slow), pytest.param("none", marks=slow)])
@pytest.mark.parametrize("major", [17, pytest.param(16, marks=slow), pytest.param(15, marks=slow)])
@pytest.mark.parametrize("compiler", SANITIZING)
def test_runs_clean_under_the_sanitizers(compiler: str, major: int, level: Optimize, tmp_path: Path) -> None:
    entries = runnable(major)
    runner = compile_all(entries, compiler, tmp_path, level)
    text, data = script(entries)
    (tmp_path / "script").write_text(text)
    (tmp_path / "data").write_bytes(data)
    command = [str(runner), str(tmp_path / "script"), str(tmp_path / "data"), str(tmp_path / "out")]
    options = {"ASAN_OPTIONS": "detect_leaks=1", "UBSAN_OPTIONS": "print_stacktrace=1"}
    done = subprocess.run(command, env={**os.environ, **options}, capture_output=True, text=True, check=False)
    if "LeakSanitizer has encountered a fatal error" in done.stderr:  # no ptrace here; the runner still counts
        options["ASAN_OPTIONS"] = "detect_leaks=0"
        done = subprocess.run(command, env={**os.environ, **options}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:6000]
    out = (tmp_path / "out").read_bytes()
    # Programs print as well; the runner's lines begin with a word of its own.
    lines = [line for line in done.stdout.splitlines() if line.startswith(("ok", "status "))]
    calls = [(call, entry) for entry in entries for session in entry.sessions for call in session]
    assert len(lines) == len(calls)
    wrong = [
        f"{entry.file}: {text}"
        for line, (call, entry) in zip(lines, calls, strict=True)
        if (text := answer(call, line, out, allowed_ulps(entry.libm)))
    ]
    assert not wrong, f"{len(wrong)} calls\n" + "\n".join(wrong[:10])
