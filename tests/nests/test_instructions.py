"""Instructions of processors: the C that is written for one computes what its meaning says, here or in qemu."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.csupport.support import WARNINGS
from transpile.nests.loops.check import check
from transpile.nests.loops.evaluate import Memory, evaluate
from transpile.nests.loops.text import parse
from transpile.nests.plan.target import SDOT, VPDPBUSD, Instruction
from transpile.resources import CSUPPORT

C_TYPES = {"i8": "int8_t", "u8": "uint8_t", "i32": "int32_t"}
RANGES = {"i8": (-128, 127), "u8": (0, 255), "i32": (-(1 << 31), (1 << 31) - 1)}
COMPILERS = {
    VPDPBUSD: (("gcc", "-mavx512f", "-mavx512vnni"), (), "avx512_vnni"),
    SDOT: (("aarch64-linux-gnu-gcc", "-march=armv8.2-a+dotprod", "-static"), ("qemu-aarch64",), ""),
}
ROUNDS = 20


def _wrapped(value: int) -> int:
    return (value + (1 << 31)) % (1 << 32) - (1 << 31)


def _apply(mnemonic: str, attrs: tuple[tuple[str, Any], ...], operands: list[Any]) -> int:
    first, second = (each[2] if isinstance(each, tuple) else each for each in operands)
    return _wrapped({"mul.i32": first * second, "add.i32": first + second}[mnemonic])


def _meant(instruction: Instruction, given: dict[str, list[int]]) -> list[int]:
    """The result of each lane, by the evaluator."""
    work, results = parse(instruction.meaning), []
    check(work)
    for lane in range(instruction.lanes):
        memory = {
            name: Memory(dict(enumerate(given[name][lane * each : (lane + 1) * each])))
            for name, _, each in instruction.operands
        }
        evaluate(work, memory, apply=_apply)
        results.append(memory[instruction.operands[0][0]].elements[0])
    return results


def _listed(kind: str, numbers: list[int]) -> str:
    return "{" + ", ".join(f"({C_TYPES[kind]})INT64_C({number})" for number in numbers) + "}"


def _program(instruction: Instruction, rounds: list[dict[str, list[int]]]) -> str:
    """C that prints the results of all rounds."""
    tables, loads = [], []
    for name, kind, each in instruction.operands:
        count = each * instruction.lanes
        values = ", ".join(_listed(kind, given[name]) for given in rounds)
        vector = f"vector_size({count} * sizeof({C_TYPES[kind]}))"
        own = f"typedef {C_TYPES[kind]} vector_{name} __attribute__(({vector}));"
        tables.append(own if kind != "i32" else f"typedef vm_i32x{count} vector_{name};")
        tables.append(f"static const {C_TYPES[kind]} all_{name}[{len(rounds)}][{count}] = {{{values}}};")
        loads.append(f"vector_{name} {name}; memcpy(&{name}, all_{name}[r], sizeof {name});")
    text = instruction.text.format(**{name: name for name, _, _ in instruction.operands})
    shown = f'printf("%d\\n", (int32_t){instruction.operands[0][0]}[l]);'
    return "\n".join([
        *(f"#include {header}" for header in ("<stdio.h>", "<string.h>", '"nest.h"', f"<{instruction.header}>")),
        *(*tables, f"int main(void) {{ for (int r = 0; r < {len(rounds)}; r++) {{", *loads, text),
        *(f"for (int l = 0; l < {instruction.lanes}; l++) {shown}", "}", "return 0; }", ""),
    ])


@pytest.mark.parametrize("instruction", COMPILERS, ids=lambda each: each.name)
def test_the_text_does_what_is_meant(instruction: Instruction, tmp_path: Path) -> None:
    command, runner, flag = COMPILERS[instruction]
    missing = [tool for tool in (command[0], *runner) if not shutil.which(tool)]
    if missing or (flag and flag not in Path("/proc/cpuinfo").read_text()):
        pytest.skip(f"needs {', '.join(missing) or flag}")
    rng = random.Random(instruction.name)
    rounds = [
        {
            name: [rng.choice([*RANGES[kind], rng.randint(*RANGES[kind])]) for _ in range(each * instruction.lanes)]
            for name, kind, each in instruction.operands
        }
        for _ in range(ROUNDS)
    ]
    (tmp_path / "all.c").write_text(_program(instruction, rounds))
    build = [*command, *WARNINGS, "-O1", f"-I{CSUPPORT}", "all.c", "-o", "all"]
    built = subprocess.run(build, cwd=tmp_path, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    printed = subprocess.run([*runner, "./all"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert list(map(int, printed.split())) == [lane for given in rounds for lane in _meant(instruction, given)]
