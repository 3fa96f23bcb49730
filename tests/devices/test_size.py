"""What is in the program of a small device, and what is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.csupport.support import COMPILERS
from tests.csupport.support import run as ran
from tests.devices.boards import M4, SMALL, main_file, need, write_module
from tests.hal.support import iree
from transpile.emit import EmitOptions
from transpile.resources import CSUPPORT

UNWANTED = {"calloc", "malloc", "free", "vsnprintf", "snprintf", "strcpy", "fopen", "exit"}
DIGITS = Path(__file__).parents[2] / "examples" / "digits"


@pytest.mark.parametrize("flow", ["digits", "digits_vmvx"])
def test_without_diagnostics_nothing_is_kept_for_them(flow: str, tmp_path: Path) -> None:
    """No place in the source is."""
    write_module(DIGITS / f"{flow}.vmfb", tmp_path, EmitOptions(prefix="model"))
    found = {}
    for level in (0, 1):
        command = [COMPILERS[0], "-std=c99", "-Wall", "-Wextra", "-Werror", "-Os", f"-DVM_DIAGNOSTICS={level}"]
        for source in tmp_path.glob("*.c"):
            include = f"-I. -I{CSUPPORT}".split()
            ran("sh", "-c", f"cd {tmp_path} && {' '.join(command)} {' '.join(include)} -c {source.name}")
        found[level] = [file.name for file in tmp_path.glob("*.o") if b".mlir" in file.read_bytes()]
    assert found[1]
    assert found[0] == []


@pytest.mark.parametrize("level", [0, 1])
def test_an_arena_takes_the_place_of_the_heap(level: int, tmp_path: Path) -> None:
    """Of the C library functions on memory are left, and the mathematics that the model calls."""
    need(*M4.board.needed)
    path = DIGITS / "digits.vmfb"
    image = np.random.default_rng(6).standard_normal((1, 64)).astype(np.float32)
    write_module(path, tmp_path, EmitOptions(prefix="model", optimize="size"))
    (tmp_path / "main.c").write_text(main_file("classify", [image], 10))
    program = M4.build(tmp_path, *SMALL, "-DVM_SYSTEM_ALLOCATOR=0", f"-DVM_DIAGNOSTICS={level}")
    linked = {line.split()[-1] for line in ran("arm-none-eabi-nm", program).splitlines()}
    assert "memcpy" in linked
    assert not UNWANTED & linked
    expected = np.frombuffer(iree(path, "classify", (image,), tmp_path).results[0], np.uint32)
    assert M4.run(program) == expected.tolist()


def test_without_sections_a_library_leaves_files_out(tmp_path: Path) -> None:
    """Text for people, files and packed copies of raised nests are in files of their own."""
    need("arm-none-eabi-gcc")
    write_module(DIGITS / "digits.vmfb", tmp_path, EmitOptions(prefix="model", optimize="size"))
    (tmp_path / "main.c").write_text(main_file("classify", [np.zeros((1, 64), np.float32)], 10))
    flags = ("-Os", "-DVM_SYSTEM_ALLOCATOR=0", "-DVM_DIAGNOSTICS=0")
    program = M4.build(tmp_path, *flags, runtime=[M4.library(tmp_path, *flags)])
    linked = {line.split()[-1] for line in ran("arm-none-eabi-nm", program).splitlines()}
    assert "hal_inline_buffer_allocate" in linked
    assert not (UNWANTED | {"vm_text_append", "hal_format_view", "vm_nest_pack_32_32", "vm_exp_f32"}) & linked


@pytest.mark.parametrize("compiler", COMPILERS)
def test_without_a_heap_an_instance_wants_an_allocator(compiler: str, tmp_path: Path) -> None:
    write_module(DIGITS / "digits.vmfb", tmp_path, EmitOptions(prefix="model", optimize="size"))
    (tmp_path / "main.c").write_text(
        '#include "model.h"\nint main(void) {\n  vm_instance* vm = (vm_instance*)1;\n'
        "  return !(model_create(NULL, &vm) == VM_FAILED_PRECONDITION && !vm);\n}\n"
    )
    files = [*tmp_path.glob("*.c"), *CSUPPORT.glob("*.c")]
    command = [compiler, "-std=c99", "-DVM_SYSTEM_ALLOCATOR=0", "-I.", f"-I{CSUPPORT}", *files, "-lm", "-o", "program"]
    ran("sh", "-c", f"cd {tmp_path} && {' '.join(map(str, command))} && ./program")
