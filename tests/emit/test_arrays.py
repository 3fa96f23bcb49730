"""Functions on plain arrays in the emitted header."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import transpile
from tests.csupport.support import COMPILERS, WARNINGS
from transpile.emit import EmitOptions, emit
from transpile.emit.arrays import parameters
from transpile.loader import read
from transpile.program.signature import Declared, shape_of
from transpile.resources import CSUPPORT

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "examples" / "digits"
MAIN = """
#include <stdio.h>
#include "net.h"

static float image[1][64], logits[1][10];

int main(void) {
  vm_instance* vm = NULL;
  vm_status status = net_create(NULL, &vm);
  if (fread(image, sizeof image, 1, stdin) != 1) return 1;
  if (!status) status = net_classify_arrays(vm, image, logits);
  if (!status) fwrite(logits, sizeof logits, 1, stdout);
  net_destroy(vm);
  return (int)status;
}
"""


@pytest.fixture(scope="module")
def emitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("emitted")
    output = emit(read(DIGITS / "digits.vmfb"), EmitOptions(prefix="net", optimize="size"))
    for name, content in output.files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else bytes(content))
    (folder / "main.c").write_text(MAIN)
    return folder


@pytest.mark.parametrize("compiler", COMPILERS)
def test_results_have_the_bits_that_python_gives(emitted: Path, tmp_path: Path, compiler: str) -> None:
    sources = [*emitted.glob("*.c"), *CSUPPORT.glob("*.c")]
    quiet = [flag for flag in WARNINGS if "pedantic" not in flag]  # const arrays of arrays are C23
    flags = [*quiet, "-O1", "-I.", f"-I{CSUPPORT}", "-ffp-contract=off"]
    command = [compiler, *flags, *map(str, sources), "-lm", "-o", str(tmp_path / "main")]
    done = subprocess.run(command, cwd=emitted, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    image = np.load(DIGITS / "test_images.npy")[0].reshape(1, 64).astype(np.float32) / 16
    run = subprocess.run([tmp_path / "main"], input=image.tobytes(), capture_output=True)
    expected = transpile.load(DIGITS / "digits.vmfb", optimize="none").classify(image)
    assert (run.returncode, run.stdout) == (0, expected.tobytes())


@pytest.mark.skipif(not shutil.which("g++"), reason="g++ is not installed")
def test_from_cpp(emitted: Path, tmp_path: Path) -> None:
    source = tmp_path / "main.cpp"
    source.write_text(MAIN)
    command = ["g++", "-Wall", "-Wextra", "-Werror", f"-I{emitted}", f"-I{CSUPPORT}", "-c", str(source)]
    done = subprocess.run([*command, "-o", str(tmp_path / "main.o")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def declared(arguments: tuple[tuple[str, str], ...], results: tuple[tuple[str, str], ...]) -> Declared:
    return Declared(False, arguments, results)


def test_element_types_have_their_names(emitted: Path) -> None:
    code = "".join(path.read_text() for path in emitted.glob("net*.c"))
    assert "HAL_F32, 1, 2u" in code and "553648160" not in code


@pytest.mark.parametrize(
    ("argument", "uses"),
    [
        ("tensor<?x4xf32>", "0_0"),
        ("tensor<4xbf16>", "0_0"),
        ("tensor<0xf32>", "0_0"),
        ("", "0_0"),
        ("tensor<4xf32>", "1_0"),
        ("tensor<4xf32>", ""),
    ],
)
def test_where_there_is_none(argument: str, uses: str) -> None:
    shape = shape_of("0r_r", declared((("x", argument),), (("y", "tensor<4xf32>"),)))
    assert parameters(shape, uses) is None


def test_numbers_and_names_that_meet() -> None:
    inputs = (("ref_x", "tensor<f64>"), ("x", "tensor<2x3xi1>"), ("vm", "i32"))
    shape = shape_of("0rri_rI", declared(inputs, (("x", "tensor<4xui8>"), ("count", "i64"))))
    found = parameters(shape, "000_00")
    assert found is not None
    described = [[(item.type, item.name, item.dims) for item in items] for items in found]
    assert described[0][0] == ("double", "ref_x", ()) and described[0][1][0::2] == ("uint8_t", (2, 3))
    names = [name for items in described for _, name, _ in items]
    assert len({*names, *(f"ref_{name}" for name in names)}) == 2 * len(names) and "vm" not in names
    assert described[1][0][0::2] == ("uint8_t", (4,)) and described[1][1] == ("int64_t", "count", None)
