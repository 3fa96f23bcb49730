"""Nested modules: plain functions where they qualify, and the same results through VM objects where not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import transpile
from tests.hal.support import DATA, loaded, ours
from tests.hal.test_programs import CALLS, FAILURES
from tests.support.modules import build_module, function
from transpile.native.cache import Cache
from transpile.passes import kernel

MODULES = Path(__file__).parents[1] / "modules"


def test_every_kernel_is_a_plain_function() -> None:
    files = transpile.emit(DATA / "tensors.vmfb").files
    tables = [text for name, text in files.items() if name.endswith(".c") and "hal_kernel vmc_" in str(text)]
    assert len(tables) == 1
    assert "NULL, " not in str(tables[0]).partition("hal_kernel vmc_")[2]
    bodies = "".join(str(text) for name, text in files.items() if "_k" in name and name.endswith("_0.c"))
    assert "vm_kernel_binding(bindings, 0u)" in bodies
    assert "vm_list_get_ref" not in bodies and "vm_retain" not in bodies and "vm_release" not in bodies


def test_the_nested_module_is_not_stored_again() -> None:
    files = transpile.emit(DATA / "tensors.vmfb").files
    assert not any(name.endswith(".rodata") for name in files)
    assert all("PK" not in str(text) for text in files.values())


def test_only_the_program_is_public() -> None:
    output = transpile.emit(DATA / "tensors.vmfb")
    header = str(output.files[f"{output.prefix}.h"])
    assert "dispatch" not in header and f"{output.prefix}_halve(" in header


def test_a_nested_module_that_exports_nothing(tmp_path: Path) -> None:
    inner = build_module([function("entry", ("return", ()))], name="kernels")
    image = build_module(
        [function("entry", ("return", ()), export="f")],
        imports=[("hal.executable.create", "0rIrrr_r")],
        rodata=[inner],
    )
    assert transpile.load(image, optimize="none", cache=Cache(tmp_path)).f() is None


def patched(path: Path, old: str, new: str) -> bytes:
    """A module with some of its bytes changed."""
    data = path.read_bytes()
    assert data.count(bytes.fromhex(old)) == 1
    return data.replace(bytes.fromhex(old), bytes.fromhex(new))


def check_failure(image: bytes, message: str, use: Callable[[transpile.Program], object], folder: Path) -> None:
    """Both engines fail with this message while they load the module or use it, at the same two places."""
    found = []
    for engine in ("c", "interpreter"):
        with pytest.raises(transpile.VmError, match=message) as caught:
            use(transpile.load(image, engine=engine, optimize="none", cache=Cache(folder)))  # type: ignore[arg-type]
        found.append([(frame.function, frame.offset, frame.location) for frame in caught.value.frames])
    assert found[0] == found[1] and len(found[0]) == 2


@pytest.mark.parametrize(
    ("path", "old", "new", "function", "arguments", "message"),
    [
        (
            DATA / "quantised.vmfb",
            "00000006000d010000000100",
            "00000006000d020000000100",
            "layer",
            [np.zeros((5, 24), np.int8)],
            "index 2 out of bounds \\(2\\)",
        ),
        (
            MODULES / "v15" / "elementwise_math_vmvx.vmfb",
            "795a0000790d0100000000000f",
            "795a0000790d1f00000000000f",
            "activations",
            [np.zeros(32, np.float32)],
            "index 31 out of bounds \\(2\\)",
        ),
    ],
    ids=["without locations", "with locations"],
)
def test_a_binding_that_is_not_there(
    path: Path, old: str, new: str, function: str, arguments: list[np.ndarray], message: str, tmp_path: Path
) -> None:
    """A kernel that takes more bindings than there are fails there in both engines, and not where it would use it."""
    image = patched(path, old, new)
    check_failure(image, message, lambda program: program[function](*arguments), tmp_path)


def test_a_kernel_that_reads_local_memory_is_called_with_objects() -> None:
    name = "tensor_globals_vmvx_2023.vmfb"
    image = patched(MODULES / "v15" / name, "001a02800800030000000080", "000f04000000000000000400")
    files = transpile.emit(image).files
    tables = [str(text) for file, text in files.items() if file.endswith(".c") and "hal_kernel vmc_" in str(text)]
    assert len(tables) == 1 and "{NULL, " in tables[0].partition("hal_kernel vmc_")[2]


def test_a_kernel_exported_twice(tmp_path: Path) -> None:
    """Both ordinals are 0 then, and the name that the program asks for is that of no function."""
    image = patched(DATA / "halve_variants.vmfb", "000000001000140000", "000000000c00140000")
    check_failure(image, "executable has no function", lambda program: None, tmp_path)


@pytest.fixture(scope="module")
def generic(tmp_path_factory: pytest.TempPathFactory) -> transpile.Program:
    """The program with kernels that are called with lists and buffers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "run", lambda fn, is_buffer, words=0: None)
        cache = Cache(tmp_path_factory.mktemp("cache"))
        return transpile.load(DATA / "tensors.vmfb", optimize="none", jobs=1, threads=2, cache=cache)


@pytest.mark.parametrize("number", range(len(CALLS)))
def test_generic_kernels_give_the_same_results(generic: transpile.Program, number: int) -> None:
    function, arguments = CALLS[number]
    assert ours(generic.new_instance(), function, arguments) == ours(
        loaded("tensors").new_instance(), function, arguments
    )


@pytest.mark.parametrize("number", range(len(FAILURES)))
def test_generic_kernels_fail_the_same_way(generic: transpile.Program, number: int) -> None:
    function, arguments = FAILURES[number]
    assert ours(generic, function, arguments) == ours(loaded("tensors"), function, arguments)


def test_generic_kernels_on_threads(generic: transpile.Program) -> None:
    x = np.linspace(-1, 1, 3000, dtype=np.float32)
    assert np.array_equal(generic.outer(x[:200], x), loaded("tensors").outer(x[:200], x))
