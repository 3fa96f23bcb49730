"""Source archives: they build, install, and are found by pkg-config; the same module gives the same bytes."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import transpile
from transpile.cli import main

DIGITS = Path(__file__).parents[2] / "examples" / "digits"
MAIN = """
#include <stdio.h>
#include <net.h>
static float image[1][64], logits[1][10];
int main(void) {
  vm_instance* vm = NULL;
  if (fread(image, sizeof image, 1, stdin) != 1 || net_create(NULL, &vm) != VM_OK) return 1;
  if (net_classify_arrays(vm, image, logits) != VM_OK) return 2;
  fwrite(logits, sizeof logits, 1, stdout);
  net_destroy(vm);
  return 0;
}
"""


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def archive(folder: Path, *options: str) -> Path:
    arguments = ["build", str(DIGITS / "digits.vmfb"), "-o", str(folder), "--name=net", "--source", *options]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    return Path(done.output.strip())


def test_the_same_module_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (archive(tmp_path / name, "--version=1.2") for name in ("a", "b"))
    assert first.name == "net-1.2.tar.gz" and first.read_bytes() == second.read_bytes()
    with tarfile.open(first) as file:
        names = file.getnames()
    assert {"net-1.2/CMakeLists.txt", "net-1.2/net.h", "net-1.2/csupport/vm.h", "net-1.2/csupport/LICENSE"} <= {*names}


@pytest.mark.skipif(not shutil.which("cmake") or not shutil.which("cc"), reason="needs cmake and a compiler")
def test_it_builds_and_installs(tmp_path: Path) -> None:
    with tarfile.open(archive(tmp_path, "--version=1.2", "--optimize=size")) as file:
        file.extractall(tmp_path, filter="data")
    run("cmake", "-S", "net-1.2", "-B", "build", "-DWITH_OPENMP=OFF", "-DCMAKE_INSTALL_LIBDIR=lib", cwd=tmp_path)
    run("cmake", "--build", "build", "-j2", cwd=tmp_path)
    run("cmake", "--install", "build", "--prefix", tmp_path / "there", cwd=tmp_path)
    described = (tmp_path / "there" / "lib" / "pkgconfig" / "net.pc").read_text()
    assert "Version: 1.2" in described and str(tmp_path) not in described
    flags = ["-Ithere/include/net", "-Lthere/lib", "-lnet_module", "-lm"]
    if shutil.which("pkg-config"):
        asked = ["env", f"PKG_CONFIG_PATH={tmp_path}/there/lib/pkgconfig", "pkg-config", "--cflags", "--libs", "net"]
        flags = run(*asked, cwd=tmp_path).split()
    (tmp_path / "main.c").write_text(MAIN)
    run("cc", "main.c", *flags, "-o", "program", cwd=tmp_path)
    image = np.load(DIGITS / "test_images.npy")[0].reshape(1, 64).astype(np.float32) / 16
    done = subprocess.run([tmp_path / "program"], input=image.tobytes(), capture_output=True)
    expected = transpile.load(DIGITS / "digits.vmfb", optimize="none").classify(image)
    assert (done.returncode, done.stdout) == (0, expected.tobytes())


def test_what_does_not_go_together(tmp_path: Path) -> None:
    common = ["build", str(DIGITS / "digits.vmfb"), "-o", str(tmp_path / "out")]
    for options, words in ((["--source", "--wheel"], "choose one"), (["--version=1"], "can only be used with")):
        done = CliRunner().invoke(main, [*common, *options])
        assert done.exit_code == 2 and words in done.output
    done = CliRunner().invoke(main, [*common, "--source", "--version=../x"])
    assert done.exit_code == 2 and "not a version" in done.output and not (tmp_path / "out").exists()
