"""Emitted C under compilers: no warning, from C++ too, two modules in one program, and clean under sanitizers."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.behaviour import calls, flow, state
from tests.behaviour.programs import batch
from tests.behaviour.suite import Suite
from tests.behaviour.witnesses import Interpreter, Outcome, split
from tests.emit.support import COMPILERS, WARNINGS, compile_c, hostile, loaded, written
from tests.ir.cases import assemble
from tests.support.modules import build_module, function
from tests.support.tools import links
from transpile import container
from transpile.container import Module
from transpile.emit import EmitOptions, emit, runtime_sources
from transpile.native.build import write_files
from transpile.native.toolchain import Optimize, find_compiler
from transpile.resources import CSUPPORT

MODULES = Path(__file__).parents[1] / "modules" / "v17"
RUNNER = Path(__file__).parents[1] / "corpus" / "runner.c"
SANITIZE = ["-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("level", ["size", "speed"])
def test_no_warnings(compiler: str, level: Optimize, tmp_path: Path) -> None:
    """gcc finds uninitialised variables only when it optimises; for clang reading is enough."""
    modules = {"hostile": hostile(), "calls": loaded(calls.suite().image()), "rnd": loaded(batch("w", 0, 12).image())}
    for name, module in modules.items():
        output = written(module, tmp_path, EmitOptions(prefix=name, optimize=level))
        mode = ["-O1", "-c", "-o", "/dev/null"] if compiler == "gcc" else ["-fsyntax-only"]
        for source in output.sources:
            compile_c([compiler, *WARNINGS, *mode], tmp_path, source)


NESTED = ("matmul", "conv2d", "softmax", "matmul_int8", "matmul_vmvx")
VARIANTS = ([], ["-DVM_VECTORS=0"], ["-DVM_DISPATCH=0"], ["-DVM_RELAXED=1", "-ffp-contract=fast"])


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("variant", VARIANTS, ids=" ".join)
def test_nests_are_plain_c99(compiler: str, variant: list[str], tmp_path: Path) -> None:
    """The versions of nests, and what is left of them without vectors, and the runtime below them."""
    command = [compiler, *WARNINGS, "-pedantic", *variant, "-fsyntax-only"]
    sources = [*map(str, (CSUPPORT / "nest.c", CSUPPORT / "nest_pack.c", CSUPPORT / "instance.c"))]
    for name in NESTED:
        module = loaded((MODULES / f"{name}.vmfb").read_bytes())
        sources += written(module, tmp_path, EmitOptions(prefix=name, dispatch=True)).sources
    assert sum("_nests_" in source for source in sources) >= len(NESTED)
    compile_c(command, tmp_path, *sources)


def test_versions_are_refused_without_vectors(tmp_path: Path) -> None:
    (tmp_path / "both.c").write_text('#include "nest.h"\n')
    with pytest.raises(AssertionError, match="VM_DISPATCH=1 needs VM_VECTORS=1"):
        compile_c([COMPILERS[0], "-DVM_VECTORS=0", "-DVM_DISPATCH=1", "-fsyntax-only"], tmp_path, "both.c")


@pytest.mark.skipif(not shutil.which("g++"), reason="needs g++")
def test_header_from_cpp(tmp_path: Path) -> None:
    written(hostile(), tmp_path, EmitOptions(prefix="hostile"))
    lines = ['#include "hostile.h"', "int main() {", "  vm_instance* vm = nullptr;"]
    lines += ["  vm_status status = hostile_create(nullptr, &vm);", "  hostile_destroy(vm);", "  return status;", "}"]
    (tmp_path / "main.cpp").write_text("\n".join(lines) + "\n")
    compile_c(["g++", "-std=c++11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"], tmp_path, "main.cpp")


TWO = """
#include <stdio.h>
#include "first.h"
#include "second.h"
int main(void) {
  vm_instance *a, *b;
  int32_t x = 0, y = 0;
  if (first_create(NULL, &a) || second_create(NULL, &b)) return 1;
  if (first_f(a, 20, &x) || second_f(b, 20, &y)) return 2;
  first_destroy(a);
  second_destroy(b);
  printf("%d %d\\n", (int)x, (int)y);
  return 0;
}
"""


@pytest.mark.parametrize("compiler", COMPILERS)
def test_two_modules_in_one_program(compiler: str, tmp_path: Path) -> None:
    sources: list[str] = []
    for prefix, op in (("first", "add.i32"), ("second", "mul.i32")):
        text = f"0i_i\nentry:\n  {op} 0, 0, 1\n  call 1, (1,), (1,)\n  return (1,)\n0i_i\nentry:\n  return (0,)"
        sources += written(_bare(text), tmp_path, EmitOptions(prefix=prefix)).sources
    (tmp_path / "main.c").write_text(TWO)
    runtime = [str(path) for path in runtime_sources()]
    compile_c([compiler, "-std=c99", "-O0", "-pthread"], tmp_path, "main.c", *sources, *runtime, "-o", "two", "-lm")
    done = subprocess.run([str(tmp_path / "two")], capture_output=True, text=True, check=True)
    assert done.stdout == "40 400\n"


def _bare(text: str) -> Module:
    """Without the imports, so that nothing has to be bound."""
    return replace(assemble(text), imports=())


SUITES: dict[str, Callable[[], Suite]] = {
    "flow": flow.suite,
    "state": state.suite,
    "programs": lambda: batch("sanitized", 0, 12),
}


@pytest.mark.parametrize("level", ["size", "speed"])
@pytest.mark.parametrize("name", SUITES)
def test_sanitized(name: str, level: Optimize, tmp_path: Path) -> None:
    """Every call of a suite, as the interpreter answers it, under the sanitizers, without a leak."""
    if not links("gcc", *SANITIZE):
        pytest.skip("gcc with its sanitizers is not installed")
    made = SUITES[name]()
    if level == "speed" and name != "programs":
        pytest.skip("these functions have no loops to raise")
    runner = _runner(made, level, tmp_path)
    script, expected = _script(made)
    (tmp_path / "script").write_text(script)
    (tmp_path / "data").write_bytes(b"")
    command = [str(runner), "script", "data", "out"]
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    lines = done.stdout.splitlines()
    assert len(lines) == len(expected)
    wrong = [(call, line, wanted) for line, (call, wanted) in zip(lines, expected, strict=True) if line != wanted]
    assert not wrong


def _runner(made: Suite, level: Optimize, folder: Path) -> Path:
    output = written(loaded(made.image()), folder, EmitOptions(prefix="suite", optimize=level))
    table = (
        '#include "vm.h"\nextern const vm_module suite_module;\nconst vm_module* const modules[] = {&suite_module};\n'
    )
    (folder / "table.c").write_text(f"{table}const unsigned module_count = 1;\n")
    sources = [*output.sources, "table.c", str(RUNNER), *map(str, runtime_sources())]
    objects = [f"{number}.o" for number in range(len(sources))]
    command = ["gcc", "-std=c99", "-O1", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", *SANITIZE]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda source, target: compile_c(command, folder, "-c", source, "-o", target), sources, objects))
    compile_c(["gcc", *SANITIZE, "-pthread"], folder, *objects, "-o", "runner", "-lm")
    return folder / "runner"


def _script(made: Suite) -> tuple[str, list[tuple[str, str]]]:
    """The runner's script, and the line each call must print."""
    interpreter = Interpreter(made.image(), made.conventions)
    lines: list[str] = []
    expected: list[tuple[str, str]] = []
    for probe in made.probes:
        kinds, results = split(probe.convention)
        interpreter.reset()
        lines.append("open 0")
        for arguments in probe.calls:
            lines += [_argument(kind, bits) for kind, bits in zip(kinds, arguments, strict=True)]
            lines.append(f"call {probe.name}")
            expected.append((f"{probe.name}{arguments}", _line(interpreter.call(probe.name, arguments), results)))
        for case in probe.special:
            lines.append("open 0")
            lines += [_argument(kind, bits) for kind, bits in zip(kinds, case.arguments, strict=True)]
            lines.append(f"call {probe.name}")
            expected.append((f"{probe.name}{case.arguments}", _line(case.outcome, results)))
    return "\n".join(lines), expected


def _argument(kind: str, bits: int) -> str:
    wide = kind in ("I", "F")
    return f"{'i64' if wide else 'i32'} {bits & ((1 << (64 if wide else 32)) - 1):x}"


def _line(outcome: Outcome, results: str) -> str:
    if isinstance(outcome, str):
        return f"status {outcome}"
    texts = [
        f"{bits & 0xFFFFFFFFFFFFFFFF:016x}" if kind in ("I", "F") else f"{bits & 0xFFFFFFFF:08x}"
        for kind, bits in zip(results, outcome, strict=True)
    ]
    return " ".join(["ok", *texts])


def test_modules_whose_names_nearly_meet(tmp_path: Path) -> None:
    """`net` with `quant_scale` beside `net_quant` with `scale`: each has its own symbols and files."""
    made: dict[str, object] = {}
    sources: list[str] = []
    for name, export, value in (("net", "quant_scale", 1), ("net_quant", "scale", 2)):
        code = function(export, ("const.i32", value, 1), ("add.i32", 0, 1, 0), ("return", (0,)),
            convention="0i_i", export=export)  # fmt: skip
        output = emit(container.load(build_module([code], name=name)))
        assert not made.keys() & output.files.keys()
        made |= output.files
        sources += output.sources
    write_files(made, tmp_path)  # type: ignore[arg-type]
    (tmp_path / "both.c").write_text(
        '#include <stdio.h>\n#include "net.h"\n#include "net_quant_x.h"\nint main(void) {\n'
        "  vm_instance *a, *b;\n  int32_t x = 0, y = 0;\n"
        "  if (net_create(NULL, &a) || net_quant_x_create(NULL, &b)) return 1;\n"
        "  if (net_quant_scale(a, 40, &x) || net_quant_x_scale(b, 40, &y)) return 1;\n"
        '  printf("%d %d\\n", (int)x, (int)y);\n  net_destroy(a), net_quant_x_destroy(b);\n  return 0;\n}\n'
    )
    runtime = [str(path) for path in runtime_sources()]
    command = [*find_compiler().command, "-std=c99", "-O0", "-I.", f"-I{CSUPPORT}", "both.c", *sources, *runtime]
    subprocess.run([*command, "-o", "both", "-lm"], cwd=tmp_path, check=True)
    assert subprocess.run([tmp_path / "both"], capture_output=True, text=True, check=True).stdout == "41 42\n"
